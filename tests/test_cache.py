"""What is kept on the disk: never wrong, whatever happens to it, and never in the way."""

import errno
import marshal
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apitfall import cache, loading
from apitfall.cache import DIGEST, SHARDS, Cache, facts_key, key_of
from apitfall.engine import Workspace
from apitfall.facts import extract, pack, unpack
from apitfall.registry import load
from apitfall.syntax import Reader
from apitfall.text import Document

KEY = key_of(["a key"])
TEXT = (
    "import fastapi\n\n\nasync def f(x=[]):\n    try:\n        await g(x)\n    except (A, b.C) as e:\n        pass\n\n\n"
    "class A(B, metaclass=M):\n    y: int = f(1)\n"
)


@pytest.fixture
def kept(tmp_path: Path) -> Cache:
    found = Cache(tmp_path / "kept")
    found.put(KEY, b"content")
    return found


def entry(kept: Cache, key: str = KEY) -> Path:
    return kept.folder / key[:2] / key[2:]


def test_what_was_put_is_there_in_another_process(kept):
    assert Cache(kept.folder).get(KEY) == b"content"
    assert Cache(kept.folder).get(key_of(["another"])) is None


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: b"",
        lambda data: data[:3],
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data[:DIGEST] + b"CONTENT",
        lambda data: bytes(len(data)),
    ],
    ids=["empty", "no digest", "cut off", "longer", "other content", "zeros"],
)
def test_what_is_damaged_is_not_there_and_can_be_put_again(kept, harm):
    path = entry(kept)
    path.write_bytes(harm(path.read_bytes()))
    assert kept.get(KEY) is None
    kept.put(KEY, b"content")
    assert kept.get(KEY) == b"content"


def test_a_key_depends_on_where_its_parts_end():
    assert len({key_of(parts) for parts in (["ab", "c"], ["a", "bc"], ["abc"], [b"abc", ""])}) == 4
    assert key_of(["\ud800"]) != key_of(["\ud801"])


@pytest.mark.parametrize("what", ["MADE_BY", "implementation", "libcst"])
def test_another_version_has_other_facts(monkeypatch, what):
    before = facts_key(TEXT)
    if what == "MADE_BY":
        monkeypatch.setattr(cache, "MADE_BY", ("text.py",))
    elif what == "libcst":
        monkeypatch.setattr(cache, "version", lambda name: "0")
    else:
        monkeypatch.setattr(sys.implementation, "cache_tag", "other-314")
    cache.facts_version.cache_clear()
    try:
        assert facts_key(TEXT) != before
    finally:
        monkeypatch.undo()
        cache.facts_version.cache_clear()
    assert facts_key(TEXT) == before


WRITER = """\
import sys
from pathlib import Path
from apitfall.cache import Cache, key_of
kept = Cache(Path(sys.argv[1]))
keys = [key_of([str(number)]) for number in range(40)]
for turn in range(5):
    for key in keys:
        kept.put(key, key.encode() * 500)
        assert kept.get(key) in (None, key.encode() * 500)
assert all(kept.get(key) is not None for key in keys)
"""


def test_several_write_at_once(tmp_path):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, tmp_path / "kept"]) for _ in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert Cache(tmp_path / "kept").info().entries == 40  # and nothing half written


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_disk_that_takes_nothing_is_named_once(kept, monkeypatch, caplog, number):
    def fail(*_: Any) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "write_bytes", fail)
    for name in ("a", "b", "c"):
        kept.put(key_of([name]), b"content")
    assert [record.getMessage() for record in caplog.records] == [
        f"Nothing is kept in the cache `{kept.folder}`: {os.strerror(number)}."
    ]
    assert kept.get(KEY) == b"content"
    assert kept.info().entries == 1


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to(path)], ids=["a file", "a circle of links"])
def test_a_folder_that_is_none_is_named_once(tmp_path, caplog, make: Callable[[Path], None]):
    path = tmp_path / "kept"
    make(path)
    kept = Cache(path)
    for name in ("a", "b"):
        kept.put(key_of([name]), b"content")
        assert kept.get(key_of([name])) is None
    assert len(caplog.records) == 1
    assert kept.info().entries == 0


def test_it_is_bounded_and_what_was_not_used_for_long_goes_first(tmp_path):
    kept = Cache(tmp_path, size=SHARDS * 1000)
    keys = [f"00{number:030x}" for number in range(30)]
    for age, key in enumerate(reversed(keys[:9])):
        kept.put(key, bytes(84))
        os.utime(entry(kept, key), (1_000_000 - age, 1_000_000 - age))
    assert Cache(tmp_path).get(keys[0]) is not None  # it is used: now it is the newest
    for key in keys[9:13]:
        kept.put(key, bytes(84))
    assert sum(path.stat().st_size for path in (tmp_path / "00").iterdir()) <= 1125
    assert kept.get(keys[0]) is not None
    assert kept.get(keys[1]) is None
    assert kept.get(keys[12]) is not None


def test_what_is_too_large_is_not_kept(tmp_path):
    kept = Cache(tmp_path, size=SHARDS * 100)
    kept.put(KEY, bytes(100))
    assert kept.info().entries == 0


def test_what_is_large_is_kept_in_little_room(tmp_path):
    kept, content = Cache(tmp_path, size=SHARDS * 100_000), bytes(range(256)) * 10_000
    kept.put(KEY, content)
    assert Cache(tmp_path).get(KEY) == content
    assert kept.info().size < 100_000
    entry(kept).write_bytes(entry(kept).read_bytes()[:-1])
    assert kept.get(KEY) is None


def test_clearing_leaves_what_is_not_ours(kept):
    (kept.folder / "notes.txt").write_text("mine", encoding="utf-8")
    assert kept.info().entries == 1
    kept.clear()
    assert [path.name for path in kept.folder.iterdir()] == ["notes.txt"]
    kept.put(KEY, b"content")
    assert kept.get(KEY) == b"content"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"APITFALL_NO_CACHE": "1"}, None),
        ({"APITFALL_NO_CACHE": "true", "APITFALL_CACHE_DIR": "/kept"}, None),
        ({"APITFALL_NO_CACHE": "0", "APITFALL_CACHE_DIR": "/kept"}, Path("/kept")),
        ({"APITFALL_CACHE_DIR": "kept"}, Path("kept").absolute()),
    ],
)
def test_variables(environ, expected):
    found = cache.find(environ)
    assert (found and found.folder) == (expected and expected.absolute())


# Facts


def test_facts_are_the_same_unpacked():
    facts = extract(Reader().read(TEXT))
    other = unpack(pack(facts))
    for name in ("imports", "stars", "variables", "functions", "classes", "flow", "exports"):
        assert getattr(other, name) == getattr(facts, name), name


@pytest.mark.parametrize(
    "data",
    [b"", b"x", marshal.dumps(None), marshal.dumps((1, 2)), marshal.dumps((1,) * 8), pack(extract(()))[:-1]],
)
def test_what_is_nothing_of_the_kind_is_told(data):
    with pytest.raises(ValueError, match="no packed facts"):
        unpack(data)


def test_facts_that_are_none_are_read_again(tmp_path):
    kept = Cache(tmp_path)
    kept.put(facts_key(TEXT), b"whole, and nothing of the kind")
    workspace = Workspace("/project", load())
    workspace.update(Document("/project/a.py", None, TEXT))
    loading.read_all(workspace, kept)
    assert list(workspace.read("/project/a.py").functions) == ["f"]
    assert unpack(kept.get(facts_key(TEXT)) or b"").functions.keys() == {"f"}
