DELETE  
GO
 FROM t ON CLUSTER c WHEN M
DELETE RETURNING  on a clus PREPARE ter
-- dialect: clickho plpgsql use
DELETE  
GO
 FROM t ON CLU -- x
 STER  $1 c WHEN M TRIGGER ATCH
