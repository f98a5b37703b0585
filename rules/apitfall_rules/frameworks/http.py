"""Calls that wait for an answer over HTTP."""

from __future__ import annotations

from apitfall.rule import Value

from apitfall_rules.frameworks.calls import libraries_of
from apitfall_rules.frameworks.clients import Client
from apitfall_rules.frameworks.language_models import LANGUAGE_MODELS
from apitfall_rules.frameworks.sdks import SDKS

VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")

# The functions and methods, by the name that imports and types give them.
BLOCKING = frozenset(
    [f"{library}.{verb}" for library in ("requests", "httpx", "httpx2") for verb in VERBS]
    + [f"requests.api.{verb}" for verb in VERBS]
    + [f"requests.Session.{verb}" for verb in (*VERBS, "send")]
    + [f"{library}.stream" for library in ("httpx", "httpx2")]
    + [f"{library}.Client.{verb}" for library in ("httpx", "httpx2") for verb in (*VERBS, "send", "stream")]
    + ["urllib.request.urlopen", "urllib.request.urlretrieve", "urllib3.request"]
    + [f"urllib3.{pool}.{name}" for pool in ("PoolManager", "ProxyManager", "HTTPConnectionPool", "HTTPSConnectionPool")
       for name in ("request", "urlopen", "request_encode_url", "request_encode_body")]
    + [f"http.client.{kind}.{name}" for kind in ("HTTPConnection", "HTTPSConnection")
       for name in ("request", "getresponse", "connect")]
)  # fmt: skip
NAMES = frozenset(name.rpartition(".")[2] for name in BLOCKING) | SDKS.names
LIBRARIES = libraries_of(BLOCKING) | SDKS.libraries | LANGUAGE_MODELS.libraries


def http_call(symbol: str, _: Value) -> str | None:
    """The library's function, if calling it waits for an answer."""
    if symbol in BLOCKING:
        return symbol.replace("requests.api.", "requests.")
    return SDKS.waiting(symbol) or LANGUAGE_MODELS.waiting(symbol)


def client_of(symbol: str) -> Client | None:
    """The client of a service, other than of HTTP itself, that has this method."""
    return SDKS.find(symbol) or LANGUAGE_MODELS.find(symbol)
