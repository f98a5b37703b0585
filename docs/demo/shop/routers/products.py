"""The catalogue."""

from typing import Annotated

import requests
from fastapi import APIRouter, Depends, HTTPException, Query, Response, status
from sqlalchemy import select

from shop.clients import fetch_datasheet, fetch_levels
from shop.db import SessionDep
from shop.models import Product
from shop.schemas import Offer, ProductIn, ProductOut, RestockIn, RestockOut
from shop.services import StockService, cheapest_offer
from shop.settings import SUPPLIER_URL

router = APIRouter(prefix="/products", tags=["products"])


async def product_or_404(sku: str, db: SessionDep) -> Product:
    product = await StockService(db).find(sku)
    if product is None:
        raise HTTPException(404, f"there is no {sku}")
    return product


ProductDep = Annotated[Product, Depends(product_or_404)]


@router.get("", response_model=list[ProductOut])
async def list_products(db: SessionDep):
    products = await db.scalars(select(Product).order_by(Product.name))
    return products.all()


@router.post("", response_model=ProductOut, status_code=status.HTTP_201_CREATED)
async def create_product(body: ProductIn, db: SessionDep):
    product = Product(**body.model_dump())
    await db.add(product)
    await db.commit()
    return product


@router.get("/levels")
async def supplier_levels(sku: Annotated[list[str], Query(min_length=1, max_length=50)]) -> dict[str, int]:
    return await fetch_levels(sku)


@router.get("/{sku}", response_model=ProductOut)
async def read_product(product: ProductDep):
    return product


@router.get("/{sku}/datasheet")
def read_datasheet(sku: str) -> Response:
    return Response(fetch_datasheet(sku), media_type="application/pdf")


@router.get("/{sku}/offer")
async def read_offer(product: ProductDep) -> Offer:
    offer = cheapest_offer(product.sku)
    if offer is None:
        raise HTTPException(404, f"nobody offers {product.sku}")
    return offer


@router.post("/{sku}/reprice", response_model=ProductOut)
async def reprice(product: ProductDep, db: SessionDep):
    """Take over the supplier's recommended price."""
    response = requests.get(f"{SUPPLIER_URL}/prices/{product.sku}", params={"currency": "EUR"}, timeout=5)
    response.raise_for_status()
    product.price_cents = response.json()["price_cents"]
    await db.commit()
    return product


@router.post("/{sku}/restock")
async def restock(product: ProductDep, body: RestockIn, db: SessionDep) -> RestockOut:
    message = await StockService(db).restock(product, body.quantity)
    return RestockOut(message=message)
