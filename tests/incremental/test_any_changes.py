"""After any changes to the files of a project all that is known of them is what it is from scratch."""

import os
from collections.abc import Iterator

import pytest
from apitfall.checked import Report
from apitfall.engine import Workspace
from apitfall.text import Document
from asking import workspace
from changes import KINDS, change
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sources import DB, FILES, MODELS, ROOT, SERVICE, VIEWS
from state import State, agree, same, state

# A long run tries others each time; CONTRIBUTING.md says how to start one.
EXAMPLES = os.environ.get("APITFALL_EXAMPLES")

Step = tuple[str, str | None, int, str]  # a file, the kind of its change or None where it goes, a seed, who looks then

steps = st.tuples(
    st.sampled_from(sorted(FILES)),
    st.sampled_from([*KINDS, None]),
    st.integers(0, 2**32),
    st.sampled_from(["nobody", "one file", "one file in part", "all files"]),
)


@settings(
    max_examples=int(EXAMPLES or 20),
    derandomize=not EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(steps, min_size=1, max_size=8), st.booleans())
def test_after_any_changes_everything_is_as_from_scratch(steps: list[Step], is_read: bool) -> None:
    files = dict(FILES)
    made = workspace(files)
    begun: dict[str, Iterator[Report | None]] = {}  # checks that are not at their end
    if is_read:
        state(made)
    for path, kind, seed, looks in steps:
        if kind is None:
            files.pop(path, None)
            made.forget(path)
        else:
            files[path] = change(files.get(path, FILES[path]), kind, seed)
            made.update(Document(path, 1 if seed % 4 else None, files[path]))  # every fourth time it is closed
        begun = {other: steps for other, steps in begun.items() if other in files and next(steps, None) is None}
        if looks == "one file" and path in files:
            made.check(path, types=False)
        elif looks == "one file in part" and path in files:
            begun[path] = made.steps(path, types=False)
            next(begun[path])
        elif looks == "all files":
            compare(made, files, f"after {kind} in {path}:\n{files.get(path)!r}")
    compare(made, files, str(steps))


def compare(made: Workspace, files: dict[str, str], said: str) -> None:
    agree(made, workspace(files), said)


# Changes that are to be tried whatever the numbers say: each is made, and taken back.

NAMED = {
    "a commit goes": (SERVICE, "        await self.db.commit()\n        self", "        self"),
    "a function is called something else": (SERVICE, "async def orders_of", "async def all_orders_of"),
    "a method is called something else": (SERVICE, "async def place", "async def put"),
    "a class is called something else": (SERVICE, "class Repository", "class Store"),
    "a dependency gives something else": (DB, "AsyncIterator[AsyncSession]:", "AsyncIterator[Session]:"),
    "a dependency gives a user no more": (DB, ") -> User:", ") -> Header:"),
    "a relationship is called something else": (MODELS, "orders: Mapped", "purchases: Mapped"),
    "a class has another base": (MODELS, "class Order(Base)", "class Order(User)"),
    "an import is gone": (VIEWS, "from app import service\n", ""),
    "imports change places": (SERVICE, "import logging\n\nimport requests\n", "import requests\n\nimport logging\n"),
    "a parameter is typed otherwise": (SERVICE, "def rate(currency)", "def rate(currency: int)"),
    "a method is given by another name": (SERVICE, "async def place(self", "async def place(this"),
    "an import is under another name": (VIEWS, "rate as rate_of", "rate as rate_of_exchange"),
    "a coroutine is a function": (SERVICE, "async def notify", "def notify"),
    "a function waits": (SERVICE, "def rate(currency)", "async def rate(currency)"),
    "a function is there twice": (SERVICE, "def rate(currency):", "def rate(currency): ...\n\n\ndef rate(currency):"),
    "a name is assigned as well": (SERVICE, "\n\ndef rate", "\n\norders_of = rate = None\n\n\ndef rate"),
    "equal statements in two branches": (
        SERVICE,
        "        return RATES[currency]\n    else:\n",
        "        return requests.get(f\"http://rates.test/{currency}\").json()[\"rate\"]\n    else:\n",
    ),
    "a branch of a match": (SERVICE, "                case _:\n", "                case [sku, *_] | sku: pass\n                case _:\n"),
    "an else clause": (SERVICE, "            continue\n", "            continue\n        else:\n            self.notify(1)\n"),
    "a finally clause goes": (VIEWS, "    finally:\n        service.logger.info(\"placed\")\n", ""),
    "an except clause goes": (VIEWS, "    except ValueError as problem:\n", ""),
    "a parameter of types": (SERVICE, "def rate(currency)", "def rate[T: str, *Ts, **P](currency: T) -> P"),
    "an alias of types": (SERVICE, "\n\ndef rate", "\n\ntype Rate[T] = dict[T, float]\n\n\ndef rate"),
    "a formatted string with its own quotes": (SERVICE, '{order.id}"', '{order["id"]}"'),
    "a formatted string over lines": (SERVICE, 'f"order {order.id}"', 'f"""order {\n    order.id  # its number\n}"""'),
    "a docstring": (VIEWS, "    repository = Repository(db)\n", '    """Place an order.\n\ndef no(): ...\n    """\n    repository = Repository(db)\n'),
    "a docstring that is not closed": (VIEWS, "    repository = Repository(db)\n", '    """Place an order.\n    repository = Repository(db)\n'),
    "a bracket that is not closed": (VIEWS, "Repository(db)", "Repository(db"),
    "a body goes": (VIEWS, "        raise HTTPException(404)\n", ""),
    "a body is deeper": (VIEWS, "        raise HTTPException(404)\n", "            raise HTTPException(404)\n"),
    "a statement leaves its function": (VIEWS, "    return order\n", "return order\n"),
    "a decorator": (VIEWS, '@router.get("/{order_id}")\n', '@router.get("/{order_id}")\n@service.cached(60)\n'),
    "a decorator goes": (VIEWS, '@router.get("/{order_id}")\n', ""),
    "a decorator before nothing": (VIEWS, "\n\n@router.post", "\n\n@router.put\n\n\nx = 1\n\n\n@router.post"),
    "the lines end like those of Windows": (SERVICE, "\n", "\r\n"),
    "the lines end like those of old": (VIEWS, "\n", "\r"),
    "a form feed": (SERVICE, "\n\ndef rate", "\n\f\ndef rate"),
    "form feeds in a body": (SERVICE, "    return (await", "  \f    return (await"),
    "tabs": (VIEWS, "    ", "\t"),
    "a tab among spaces": (VIEWS, "        raise HTTPException(404)\n", "\traise HTTPException(404)\n"),
    "a byte order mark": (VIEWS, '"""What', '\ufeff"""What'),
    "line separators of Unicode": (VIEWS, '"placed"', '"pla\u2028\x85ced"'),
    "characters beyond the first plane": (VIEWS, '"placed"', '"\U0001f4e6\U0001f40d", größe'),
    "a null character": (VIEWS, "return order\n", "return order\0\n"),
    "everything goes": (VIEWS, VIEWS, ""),
}  # fmt: skip
PATHS = {text: path for path, text in FILES.items()}


@pytest.fixture(scope="module")
def made() -> Workspace:
    """One workspace that lives through all of the changes."""
    return workspace(FILES)


@pytest.fixture(scope="module")
def before() -> State:
    return state(workspace(FILES))


@pytest.mark.parametrize(("text", "old", "new"), NAMED.values(), ids=NAMED)
def test_a_change_and_back(made: Workspace, before: State, text: str, old: str, new: str) -> None:
    assert old in text
    path = PATHS[text]
    agree(made, workspace(FILES))
    same(state(made), before)
    changed = text.replace(old, new)
    made.update(Document(path, 1, changed))
    try:
        assert state(made) != before
        agree(made, workspace({**FILES, path: changed}))
    finally:
        made.update(Document(path, 1, text))


def test_after_all_changes_and_back_nothing_has_changed(made: Workspace, before: State) -> None:
    agree(made, workspace(FILES))
    same(state(made), before)


def test_a_file_that_others_import_comes_late() -> None:
    path = f"{ROOT}/app/service.py"
    made = workspace({name: text for name, text in FILES.items() if name != path})
    without = state(made)
    made.update(Document(path, 1, SERVICE))
    same(state(made), state(workspace(FILES)))
    made.forget(path)
    same(state(made), without)


def test_a_header_that_is_changed_again_in_the_middle_of_a_check() -> None:
    """Of a function that changed twice, with a check that did not come so far between, what was said before the first
    change is not asked about."""
    path = PATHS[DB]
    files = dict(FILES)
    made = workspace(files)
    state(made)
    for version, (old, new) in enumerate([("AsyncSession", "AsyncConnection"), (") -> User:", ") -> Order:")]):
        files[path] = files[path].replace(old, new)
        made.update(Document(path, version, files[path]))
        if not version:
            files[path] = files[path].replace("db: Session", "db: Connection").replace("Session =", "Connection =")
            made.update(Document(path, version, files[path]))
            next(made.steps(path, types=False))
    compare(made, files, "changed twice")
