-- case: cut in the bracket
-- dialect: fabric
 INSERT
INSERT INTO history (i, act)
SELECT x.i, x.act
FROM (MERGE t USING s ON t.i = s.i
      WHEN MATCHED THEN UPDATE SET v = s.v
      OUTPUT $action, inser
