"""Who asks, and how passwords are kept."""

import hashlib
import secrets
from typing import Annotated

from fastapi import Depends, Header, HTTPException

from shop.db import SessionDep
from shop.models import User


def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)
    return f"{salt.hex()}${digest.hex()}"


async def current_user(db: SessionDep, x_user_id: Annotated[int, Header()]) -> User:
    """The customer; the gateway in front of us checks the token and sets the header."""
    user = await db.get(User, x_user_id)
    if user is None:
        raise HTTPException(401, "unknown customer")
    return user


CurrentUser = Annotated[User, Depends(current_user)]
