"""What is on the shelves, and what the supplier asks for more of it."""

from collections.abc import Awaitable, Iterable

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.clients import fetch_offers
from shop.models import Order, OrderItem, Product
from shop.schemas import Offer


class OutOfStock(Exception):
    """Less is on the shelf than was ordered."""


def cheapest_offer(sku: str) -> Offer | None:
    offers = [Offer.model_validate(offer) for offer in fetch_offers(sku)]
    return min(offers, key=lambda offer: offer.price_cents, default=None)


class StockService:
    def __init__(self, db: AsyncSession) -> None:
        self.db = db

    def find(self, sku: str) -> Awaitable[Product | None]:
        return self.db.scalar(select(Product).where(Product.sku == sku))

    async def find_all(self, skus: Iterable[str]) -> dict[str, Product]:
        products = await self.db.scalars(select(Product).where(Product.sku.in_(skus)))
        return {product.sku: product for product in products}

    def take(self, product: Product, quantity: int) -> None:
        if product.stock < quantity:
            raise OutOfStock(f"only {product.stock} of {product.sku} left")
        product.stock -= quantity

    async def on_order(self, product: Product) -> int:
        """How many of it are in orders that are not paid yet."""
        query = (
            select(func.sum(OrderItem.quantity))
            .join(OrderItem.order)
            .where(OrderItem.product_id == product.id, Order.status == "placed")
        )
        return await self.db.scalar(query) or 0

    async def restock(self, product: Product, quantity: int) -> str:
        """Put more of it on the shelf; the answer is a line for the stockroom's chat."""
        product.stock += quantity
        await self.db.commit()
        return f"📦 {product.name}: {product.stock} in stock, {self.on_order(product)} on order"
