"""What requests bring and answers hold."""

from datetime import datetime

from pydantic import BaseModel, Field


class ProductIn(BaseModel):
    sku: str = Field(min_length=3, max_length=40)
    name: str = Field(min_length=1, max_length=100)
    price_cents: int = Field(ge=0)
    stock: int = Field(default=0, ge=0)


class ProductOut(ProductIn):
    id: int


class RestockIn(BaseModel):
    quantity: int = Field(ge=1, le=10_000)


class RestockOut(BaseModel):
    message: str


class Offer(BaseModel):
    sku: str
    supplier: str
    price_cents: int


class OrderLine(BaseModel):
    sku: str
    quantity: int = Field(ge=1, le=20)


class OrderIn(BaseModel):
    lines: list[OrderLine] = Field(min_length=1, max_length=50)


class OrderItemOut(BaseModel):
    product_id: int
    quantity: int
    price_cents: int


class OrderOut(BaseModel):
    id: int
    status: str
    total_cents: int
    created_at: datetime
    items: list[OrderItemOut]


class UserOrder(BaseModel):
    id: int
    status: str
    total_cents: int


class OrderSummary(UserOrder):
    customer: str


class PaymentOut(BaseModel):
    order_id: int
    status: str
    receipt: str | None = None


class UserChange(BaseModel):
    email: str = Field(pattern=r"^\S+@\S+$", max_length=200)
    name: str = Field(min_length=1, max_length=100)


class UserIn(UserChange):
    password: str = Field(min_length=8, max_length=200)


class UserOut(BaseModel):
    id: int
    email: str
    name: str


class MailOut(BaseModel):
    id: int
    text: str
