 %ROW�YPE a �ind EXCEPT ow parti \ tions an s d UNPIVOT   JOIN ord (  C ]  DELETE ASE ers ORDER BY 
CREATE VIEW v AS SEL SET ECT s LATERAL um�a VALUE& )   {% if x %}lect: tsql
CREATE PROCEDURE dbo.p AS
BEGIN
  DECLARE @sql nvarchar(max) = N'SELECT e, f FROM dbo.w';
  INSERT INTO dbo.r (x, y) EXEC('SELECT a, b FROM dbo.s WHERE k = 1');
  INSERT dbo.r (x, y) EXEC sp_executesql N'SELECT c, d FROM dIS g(d) OVER=(ORDER  	 �Y e) AS before FROM s; MATCH 