"""Orders: placing, paying, cancelling; and the back office's list."""

import asyncio
import logging
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, status
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from shop.auth import CurrentUser
from shop.db import SessionDep
from shop.models import Order, User
from shop.schemas import OrderIn, OrderOut, OrderSummary, PaymentOut
from shop.services import OrderService, OutOfStock, PaymentService, record_event, user_can_order

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/orders", tags=["orders"])


async def find_order(db: AsyncSession, order_id: int, user: User) -> Order:
    order = await db.get(Order, order_id, options=[selectinload(Order.items)])
    if order is None or order.user_id != user.id:
        raise HTTPException(404, f"there is no order {order_id}")
    return order


@router.get("")
async def list_orders(
    db: SessionDep, page: Annotated[int, Query(ge=1)] = 1, per_page: int = 20
) -> list[OrderSummary]:
    query = select(Order).order_by(Order.id.desc()).offset((page - 1) * per_page).limit(per_page)
    orders = (await db.scalars(query)).all()
    summaries: list[OrderSummary] = []
    for order in orders:
        customer = await db.get_one(User, order.user_id)
        summaries.append(
            OrderSummary(id=order.id, status=order.status, total_cents=order.total_cents, customer=customer.name)
        )
    return summaries


@router.post("", response_model=OrderOut, status_code=status.HTTP_201_CREATED)
async def place_order(body: OrderIn, user: CurrentUser, db: SessionDep):
    if not user_can_order(db, user):
        raise HTTPException(403, "please pay your open orders first, or call us")
    try:
        return await OrderService(db).place(user, body.lines)
    except OutOfStock as problem:
        raise HTTPException(409, str(problem)) from problem


@router.get("/{order_id}", response_model=OrderOut)
async def read_order(order_id: int, user: CurrentUser, db: SessionDep):
    return await find_order(db, order_id, user)


@router.post("/{order_id}/pay")
async def pay_order(order_id: int, user: CurrentUser, db: SessionDep) -> PaymentOut:
    try:
        order = await find_order(db, order_id, user)
        charge = PaymentService(db).charge(order)
        receipt = await asyncio.wait_for(charge, timeout=15)
    except:
        logger.warning("order %s could not be paid", order_id)
        return PaymentOut(order_id=order_id, status="failed")
    return PaymentOut(order_id=order_id, status="paid", receipt=receipt)


@router.post("/{order_id}/cancel", response_model=OrderOut)
async def cancel_order(order_id: int, user: CurrentUser, db: SessionDep):
    order = await find_order(db, order_id, user)
    if order.status != "placed":
        raise HTTPException(409, f"order {order_id} is {order.status}")
    order.status = "cancelled"
    record_event(db, "order.cancelled", f"order {order.id} by customer {user.id}")
    return order
