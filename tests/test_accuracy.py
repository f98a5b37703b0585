"""Each fault that the measurement of accuracy puts into real code, on a project of a few lines."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from apitfall import registry

ACCURACY = Path(__file__).resolve().parent / "accuracy"
KNOWN = {name for package in registry.load() for name in package.rules}
MAIN = """\
import asyncio

from fastapi import FastAPI

from store import load

app = FastAPI()


"""
STORE = "async def load(key):\n    return key\n"
ENGINE = """\
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

maker = sessionmaker(create_engine("sqlite://"))
session_maker = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


def get_db():
    with maker() as session:
        yield session


async def get_async_db():
    async with session_maker() as session:
        yield session


def names_of(db: Session):
    return db.execute("select name from users")
"""
SESSIONS = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from store import User, get_async_db, get_db, names_of, session_maker

app = FastAPI()


"""

# For each rule the files of a project, and the line on which each kind of fault has to be spoken of.
CASES = {
    "missing-await": (
        {"store.py": STORE, "main.py": MAIN + """\
@app.get("/")
async def index(key: str):
    await load(key)
    found = await load(key)
    if await load(key):
        await asyncio.gather(load(key), load(key))
    names = [(await load(key)).title(), f"{await load(key)}"]
    return await load(found + names)
"""},
        {
            "a statement": "load(key)",
            "bound to a name": "found = load(key)",
            "a condition": "if load(key):",
            "an attribute or item of it": 'names = [(load(key)).title(), f"{await load(key)}"]',
            "returned": "return load(found + names)",
        },
    ),
    "blocking-http-call": (
        {"store.py": STORE, "main.py": "import httpx\n" + MAIN + """\
@app.get("/")
async def index(key: str):
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"https://example.org/{key}", timeout=3)
    return answer.json()
"""},
        {
            "an async client": 'answer = requests.get(f"https://example.org/{key}", timeout=3)',
            "an async client, two functions away": 'answer = load_page(f"https://example.org/{key}", timeout=3)',
            "an async client, in another module": 'answer = load_page(f"https://example.org/{key}", timeout=3)',
        },
    ),
    "blocking-call": (
        {"store.py": STORE, "main.py": MAIN + """\
@app.get("/")
async def index(redis):
    await asyncio.sleep(1)
    return await redis.get("key")


async def startup():
    await asyncio.sleep(1)
"""},
        {
            "a sleep": "time.sleep(1)",
            "a sleep, two functions away": "load_page(1)",
            "a sleep, in another module": "load_page(1)",
            "a command of Redis": 'return waiting_redis.get("key")',
            "a command of Redis, two functions away": 'return load_page("key")',
            "a command of Redis, in another module": 'return load_page("key")',
        },
    ),
    "blocking-file-io": (
        {"store.py": STORE, "main.py": "import aiofiles\nimport anyio\n" + MAIN + """\
@app.get("/")
async def index(path: str):
    \"\"\"All lines.\"\"\"
    async with aiofiles.open(path) as lines:
        first = await lines.readline()
        async for line in lines:
            first += line
    return first + await anyio.Path(path).read_text()
"""},
        {
            "aiofiles": "with open(path) as lines:",
            "anyio.Path": "return first + Path(anyio.Path(path)).read_text()",
            "a file read": 'taken = Path("notes.txt").read_text()',
            "a file read, two functions away": "taken = load_page()",
            "a file read, in another module": "taken = load_page()",
        },
    ),
    "sync-session-in-async": (
        {"store.py": ENGINE, "main.py": SESSIONS + """\
@app.get("/users")
def users(db: Session = Depends(get_db)):
    return db.scalars(select(User)).all()


@app.get("/names")
def names(db: Session = Depends(get_db)):
    return names_of(db)


@app.get("/health")
def health():
    return {}
"""},
        {
            "a def endpoint made async": "async def users(db: Session = Depends(get_db)):",
            "a def endpoint made async, which hands its session on": "async def names(db: Session = Depends(get_db)):",
        },
    ),
    "mixed-sync-async": (
        {"store.py": ENGINE, "main.py": SESSIONS + """\
@app.get("/users")
async def users(db: AsyncSession = Depends(get_async_db)):
    found = await db.execute(select(User))
    return found.scalars().all()


async def count() -> int:
    async with session_maker() as session:
        return len((await session.execute(select(User))).all())
"""},
        {
            "a parameter annotated Session": "async def users(db: Session = Depends(get_async_db)):",
            "an async endpoint made def": "def users(db: AsyncSession = Depends(get_async_db)):",
            "query of an AsyncSession": "found = db.query(User)",
            "with for async with": "with session_maker() as session:",
        },
    ),
    "cpu-bound-in-async": (
        {"store.py": STORE, "main.py": "import bcrypt\n" + MAIN + """\
def hash_password(password: bytes) -> bytes:
    return bcrypt.hashpw(password, bcrypt.gensalt())


@app.post("/users")
def register(password: str):
    return hash_password(password.encode())


@app.get("/")
async def index():
    return {}
"""},
        {
            "a def endpoint made async": "async def register(password: str):",
            "a password hashed": 'taken = bcrypt.hashpw(b"secret", b"$2b$12$abcdefghijklmnopqrstuu")',
            "a password hashed, two functions away": 'taken = load_page(b"secret", b"$2b$12$abcdefghijklmnopqrstuu")',
            "a password hashed, in another module": 'taken = load_page(b"secret", b"$2b$12$abcdefghijklmnopqrstuu")',
        },
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def accuracy():
    names = ("accuracy_page", "applications", "faults", "handed_off", "measuring", "module", "mutants")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ACCURACY))
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})


def mutants(accuracy, rule: str, texts: dict[str, str]):
    found = accuracy.faults.candidates(accuracy.mutants.project(texts), accuracy.faults.RULES[rule])
    return {mutant.kind: mutant for mutant in found}


@pytest.mark.parametrize("rule", CASES)
def test_a_fault_stands_where_it_is_meant_to(accuracy, rule):
    texts, expected = CASES[rule]
    made = mutants(accuracy, rule, texts)
    assert {
        kind: mutant.texts[mutant.path].splitlines()[mutant.lines.start - 1].strip() for kind, mutant in made.items()
    } == expected
    for mutant in made.values():
        assert all(map(accuracy.module.is_python, mutant.texts.values()))
        changed = {path for path, text in mutant.texts.items() if text != texts[path]}
        assert changed == {mutant.path} | ({"store.py"} if "another module" in mutant.kind else set())


@pytest.mark.parametrize("rule", [rule for rule in CASES if rule in KNOWN])
def test_a_fault_is_found_and_nothing_else_is_said(accuracy, rule, tmp_path):
    texts, expected = CASES[rule]
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    checked = accuracy.measuring.Checked(tmp_path, Path(sys.prefix))
    before = dict(checked.before)
    outcomes = {kind: checked.put_in(mutant) for kind, mutant in mutants(accuracy, rule, texts).items()}
    assert {kind: (o.state, o.elsewhere) for kind, o in outcomes.items()} == dict.fromkeys(expected, ("found", ()))
    assert dict(checked._said()) == before


def test_what_is_handed_to_a_thread_is_called_where_it_stands(accuracy):
    text = """\
import asyncio

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index(path):
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(shutil.move, path, to="x")
    await loop.run_in_executor(None, remove, path)
    return await asyncio.to_thread(lambda: path.read_text("utf-8"))
"""
    app = accuracy.mutants.project({"main.py": text})
    found = [
        (function, arguments) for _, function, arguments in accuracy.handed_off.handed(app.modules["main.py"], app)
    ]
    assert sorted(found) == [("path.read_text", '"utf-8"'), ("remove", "path"), ("shutil.move", 'path, to="x"')]


def test_what_was_said_before_is_not_counted(accuracy, tmp_path):
    text = MAIN.replace("from store import load\n", "") + "async def index():\n    await asyncio.sleep(1)\n"
    (tmp_path / "main.py").write_text(text.replace("await ", ""), encoding="utf-8")
    checked = accuracy.measuring.Checked(tmp_path, Path(sys.prefix))
    module = accuracy.module.read("main.py", text.replace("await ", ""))
    place = text.index("await asyncio")
    mutant = accuracy.mutants.at_place("a statement", module, place, place, [(0, 0, "")], ("missing-await",))
    assert checked.put_in(mutant).state == accuracy.measuring.SPOKEN


def test_faults_are_spread_over_applications(accuracy):
    assert accuracy.faults.shares([10, 1, 0, 3], 7) == [3, 1, 0, 3]
    assert list(accuracy.faults.in_turn(["abc", "", "d"])) == ["a", "d", "b", "c"]


def test_figures_take_the_place_of_older_ones(accuracy):
    page, measuring = accuracy.accuracy_page, accuracy.measuring
    [repository, *_] = accuracy.applications.repositories()
    outcomes = [measuring.Outcome("x.py:1 a sleep", "a sleep", "x.py", 1, state, ()) for state in ("found", "missed")]
    rows = [measuring.Row("blocking-call", repository.folder, 0, outcome) for outcome in outcomes]
    text = f"# Before\n\n{page.BEGIN}\nold\n{page.END}\n\nAfter\n"
    new = page.with_figures(text, rows, ["Once."], [repository])
    assert new.startswith("# Before\n") and new.endswith("\n\nAfter\n") and "old" not in new
    assert "| `blocking-call` | 2 | 1 | 1 | 50% | 1 | 0 |\n" in new
    assert f"| {repository.name} | `{repository.commit[:10]}` | 2 | 1 | 50% | 1 | 0 |\n" in new
    assert page.BEGIN in page.PAGE.read_text(encoding="utf-8")


def test_an_application_is_taken_out_of_a_bare_clone(accuracy, tmp_path):
    import subprocess

    source, mirror = tmp_path / "source", tmp_path / "mirror"
    source.mkdir()
    for name in ("main.py", "picture.png", "site-packages/library.py"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_bytes(b"x = 1\r\n")
    git = ["git", "-C", str(source), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "All"]):
        subprocess.run([*git, *command], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(["git", "clone", "--quiet", "--bare", source, mirror / "owner+name" / "repo"], check=True)
    repository = accuracy.applications.Repository("owner/name", commit)
    assert accuracy.applications.get(repository, tmp_path / "applications", mirror) == 1
    assert [path.name for path in (tmp_path / "applications" / "owner+name").iterdir()] == ["main.py"]
    assert (tmp_path / "applications" / "owner+name" / "main.py").read_bytes() == b"x = 1\r\n"
