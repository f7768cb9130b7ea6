-- Stock and shipping, kept by the warehouse's own system.
CREATE TABLE [inventory].[StockLevels] (
    [Sku]          NVARCHAR(40) NOT NULL,
    [WarehouseId]  INT NOT NULL,
    [OnHand]       INT NOT NULL,
    [Reserved]     INT NOT NULL DEFAULT 0,
    [UpdatedAt]    DATETIME2 NOT NULL,
    CONSTRAINT [PK_StockLevels] PRIMARY KEY ([Sku], [WarehouseId])
);
GO

CREATE TABLE [inventory].[StockMovements] (
    [MovementId]  BIGINT IDENTITY(1, 1) PRIMARY KEY,
    [Sku]         NVARCHAR(40) NOT NULL,
    [WarehouseId] INT NOT NULL,
    [Change]      INT NOT NULL,
    [Reason]      NVARCHAR(20) NOT NULL,
    [MovedAt]     DATETIME2 NOT NULL
);
GO

CREATE TABLE [inventory].[ReorderQueue] (
    [Sku]       NVARCHAR(40) NOT NULL PRIMARY KEY,
    [Quantity]  INT NOT NULL,
    [QueuedAt]  DATETIME2 NOT NULL
);
GO

CREATE TABLE [shipping].[Carriers] (
    [CarrierId]   INT NOT NULL PRIMARY KEY,
    [CarrierName] NVARCHAR(80) NOT NULL,
    [PromiseDays] INT NOT NULL
);
GO

CREATE TABLE [shipping].[Shipments] (
    [ShipmentId]  BIGINT NOT NULL PRIMARY KEY,
    [OrderId]     BIGINT NOT NULL,
    [CarrierId]   INT NOT NULL REFERENCES [shipping].[Carriers] ([CarrierId]),
    [ShippedAt]   DATETIME2 NULL,
    [DeliveredAt] DATETIME2 NULL
);
GO

CREATE VIEW [inventory].[vw_AvailableStock] AS
SELECT s.Sku, SUM(s.OnHand - s.Reserved) AS Available
FROM inventory.StockLevels AS s
GROUP BY s.Sku;
GO

CREATE VIEW [shipping].[vw_ShipmentStatus] AS
SELECT
    s.ShipmentId,
    s.OrderId,
    c.CarrierName,
    s.ShippedAt,
    s.DeliveredAt,
    DATEDIFF(day, s.ShippedAt, s.DeliveredAt) AS DaysUnderway,
    c.PromiseDays
FROM shipping.Shipments AS s
INNER JOIN shipping.Carriers AS c ON c.CarrierId = s.CarrierId;
GO

CREATE VIEW [shipping].[vw_LateShipments] AS
SELECT v.ShipmentId, v.OrderId, v.CarrierName, v.DaysUnderway - v.PromiseDays AS DaysLate
FROM shipping.vw_ShipmentStatus AS v
WHERE v.DaysUnderway > v.PromiseDays;
GO
