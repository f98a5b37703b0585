"""How new texts get to the disk: all of them or none, each at once, and nothing else of the files changes."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from apitfall import writing
from apitfall.writing import Change, Draft, Unwritable, recoded


def write(*changes: Change) -> dict[Path, str]:
    drafts, problems = writing.drafts(changes)
    return problems or writing.write(drafts)


@pytest.fixture
def one(tmp_path: Path) -> Path:
    path = tmp_path / "one.py"
    path.write_bytes(b"a = 1\r\n")
    return path


@pytest.fixture
def two(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "two.py"
    path.parent.mkdir()
    path.write_bytes(b"b = 1\n")
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_are_changed_and_made(one: Path, two: Path) -> None:
    new = one.with_name("new.py")
    changes = (Change(one, "a = 1\r\n", "a = 2\r\n"), Change(two, "b = 1\n", "b = 2"), Change(new, None, "é = 3\n"))
    assert write(*changes) == {}
    assert [path.read_bytes() for path in (one, two, new)] == [b"a = 2\r\n", b"b = 2", "é = 3\n".encode()]
    assert names(one.parent) == ["folder", "new.py", "one.py"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o4755, 0o7777])
def test_the_mode_is_kept(one: Path, mode: int) -> None:
    one.chmod(mode)
    kept = stat.S_IMODE(one.stat().st_mode)
    assert write(Change(one, "a = 1\r\n", "a = 2\r\n")) == {}
    assert stat.S_IMODE(one.stat().st_mode) == kept
    assert one.read_bytes() == b"a = 2\r\n"


def test_the_owner_is_kept_or_nothing_is_written(one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:
        os.chown(one, 12345, 54321)
    was = one.stat()
    assert write(Change(one, "a = 1\r\n", "a = 2\r\n")) == {}
    assert (one.stat().st_uid, one.stat().st_gid) == (was.st_uid, was.st_gid)

    def refuse(*args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    of_another = os.stat_result([0o100644, 1, 1, 1, 4242, 4242, 1, 1, 1, 1])
    real = Path.stat

    def as_another(path: Path, **more: bool) -> os.stat_result:
        return of_another if path == one else real(path, **more)

    monkeypatch.setattr(Path, "stat", as_another)
    monkeypatch.setattr(os, "chown", refuse)
    assert write(Change(one, "a = 2\r\n", "a = 3\r\n")) == {one: f"`{one}` cannot be written: its owner would change."}
    assert one.read_bytes() == b"a = 2\r\n"
    assert names(one.parent) == ["one.py"]


def test_the_content_of_a_private_file_is_never_shown(one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one.chmod(0o600)
    modes: list[int] = []
    real = os.fsync

    def look(descriptor: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    assert write(Change(one, "a = 1\r\n", "a = 2\r\n")) == {}
    assert modes == [0o600]


def test_a_new_file_has_the_mode_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "any.py").touch()
    assert write(Change(tmp_path / "new.py", None, "")) == {}
    assert (tmp_path / "new.py").stat().st_mode == (tmp_path / "any.py").stat().st_mode


def test_a_symbolic_link_stays_one(one: Path, two: Path) -> None:
    link = two.with_name("link.py")
    link.symlink_to("../one.py")
    assert write(Change(link, "a = 1\r\n", "a = 2\r\n")) == {}
    assert link.readlink() == Path("../one.py")
    assert one.read_bytes() == b"a = 2\r\n"


def test_of_hard_links_the_named_one_is_changed(one: Path) -> None:
    other = one.with_name("other.py")
    other.hardlink_to(one)
    assert write(Change(one, "a = 1\r\n", "a = 2\r\n")) == {}
    assert (one.read_bytes(), other.read_bytes()) == (b"a = 2\r\n", b"a = 1\r\n")


def test_two_names_of_one_file(one: Path) -> None:
    link = one.with_name("link.py")
    link.symlink_to(one)
    says = {link: f"`{link}` is the same file as `{one}`, whose new text differs."}
    assert write(Change(one, "a = 1\r\n", "a = 2"), Change(link, "a = 1\r\n", "a = 3")) == says
    assert one.read_bytes() == b"a = 1\r\n"
    assert write(Change(one, "a = 1\r\n", "a = 2"), Change(link, "a = 1\r\n", "a = 2")) == {}
    assert one.read_bytes() == b"a = 2"


PREVENTED: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed": (lambda path: path.write_bytes(b"b = 5\n"), "has changed since it was read."),
    "other line breaks": (lambda path: path.write_bytes(b"b = 1\r\n"), "has changed since it was read."),
    "gone": (Path.unlink, "cannot be read: No such file or directory."),
    "no file any more": (lambda path: (path.unlink(), path.mkdir()), "is not a file."),
    "no text any more": (lambda path: path.write_bytes(b"b = '\xff'\n"), "is not valid UTF-8"),
    "read-only": (lambda path: path.chmod(0o444), "is read-only."),
}


@pytest.mark.parametrize("case", PREVENTED)
def test_where_one_file_cannot_be_written_none_is(one: Path, two: Path, case: str) -> None:
    prevent, says = PREVENTED[case]
    prevent(two)
    found = names(two.parent)
    problems = write(Change(one, "a = 1\r\n", "a = 2\r\n"), Change(two, "b = 1\n", "b = 2\n"))
    assert list(problems) == [two]
    assert problems[two].startswith(f"`{two}` {says}")
    assert one.read_bytes() == b"a = 1\r\n"
    assert (names(one.parent), names(two.parent)) == (["folder", "one.py"], found)


@pytest.mark.parametrize("case", ["changed", "other line breaks", "gone", "no file any more", "no text any more"])
def test_a_file_that_changes_while_others_are_written(
    one: Path, two: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Draft.stage

    def then_change(draft: Draft) -> None:
        stage(draft)
        if draft.path == one:
            PREVENTED[case][0](two)

    monkeypatch.setattr(Draft, "stage", then_change)
    problems = write(Change(two, "b = 1\n", "b = 2\n"), Change(one, "a = 1\r\n", "a = 2\r\n"))
    assert list(problems) == [two]
    assert one.read_bytes() == b"a = 1\r\n"
    assert names(one.parent) == ["folder", "one.py"]


def test_a_file_that_appears_is_not_replaced(one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new = one.with_name("new.py")
    stage = Draft.stage
    monkeypatch.setattr(Draft, "stage", lambda draft: (stage(draft), new.write_text("mine")))
    says = {new: f"`{new}` cannot be made: there is such a file already."}
    assert write(Change(new, None, "ours")) == says
    assert write(Change(new, None, "ours")) == says
    assert (new.read_text(), names(one.parent)) == ("mine", ["new.py", "one.py"])


def test_a_folder_that_cannot_be_written_to(one: Path, two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != two.parent and access(path, mode))
    says = "cannot be written: nothing can be written in its folder."
    new = two.with_name("new.py")
    changes = (Change(one, "a = 1\r\n", ""), Change(two, "b = 1\n", ""), Change(new, None, ""))
    assert write(*changes) == {two: f"`{two}` {says}", new: f"`{new}` {says}"}
    nowhere = one.with_name("nowhere") / "new.py"
    assert write(Change(nowhere, None, "")) == {nowhere: f"`{nowhere}` {says}"}
    assert one.read_bytes() == b"a = 1\r\n"


@pytest.mark.parametrize("step", ["open", "fsync"])
def test_a_disk_that_is_full(one: Path, two: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = getattr(os, step)
    calls: list[object] = []

    def full(*args: object, **more: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return real(*args, **more)

    monkeypatch.setattr(os, step, full)
    problems = write(Change(one, "a = 1\r\n", "a = 2\r\n"), Change(two, "b = 1\n", "b = 2\n"))
    assert problems == {two: f"`{two}` cannot be written: No space left on device."}
    assert (one.read_bytes(), two.read_bytes()) == (b"a = 1\r\n", b"b = 1\n")
    assert (names(one.parent), names(two.parent)) == (["folder", "one.py"], ["two.py"])


def test_what_was_written_is_put_back_where_the_next_cannot_be(
    one: Path, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = one.with_name("new.py")
    real = Path.replace

    def refuse(path: Path, target: Path) -> Path:
        if target == two:
            raise PermissionError(1, "Operation not permitted")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    changes = (Change(one, "a = 1\r\n", "a = 2"), Change(new, None, "c"), Change(two, "b = 1\n", "b = 2\n"))
    assert write(*changes) == {two: f"`{two}` cannot be written: Operation not permitted."}
    assert (one.read_bytes(), two.read_bytes()) == (b"a = 1\r\n", b"b = 1\n")
    assert (names(one.parent), names(two.parent)) == (["folder", "one.py"], ["two.py"])


def test_what_cannot_be_put_back_is_said(one: Path, two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.replace
    done: list[Path] = []

    def once(path: Path, target: Path) -> Path:
        if done:
            raise PermissionError(1, "Operation not permitted")
        done.append(target)
        return real(path, target)

    monkeypatch.setattr(Path, "replace", once)
    problems = write(Change(one, "a = 1\r\n", "a = 2"), Change(two, "b = 1\n", "b = 2\n"))
    says = "cannot be written: Operation not permitted."
    assert problems == {two: f"`{two}` {says}", one: f"`{one}` {says} It has its new text already."}
    assert (names(one.parent), names(two.parent)) == (["folder", "one.py"], ["two.py"])


ENCODINGS = {
    "UTF-8": ("é = 1\r\n".encode(), "ö€\U0001f389\u2028\x0c\r\n"),
    "a byte order mark": ("\ufeffé = 1\n".encode(), "\ufeffö = '€'"),
    "a mark and a declaration": ("\ufeff# coding: utf-8\n".encode(), "\ufeff# coding: utf-8\nö"),
    "latin-1": ("# coding: latin-1\n'é'\r".encode("latin-1"), "# coding: latin-1\n'éö'\r"),
    "in the second line": ("#!x\n# coding=cp1252\n'€'".encode("cp1252"), "#!x\n# coding=cp1252\n'€€'"),
    "Japanese": ("# coding: euc-jp\n'日本'\n".encode("euc-jp"), "# coding: euc-jp\n'日本語'\n"),
}


@pytest.mark.parametrize("case", ENCODINGS)
def test_a_text_is_written_in_the_encoding_of_the_old_one(case: str) -> None:
    old, after = ENCODINGS[case]
    encoding = after.partition("coding")[2].lstrip(":= ").split("\n")[0] or "utf-8"
    before = old.decode(encoding)
    assert recoded(old, Change(Path("a.py"), before, after), "it") == after.encode(encoding)


LOST = {
    "no such character": (
        "# coding: latin-1\n",
        "# coding: latin-1\n€\n",
        "it is ISO-8859-1, which has no `€` for its new text.",
    ),
    "no declaration": ("# coding: latin-1\n'é'\n", "'é'\n", "it would no longer say that it is ISO-8859-1."),
    "declared too late": (
        "# coding: latin-1\n'é'\n",
        "\n\n# coding: latin-1\n'é'\n",
        "it would no longer say that it is ISO-8859-1.",
    ),
    "another declaration": (
        "# coding: latin-1\n",
        "# coding: cp1252\n\n# coding: latin-1\n",
        "it would no longer say that it is ISO-8859-1.",
    ),
    "two forms": ("# coding: utf-7\n# +AGE-\n", "# coding: utf-7\nx\n", "it is UTF-7 in a form that cannot be"),
}


@pytest.mark.parametrize("case", LOST)
def test_a_text_that_its_encoding_would_not_keep(case: str) -> None:
    before, after, says = LOST[case]
    old = before.encode("latin-1")
    text = old.decode("utf-7") if "utf-7" in before else before
    with pytest.raises(Unwritable) as raised:
        recoded(old, Change(Path("a.py"), text, after), "it")
    assert str(raised.value).startswith(says)
