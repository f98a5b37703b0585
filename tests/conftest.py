"""What holds for all tests: none reads or writes the cache of whoever runs them."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def no_cache() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APITFALL_NO_CACHE", "1")
        yield
