"""The nightly job: loads the marts, then joins orders with what the warehouse shipped."""

import os

import pandas as pd
from sqlalchemy import create_engine, text

MARTS = "marts"
SHOP = create_engine(os.environ["SHOP_URL"])
WAREHOUSE = create_engine(os.environ["WAREHOUSE_URL"])

ORDERS = f"""
    SELECT order_id, customer_id, order_date, revenue_eur
    FROM {MARTS}.fct_orders
"""


def load_marts():
    with SHOP.begin() as connection:
        connection.execute(text("CALL marts.load_fct_orders(current_date - 7)"))
        connection.execute(text("REFRESH MATERIALIZED VIEW marts.product_performance"))


def shipments():
    return pd.read_sql(
        "SELECT OrderId AS order_id, CarrierName, DaysUnderway, PromiseDays "
        "FROM shipping.vw_ShipmentStatus",
        WAREHOUSE,
    )


def main():
    load_marts()
    orders = pd.read_sql(ORDERS, SHOP)
    fulfilment = orders.merge(shipments(), on="order_id", how="left")
    fulfilment["late"] = fulfilment["DaysUnderway"] > fulfilment["PromiseDays"]
    fulfilment.to_sql("order_fulfilment", SHOP, schema=MARTS, if_exists="replace", index=False)


if __name__ == "__main__":
    main()
