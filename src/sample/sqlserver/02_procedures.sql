CREATE PROCEDURE [inventory].[usp_ApplyMovements]
    @Since DATETIME2
AS
BEGIN
    SET NOCOUNT ON;

    MERGE inventory.StockLevels AS target
    USING (
        SELECT m.Sku, m.WarehouseId, SUM(m.Change) AS Change, MAX(m.MovedAt) AS MovedAt
        FROM inventory.StockMovements AS m
        WHERE m.MovedAt >= @Since
        GROUP BY m.Sku, m.WarehouseId
    ) AS source
    ON target.Sku = source.Sku AND target.WarehouseId = source.WarehouseId
    WHEN MATCHED THEN
        UPDATE SET OnHand = target.OnHand + source.Change, UpdatedAt = source.MovedAt
    WHEN NOT MATCHED THEN
        INSERT (Sku, WarehouseId, OnHand, UpdatedAt)
        VALUES (source.Sku, source.WarehouseId, source.Change, source.MovedAt);
END;
GO

CREATE PROCEDURE [inventory].[usp_ReorderProducts]
    @Threshold INT
AS
BEGIN
    SET NOCOUNT ON;

    EXEC inventory.usp_ApplyMovements @Since = '2026-01-01';

    TRUNCATE TABLE inventory.ReorderQueue;

    INSERT INTO inventory.ReorderQueue (Sku, Quantity, QueuedAt)
    SELECT a.Sku, @Threshold - a.Available, SYSUTCDATETIME()
    FROM inventory.vw_AvailableStock AS a
    WHERE a.Available < @Threshold;
END;
GO

CREATE TRIGGER [shipping].[trg_ShipmentSent] ON [shipping].[Shipments]
AFTER UPDATE
AS
BEGIN
    UPDATE o
    SET Reserved = 0
    FROM inventory.StockLevels AS o
    INNER JOIN inventory.StockMovements AS m ON m.Sku = o.Sku
    WHERE m.Reason = 'shipment';
END;
GO
