"""What a proof uses: `run`, which imports the example, sends requests to its app and says what happened meanwhile.

Runs in the processes of proofs, and there in environments that hold `REQUIREMENTS` and no apitfall; so nothing in here
imports apitfall, and imports within the package are relative.
"""

from .run import Run

__all__ = ["REQUIREMENTS", "Run"]

REQUIREMENTS = (
    "aiofiles",
    "aiosqlite",
    "fastapi",
    "greenlet",
    "httpx",
    "httpx2",
    "python-multipart",
    "requests",
    "sqlalchemy",
    "urllib3",
)
