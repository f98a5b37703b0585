"""The application: run it with `uvicorn shop.main:app`."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import requests
from fastapi import FastAPI

from shop.db import engine, session_factory
from shop.models import Base
from shop.routers import orders, products, users
from shop.seed import seed
from shop.settings import SUPPLIER_URL

logger = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with session_factory() as session:
        await seed(session)
    logger.info("🛋️ the shop is open")
    yield
    await engine.dispose()


app = FastAPI(title="Shop", lifespan=lifespan)
app.include_router(products.router)
app.include_router(orders.router)
app.include_router(users.router)


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/health/supplier")
async def supplier_health() -> dict[str, str]:
    response = requests.get(f"{SUPPLIER_URL}/status", timeout=2)
    return {"supplier": "up" if response.status_code == 200 else "down"}
