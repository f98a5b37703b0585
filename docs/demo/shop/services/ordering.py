"""Placing orders."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.models import Order, OrderItem, User
from shop.schemas import OrderLine
from shop.services.notifications import Mailer, compose
from shop.services.stock import OutOfStock, StockService

MAX_UNPAID_ORDERS = 5


async def user_can_order(db: AsyncSession, user: User) -> bool:
    """Blocked customers cannot, nor can those who have too many unpaid orders."""
    if user.is_blocked:
        return False
    query = select(func.count(Order.id)).where(Order.user_id == user.id, Order.status == "placed")
    return (await db.scalar(query) or 0) < MAX_UNPAID_ORDERS


class OrderService:
    def __init__(self, db: AsyncSession) -> None:
        self.db = db
        self.stock = StockService(db)
        self.mailer = Mailer(db)

    async def place(self, user: User, lines: list[OrderLine]) -> Order:
        """Raises OutOfStock where the shelf holds less than a line asks for."""
        products = await self.stock.find_all(line.sku for line in lines)
        order = Order(user_id=user.id, status="placed", total_cents=0, items=[])
        for line in lines:
            product = products.get(line.sku)
            if product is None:
                raise OutOfStock(f"there is no {line.sku}")
            self.stock.take(product, line.quantity)
            order.items.append(
                OrderItem(product_id=product.id, quantity=line.quantity, price_cents=product.price_cents)
            )
            order.total_cents += line.quantity * product.price_cents
        self.db.add(order)
        await self.db.commit()
        self._notify(order, user)
        return order

    async def _notify(self, order: Order, user: User) -> None:
        total = f"{order.total_cents / 100:.2f} EUR"
        await self.mailer.send(user, compose(f"Thank you for your order {order.id} of {total}"))
