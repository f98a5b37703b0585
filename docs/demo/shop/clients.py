"""The supplier's API."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import requests

from shop.settings import SUPPLIER_URL

BATCH = 5


def fetch_offers(sku: str) -> list[dict[str, Any]]:
    response = requests.get(f"{SUPPLIER_URL}/offers/{sku}", timeout=5)
    response.raise_for_status()
    return response.json()


def fetch_datasheet(sku: str) -> bytes:
    response = requests.get(f"{SUPPLIER_URL}/datasheets/{sku}", timeout=5)
    response.raise_for_status()
    return response.content


async def fetch_levels(skus: Sequence[str]) -> dict[str, int]:
    """How many of each the supplier has, by SKU; asked for in batches, each batch at once."""
    levels: dict[str, int] = {}
    for start in range(0, len(skus), BATCH):
        batch = skus[start : start + BATCH]
        answers = await asyncio.gather(
            *(asyncio.to_thread(requests.get, f"{SUPPLIER_URL}/levels/{sku}", timeout=5) for sku in batch)
        )
        levels.update((sku, answer.json()["level"]) for sku, answer in zip(batch, answers))
        time.sleep(0.2)  # The supplier allows 25 requests per second.
    return levels
