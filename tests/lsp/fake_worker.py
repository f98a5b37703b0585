"""Stands in for the process that runs jedi, as the first argument says; each start is one more line in a file.

`well`: says that all is a `things.Thing`. `late`: the same, but not before another message comes. `dies`: at the first
question; `dies once`: only when it is started for the first time. `hangs`: says nothing. `babbles`: says what is no
answer. `grows`: has taken too much memory.
"""

import os
import sys
from pathlib import Path

from apitfall.types import Type
from apitfall.wire import HEAD, Told, packed, read_ask

INPUT, OUTPUT = 0, 1


def exactly(size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = os.read(INPUT, size - len(data))
        if not part:
            sys.exit()
        data += part
    return data


def message():
    return read_ask(exactly(*HEAD.unpack(exactly(HEAD.size))))


how, starts = sys.argv[1], Path(sys.argv[2])
with starts.open("a", encoding="utf-8") as file:
    print(how, file=file)
number = len(starts.read_text(encoding="utf-8").splitlines())
while True:
    ask = message()
    if ask is None:
        continue
    if how == "dies" or (how == "dies once" and number == 1):
        break
    if how == "hangs":
        continue
    if how == "babbles":
        os.write(OUTPUT, HEAD.pack(2) + b"{}")
        continue
    if how == "late":
        message()
    types = tuple(Type("things.Thing") for _ in ask.ends)
    os.write(OUTPUT, packed(Told(ask.number, types, True, 10_000 if how == "grows" else 1)))
