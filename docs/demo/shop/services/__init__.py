from shop.services.notifications import Mailer, compose, record_event
from shop.services.ordering import OrderService, user_can_order
from shop.services.payments import PaymentService
from shop.services.stock import OutOfStock, StockService, cheapest_offer

__all__ = [
    "Mailer",
    "OrderService",
    "OutOfStock",
    "PaymentService",
    "StockService",
    "cheapest_offer",
    "compose",
    "record_event",
    "user_can_order",
]
