"""Customers."""

import asyncio

from fastapi import APIRouter, HTTPException, status
from sqlalchemy import select

from shop.auth import CurrentUser, hash_password
from shop.db import SessionDep
from shop.models import Mail, Order, User
from shop.schemas import MailOut, UserChange, UserIn, UserOrder, UserOut
from shop.services import Mailer, compose, record_event

router = APIRouter(prefix="/users", tags=["users"])


@router.post("", response_model=UserOut, status_code=status.HTTP_201_CREATED)
async def register(body: UserIn, db: SessionDep):
    if await db.scalar(select(User.id).where(User.email == body.email)) is not None:
        raise HTTPException(409, "this address is registered already")
    password_hash = await asyncio.to_thread(hash_password, body.password)
    user = User(email=body.email, name=body.name, password_hash=password_hash)
    db.add(user)
    await db.commit()
    await Mailer(db).send(user, compose(f"Welcome to the shop, {user.name}"))
    record_event(db, "user.registered", f"customer {user.id}")
    return user


@router.patch("/me", response_model=UserOut)
async def change_profile(body: UserChange, user: CurrentUser, db: SessionDep):
    owner = await db.scalar(select(User.id).where(User.email == body.email))
    if owner not in (None, user.id):
        raise HTTPException(409, "this address is registered already")
    user.email, user.name = body.email, body.name
    return user


@router.get("/me/orders", response_model=list[UserOrder])
async def my_orders(user: CurrentUser, db: SessionDep):
    query = select(Order).where(Order.user_id == user.id).order_by(Order.id.desc()).limit(20)
    return db.execute(query).scalars().all()


@router.get("/me/mails", response_model=list[MailOut])
async def my_mails(
    user: CurrentUser,
    db: SessionDep,
    limit: int = 20,
    offset: int = 0,
):
    """What is in the outbox for the customer, the oldest first."""
    query = select(Mail).where(Mail.user_id == user.id).order_by(Mail.id).limit(limit).offset(offset)
    return (await db.scalars(query)).all()


@router.get("/{user_id}")
async def read_user(user_id: int, db: SessionDep):
    user = await db.get(User, user_id)
    if user is None:
        raise HTTPException(404, f"there is no customer {user_id}")
    return user
