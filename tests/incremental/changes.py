"""Changes to a text as people, editors and tools make them, good and bad, each drawn from a random number."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from apitfall.text import split_lines

CHARACTERS = [
    *"x1_ .,:;=()[]{}@#'\"\\\t\n\r\f", "\r\n", "'''", '"""', "f'", 'f"""', "{x}", "\ufeff", "\u2028", "\x85", "\v", "\0", "é", "\U0001f40d",
    "\ud800", "->", "**", ":=", "await ", "async ", "def ", "class ", "lambda: ", "not ", "    ", "\n    ", "\n\n", "\\\n", "# ", "    # ",
]  # fmt: skip
STATEMENTS = [
    "pass\n", "x = 1\n", "return x\n", "call(x)\n", "await db.commit()\n", "x: int = call(1)\n", "x, *y = call(x)[1:2]\n", "del x\n",
    "import json\n", "from .models import User as Person\n", "global x\n", "assert x, call\n", "'''A docstring.'''\n", "...\n", "call(1); call(1)\n",
    "# a comment\n", "    # a deeper comment\n", "# a comment\n\n", "\n", "  \n", "\f\n", "   \f\n", "\t\n", "\\\n",
    "if x:\n    call(1)\nelif y:\n    call(1)\nelse:\n    call(1)\n", "if x: call(1)\nelse: call(1)\n",
    "for x in call(y):\n    call(x)\n    break\nelse:\n    call(y)\n", "while x: call()\n", "async for x in y: call(x)\n",
    "with call() as x, (y): call(x)\n", "async with call() as x:\n\n    # why\n    call(x)\n",
    "try:\n    call(1)\nexcept (A, B) as e  :\n    raise C from e\nexcept:\n    pass\nelse:\n    call(1)\nfinally:\n    call(2)\n",
    "try: call()\nexcept* A: call()\n",
    "match x:\n    case [1, y, *_] if y: call(1)\n    case {'a': call.b, **rest} | None:\n        call(1)\n    case _: call(1)\n",
    "match(x)\n", "match = case = type = 1\n", "type X[T: int, *Ts, **P] = dict[T, X]\n", "print(f'{x!r:>{y}} {{z}} {call(1)=}')\n",
    "x = f'''{\ncall(1)\n}'''\n", "x = f\"{call('a')} {x['b']}\"\n", "x = rf'\\d{x}' 'more' f'{y}'\n", "x = '''\ndef no(): ...\n'''\n",
    "x = 'a\\\n  b'\n", "x = call(\n    1,  # one\n\n    *y,\n)\n", "x = (yield)\n", "x = [call(y) for y in x if y async for z in y]\n",
    "x = lambda a, /, *, b=call(1): (lambda: a)\n", "if (n := call(x)) and \\\n   n: call(n)\n", "@call(1)\n", "@x.y\n\n# between\n@z\n", "else:\n",
    "    call(1)\n", "        call(1)\n", "\tcall(1)\n", "  call(1)\n", "elif x:\n", "except A:\n", "except A :\n", "finally:\n", "case 1:\n", ")\n", "]\n", "}\n", "'''\n",
]  # fmt: skip
FUNCTIONS = [
    "def pasted(x, *, y=call(1)) -> int:\n    z = call(x)\n    if z:\n        return z\n    return y\n",
    "async def pasted(db: Session):\n    '''Why.'''\n    await db.commit()\n\n    def inner():\n        return db\n\n    return inner()\n",
    "@router.get('/x')\n@call\nasync def endpoint(user: CurrentUser, tags: list[str] = []):\n    return await load(user)\n",
    "class Pasted(Base):\n    '''Why.'''\n    a = call(1)\n\n    def m(self):\n        return self.a\n\n    @property\n    def n(self): return call(1)\n    b = 2\n",
    "class Empty(Base): ...\n",
    "class Box[T](Base):\n    class Inner:\n        def m[S](self, x: S) -> T: return x\n    x = 1\n",
    "if call(1):\n    def either(): return 1\nelse:\n    def either():\n        return call(1)\n",
    "def one(): return call(1); x = 1\n",
    "def broken(:\n    call(1)\n",
]  # fmt: skip
# What is said in one file of the project and used in others.
REPLACEMENTS = [
    ("await db.commit()", "await db.flush()"), ("-> AsyncIterator[AsyncSession]", "-> Settings"), ("-> User", "-> Order"), ("orders:", "all_orders:"),
    ("def place", "def put"), ("current_user", "customer"), ("Session", "Connection"), ("async def", "def"), ("import ", "from . import "),
    ("Repository", "Store"), ("self.db", "self.session"), ("return", "yield"), ("class User", "class Person"), ("(Base)", "(User)"),
]  # fmt: skip


def offset(text: str, random: Random) -> int:
    return random.randrange(len(text) + 1)


def inserted(text: str, random: Random) -> str:
    at = offset(text, random)
    return text[:at] + random.choice(CHARACTERS) + text[at:]


def deleted(text: str, random: Random) -> str:
    at = offset(text, random)
    return text[:at] + text[at + random.choice([1, 1, 2, 5, 40, 200]) :]


def overwritten(text: str, random: Random) -> str:
    at = offset(text, random)
    return text[:at] + random.choice(CHARACTERS) + text[at + random.choice([1, 2, 8]) :]


def bracket(text: str, random: Random) -> str:
    """A bracket or quote taken away."""
    found = [m.start() for m in re.finditer(r"""[()\[\]{}'":,]""", text)]
    if not found:
        return text
    at = random.choice(found)
    return text[:at] + text[at + 1 :]


def indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def indented(block: str, indent: str) -> str:
    return "".join(indent + line if line.strip() else line for line in split_lines(block))


def put(text: str, random: Random, block: str) -> str:
    """A block of lines put between two lines, mostly at the indentation of one of them."""
    lines = split_lines(text)
    at = random.randrange(len(lines) + 1)
    near = lines[min(at, len(lines) - 1)] if lines else ""
    indent = random.choice([indent_of(near), indent_of(near), indent_of(lines[at - 1]) if at else "", "", "    ", "\t"])
    return "".join([*lines[:at], indented(block, indent), *lines[at:]])


def statement(text: str, random: Random) -> str:
    return put(text, random, random.choice(STATEMENTS))


def pasted(text: str, random: Random) -> str:
    gap = random.choice(["", "\n", "\n\n"])
    return put(text, random, gap + random.choice(FUNCTIONS) + gap)


def some_lines(lines: list[str], random: Random) -> slice:
    at = random.randrange(len(lines) + 1)
    return slice(at, at + random.choice([1, 1, 2, 3, 8]))


def lines_deleted(text: str, random: Random) -> str:
    lines = split_lines(text)
    del lines[some_lines(lines, random)]
    return "".join(lines)


def swapped(text: str, random: Random) -> str:
    lines = split_lines(text)
    at = random.randrange(max(len(lines) - 1, 1))
    lines[at : at + 2] = reversed(lines[at : at + 2])
    return "".join(lines)


def moved(text: str, random: Random) -> str:
    """Some lines put somewhere else, or there as well."""
    lines = split_lines(text)
    where = some_lines(lines, random)
    block = lines[where]
    if random.random() < 0.5:
        del lines[where]
    at = random.randrange(len(lines) + 1)
    return "".join([*lines[:at], *block, *lines[at:]])


def lines_changed(change: Callable[[str], str]) -> Callable[[str, Random], str]:
    def changed(text: str, random: Random) -> str:
        lines = split_lines(text)
        where = some_lines(lines, random)
        lines[where] = map(change, lines[where])
        return "".join(lines)

    return changed


def commented(line: str) -> str:
    indent = indent_of(line)
    rest = line[len(indent) :]
    return indent + (rest[2:] if rest.startswith("# ") else "# " + rest)


def joined(line: str) -> str:
    return line.rstrip("\r\n")


def breaks(text: str, random: Random) -> str:
    """Other line breaks, in all lines or in some."""
    new = random.choice(["\n", "\r\n", "\r"])
    lines = split_lines(text)
    where = slice(None) if random.random() < 0.3 else some_lines(lines, random)
    lines[where] = (line.rstrip("\r\n") + new for line in lines[where])
    return "".join(lines)


def renamed(text: str, random: Random) -> str:
    names = sorted(set(re.findall(r"[A-Za-z_]\w*", text)))
    if not names:
        return text
    old, new = random.choice(names), random.choice([*names, "other", "def", "x"])
    return re.sub(rf"\b{old}\b", lambda _: new, text)


def replaced(text: str, random: Random) -> str:
    """What other files use is called something else, or does something else, and back."""
    pairs = [pair for old, new in REPLACEMENTS for pair in ((old, new), (new, old)) if pair[0] in text]
    if not pairs:
        return text
    old, new = random.choice(pairs)
    return text.replace(old, new, random.choice([1, -1]))


def repeated(text: str, random: Random) -> str:
    """Equal statements in two branches: a line once more in an `else` of its own."""
    lines = split_lines(text)
    at = random.randrange(max(len(lines), 1))
    line = lines[at] if lines else "\n"
    block = [f"{indent_of(line)}if x:\n", "    " + line, f"{indent_of(line)}else:\n", "    " + line]
    return "".join([*lines[:at], *block, *lines[at + 1 :]])


KINDS: dict[str, Callable[[str, Random], str]] = {
    "characters inserted": inserted,
    "characters deleted": deleted,
    "characters overwritten": overwritten,
    "a bracket taken away": bracket,
    "a statement": statement,
    "a function pasted": pasted,
    "lines deleted": lines_deleted,
    "lines swapped": swapped,
    "lines moved": moved,
    "lines indented": lines_changed(lambda line: "    " + line),
    "lines dedented": lines_changed(lambda line: line.removeprefix("    ")),
    "a tab before lines": lines_changed(lambda line: "\t" + line),
    "lines commented": lines_changed(commented),
    "lines joined": lines_changed(joined),
    "line breaks": breaks,
    "a name": renamed,
    "what others use": replaced,
    "two branches": repeated,
}


def change(text: str, kind: str, seed: int) -> str:
    """The text after a change of a kind; the seed says where, and with what."""
    return KINDS[kind](text, Random(seed))
