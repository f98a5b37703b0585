"""A small project as people write it: models, a session, a service that commits, and endpoints."""

ROOT = "/project"

MODELS = '''\
"""The tables."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="user")

    @property
    def label(self) -> str:
        return f"{self.name!r:>20} ({len(self.orders)})"


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created: Mapped[datetime]
    user: Mapped[User] = relationship(back_populates="orders")
'''

DB = '''\
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from app.models import User

engine = create_async_engine("sqlite+aiosqlite://")
factory = async_sessionmaker(engine, expire_on_commit=False)


async def get_db() -> AsyncIterator[AsyncSession]:
    async with factory() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_db)]


async def current_user(db: Session, x_user: Annotated[int, Header()] = 0) -> User:
    """The customer, whom the gateway knows."""
    user = await db.get(User, x_user)
    if user is None:
        raise HTTPException(401)
    return user


CurrentUser = Annotated[User, Depends(current_user)]
'''

SERVICE = """\
import logging

import requests
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Order, User

logger = logging.getLogger(__name__)
LIMIT, RATES = 5, {"EUR": 1.0}


class Repository:
    def __init__(self, db: AsyncSession, *, seen: list[int] = []) -> None:
        self.db = db
        self.seen = seen

    async def place(self, user: User, lines: list[dict[str, int]]) -> Order:
        order = Order(user_id=user.id)
        for line in lines:
            match line:
                case {"sku": sku} if sku:
                    self.seen.append(sku)
                case _:
                    continue
        self.db.add(order)
        await self.db.commit()
        self.notify(order)
        return order

    async def notify(self, order):
        try:
            requests.post("http://mail.test", json={"text": f"order {order.id}"})
        except Exception :
            pass
        else:
            await self.db.commit()


async def orders_of(db: AsyncSession, user: User, page: int = 1, size: int = 20):
    query = select(Order).where(Order.user_id == user.id).offset((page - 1) * size).limit(size)
    return (await db.scalars(query)).all()


def rate(currency):
    if currency in RATES:
        return RATES[currency]
    else:
        return requests.get(f"http://rates.test/{currency}").json()["rate"]
"""

VIEWS = '''\
"""What can be asked over HTTP."""

from fastapi import APIRouter, HTTPException

from app import service
from app.db import CurrentUser, Session
from app.models import User
from app.service import Repository, orders_of, rate as rate_of

router = APIRouter(prefix="/orders")


@router.get("")
async def list_orders(db: Session, user: CurrentUser, page: int = 1, per_page: int = 20):
    orders = await orders_of(db, user, page, per_page)
    total = sum(rate_of(order.currency) for order in orders)
    return {"orders": orders, "total": total, "of": user.label}


@router.post("", status_code=201)
async def place_order(db: Session, user: CurrentUser, lines: list[dict[str, int]] = []):
    repository = Repository(db)
    try:
        order = repository.place(user, lines)
    except ValueError as problem:
        raise HTTPException(422, str(problem)) from problem
    finally:
        service.logger.info("placed")
    return order


@router.get("/{order_id}")
async def read_order(order_id: int, db: Session):
    user = await db.get(User, order_id)
    if not user:
        raise HTTPException(404)
    return [order.user.name for order in user.orders]
'''

FILES = {
    f"{ROOT}/app/__init__.py": "",
    f"{ROOT}/app/models.py": MODELS,
    f"{ROOT}/app/db.py": DB,
    f"{ROOT}/app/service.py": SERVICE,
    f"{ROOT}/app/views.py": VIEWS,
}

FUNCTION = '''\
@router.get("/items/{number}")
async def read_item_{number}(db: Session, item_id: int, tags: list[str] = []):
    """Item {number}."""
    item = await db.get(Item, item_id)
    if item is None:
        raise HTTPException(404, f"there is no item {number} of {item_id}")
    for tag in tags:
        try:
            item.tags.append(Tag(name=tag))
        except ValueError :
            pass
    await db.commit()
    return item


'''
CLASS = """\
class Repository{number}(Base):
    limit = {number}

    def __init__(self, db):
        self.db = db

    async def load(self, number):
        with self.lock:
            rows = await self.db.scalars(select(Item).where(Item.id == number))
        return [
            row.name  # comment {number}
            for row in rows
        ]

    def save(self, item):
        self.db.add(item)
        self.load({number})
        return item


"""
HEAD = """\
from fastapi import APIRouter, HTTPException
from app.db import Session

router = APIRouter()


async def read_items(db: Session, page: int = 1):
    rows = await db.scalars(select(Item).offset(page).limit(20))
    return [row.name for row in rows]


"""


def long_source(lines: int) -> str:
    """About so many lines of endpoints and classes, no two of one name."""
    each = (FUNCTION + CLASS).count("\n")
    return HEAD + "".join((FUNCTION + CLASS).replace("{number}", str(n)) for n in range(max(lines // each, 1)))
