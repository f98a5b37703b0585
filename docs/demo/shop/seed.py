"""The data that an empty shop opens with."""

import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.auth import hash_password
from shop.models import Order, OrderItem, Product, User


async def seed(db: AsyncSession) -> None:
    if await db.scalar(select(User.id).limit(1)) is not None:
        return
    password_hash = await asyncio.to_thread(hash_password, "correct horse battery")
    ada, ben, cleo = (
        User(email="ada@shop.example", name="Ada", password_hash=password_hash),
        User(email="ben@shop.example", name="Ben", password_hash=password_hash),
        User(email="cleo@shop.example", name="Cleo", password_hash=password_hash, is_blocked=True),
    )
    desk, chair, lamp = (
        Product(sku="desk-oak", name="Oak desk", price_cents=48900, stock=12),
        Product(sku="chair-ash", name="Ash chair", price_cents=12900, stock=40),
        Product(sku="lamp-brass", name="Brass lamp", price_cents=7900, stock=3),
    )
    db.add_all([ada, ben, cleo, desk, chair, lamp])
    for user, product, quantity in [(ada, desk, 1), (ben, chair, 4), (ada, lamp, 2), (cleo, chair, 1)]:
        item = OrderItem(product=product, quantity=quantity, price_cents=product.price_cents)
        db.add(Order(user=user, items=[item], total_cents=quantity * product.price_cents))
    await db.commit()
