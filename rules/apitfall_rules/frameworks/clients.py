"""What is known of a library's client: which of its methods wait for a server, and what the others give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from apitfall.rule import Type, callable_

from apitfall_rules.frameworks.types import SELF, alias, cls, managed

# What plain dicts, lists and strings have too: jedi is not asked about a receiver for these.
COMMON = frozenset(
    """
    active add append back bind build clear close compare copy count delete enqueue exists extend get get_info get_stats
    health heartbeat history index info insert issue items join keys kill list log logs match options patch peek ping pop
    prune publish pull push put read registered remove rename replace reserved reset restart revoked save scheduled search
    send set sort start stats stop stream time type unpause update upsert values verify_token wait write
    """.split()
)


@dataclass(frozen=True)
class Client:
    """A class of a library, by its symbol, or where `constructed` is false what functions of the library give.

    `waits` are the methods that wait, ``*`` for all, those of `local` and of its parts left out; ``find.__iter__`` waits when its result is iterated.
    They count on parts of the client too, as in ``client.messages.create``. `gives` has the classes that methods and
    attributes give, ``__getattr__`` and ``__getitem__`` among them; `made_by` the functions that give the client.
    `fluent`: whatever a part of it gives is a part again. `shared`: any thread may use it while others do.
    `shown` is what a message calls it.
    """

    name: str
    waits: str
    local: str = ""
    gives: Mapping[str, str] = field(default_factory=dict[str, str])
    made_by: str = ""
    also: str = ""
    constructed: bool = True
    fluent: bool = False
    shared: bool = False
    shown: str = ""


class Clients:
    """A table of clients, looked up by the symbols of what is called."""

    def __init__(self, clients: Iterable[Client]) -> None:
        self.clients = tuple(clients)
        self._by_library: dict[str, list[tuple[Client, frozenset[str], frozenset[str]]]] = {}
        for client in self.clients:
            entry = (client, frozenset(client.waits.split()), frozenset(client.local.split()))
            self._by_library.setdefault(client.name.partition(".")[0], []).append(entry)
        self.libraries = frozenset(self._by_library)
        self.names = frozenset(n for c in self.clients for n in c.waits.split()) - COMMON - {"*"}
        self.find = lru_cache(maxsize=4096)(self._find)

    def waiting(self, symbol: str) -> str | None:
        """The method as it is shown, if calling it waits."""
        found = self.find(symbol)
        if found is None:
            return None
        method = symbol[len(found.name) + 1 :].removesuffix(".__iter__").removeprefix("part.")
        return f"{found.shown or found.name}.{method}"

    def _find(self, symbol: str) -> Client | None:
        """The client that has this symbol among the methods that wait."""
        for client, waits, local in self._by_library.get(symbol.partition(".")[0], ()):
            if not symbol.startswith(client.name + "."):
                continue
            path = symbol[len(client.name) + 1 :].split(".")
            if path[-1] == "__iter__":
                if ".".join(path[-2:]) in waits:
                    return client
            elif local.isdisjoint(path) and (path[-1] in waits or ("*" in waits and not path[-1].startswith("_"))):
                return client
        return None


def client_types(clients: Iterable[Client]) -> Iterator[tuple[str, Type]]:
    """The types by which the clients are known where there is no environment."""
    for client in clients:
        name = client.name
        part = f"{name}.part" if client.constructed else name
        if client.constructed:
            yield from cls(name)
            yield from managed(name)
        yield from alias(name, *client.also.split())
        for function in client.made_by.split():
            yield function, callable_(Type(name))
        for method, given in client.gives.items():
            yield f"{name}.{method}", callable_(Type(given))
        if client.fluent:
            yield f"{name}.__getattr__", callable_(Type(part))
            yield f"{part}.__getattr__", callable_(SELF)
            yield f"{part}.__getitem__", callable_(SELF)
            yield f"{part}.__call__", callable_(SELF)
