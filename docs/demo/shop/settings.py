"""What the environment decides."""

import os

DATABASE_URL = os.environ.get("SHOP_DATABASE_URL", "sqlite+aiosqlite:///shop.db")

# The supplier's API: prices, offers, stock levels and data sheets.
SUPPLIER_URL = os.environ.get("SHOP_SUPPLIER_URL", "http://127.0.0.1:9/supplier").rstrip("/")

# Payments run over the supplier's marketplace, except where a country has a provider of its own.
PAYMENTS_URL = os.environ.get("SHOP_PAYMENTS_URL", f"{SUPPLIER_URL}/payments").rstrip("/")
