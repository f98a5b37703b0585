"""Which files are listed, and how they are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from apitfall import files


def make(root: Path, *paths: str) -> Path:
    """Empty files, and folders where a path ends in a slash."""
    for path in paths:
        target = root / path
        (target if path.endswith("/") else target.parent).mkdir(parents=True, exist_ok=True)
        if not path.endswith("/"):
            target.touch()
    return root


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def listed(root: Path, *exclude: str) -> list[str]:
    return [file.relative_to(root).as_posix() for file in files.python_files(root, exclude).files]


def left_out(root: Path, *exclude: str) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): why for path, why in files.python_files(root, exclude).left_out}


def test_python_files_are_listed_sorted_and_nothing_else(tmp_path: Path) -> None:
    make(tmp_path, "b.py", "a/z.pyi", "a/y.py", "a/data.json", "setup.cfg", "a/py", "a/x.pyc")
    assert listed(tmp_path) == ["a/y.py", "a/z.pyi", "b.py"]


@pytest.mark.parametrize("pattern", sorted(files.DEFAULT_EXCLUDE))
def test_default_excludes_hold_at_every_depth_and_say_why(tmp_path: Path, pattern: str) -> None:
    folder = pattern.strip("/").replace("*", "x")
    make(tmp_path, f"{folder}/a.py", f"app/{folder}/b/c.py", "app/main.py")
    assert listed(tmp_path) == ["app/main.py"]
    why = files.DEFAULT_EXCLUDE[pattern]
    assert left_out(tmp_path) == {folder: why, f"app/{folder}": why}


def test_a_virtual_environment_is_left_out_whatever_it_is_called(tmp_path: Path) -> None:
    make(tmp_path, "sandbox/pyvenv.cfg", "sandbox/lib/python3.12/os.py", "main.py")
    assert listed(tmp_path) == ["main.py"]
    assert left_out(tmp_path) == {"sandbox": "a virtual environment"}


def test_excludes_are_globs_from_the_root_and_can_take_a_default_back(tmp_path: Path) -> None:
    make(tmp_path, "build/a.py", "migrations/versions/b.py", "app/migrations/versions/c.py", "app/gen_d.py", "gen_e.py")
    exclude = ("/migrations/versions/", "", "app/gen_*.py", "!build/")
    assert listed(tmp_path, *exclude) == ["app/migrations/versions/c.py", "build/a.py", "gen_e.py"]
    assert left_out(tmp_path, *exclude) == {
        "migrations/versions": "excluded by `/migrations/versions/`",
        "app/gen_d.py": "excluded by `app/gen_*.py`",
    }


TREE = ("x.py", "a/x.py", "a/y.py", "a/b/x.py", "a/b/y.py", "b/x.py", "b/a/x.py")

IGNORES = {
    "a name holds at every depth": ({".gitignore": ["b"]}, ["x.py", "a/x.py", "a/y.py"]),
    "an anchored name holds in its folder": ({".gitignore": ["/a"]}, ["x.py", "b/x.py", "b/a/x.py"]),
    "a name with a slash in it is anchored": (
        {".gitignore": ["a/b"]},
        ["x.py", "a/x.py", "a/y.py", "b/x.py", "b/a/x.py"],
    ),
    "an anchor in a nested file": (
        {"a/.gitignore": ["/x.py"]},
        ["x.py", "a/y.py", "a/b/x.py", "a/b/y.py", "b/x.py", "b/a/x.py"],
    ),
    "a nested file has the last word": (
        {".gitignore": ["x.py"], "a/.gitignore": ["!x.py"]},
        ["a/x.py", "a/y.py", "a/b/x.py", "a/b/y.py"],
    ),
    "the last pattern decides": (
        {".gitignore": ["*.py", "!x.py", "/b/x.py"]},
        ["x.py", "a/x.py", "a/b/x.py", "b/a/x.py"],
    ),
    "what is in an ignored folder cannot come back": (
        {".gitignore": ["/a/", "!/a/x.py"], "a/.gitignore": ["!*"]},
        ["x.py", "b/x.py", "b/a/x.py"],
    ),
    "the content of a folder can come back": (
        {".gitignore": ["/a/*", "!/a/x.py"]},
        ["x.py", "a/x.py", "b/x.py", "b/a/x.py"],
    ),
    "two stars name what is in a folder, not the folder": (
        {".gitignore": ["/a/**", "!/a/**/", "!/a/b/y.py"]},
        ["x.py", "a/b/y.py", "b/x.py", "b/a/x.py"],
    ),
    "a folder that comes back brings no file with it": ({".gitignore": ["*.py", "!a/"]}, []),
    "a slash at the end names folders only": ({".gitignore": ["x.py/"]}, list(TREE)),
    "a pattern that is none is passed over": ({".gitignore": ["[z-a]", "!", "/a"]}, ["x.py", "b/x.py", "b/a/x.py"]),
    "comments and escapes": ({".gitignore": ["# a", "\\a"]}, ["x.py", "b/x.py"]),
    "the repository's own excludes come first": (
        {".git/info/exclude": ["a", "y.py"], ".gitignore": ["!/a"]},
        ["x.py", "a/x.py", "a/b/x.py", "b/x.py"],
    ),
}


@pytest.mark.parametrize("case", IGNORES)
def test_git_ignores(tmp_path: Path, case: str) -> None:
    ignores, want = IGNORES[case]
    make(tmp_path, ".git/", *TREE)
    for path, lines in ignores.items():
        write(tmp_path / path, *lines)
    assert listed(tmp_path) == sorted(want)


def test_ignores_of_the_folders_around_hold_up_to_the_top_of_the_work_tree(tmp_path: Path) -> None:
    make(tmp_path, "repo/.git/", "repo/backend/app/gen/a.py", "repo/backend/app/b.py", "repo/backend/c.py")
    write(tmp_path / ".gitignore", "b.py")
    write(tmp_path / "repo" / ".gitignore", "/backend/app/gen/")
    write(tmp_path / "repo" / "backend" / ".gitignore", "/c.py")
    assert listed(tmp_path / "repo" / "backend") == ["app/b.py"]
    assert left_out(tmp_path / "repo" / "backend") == {"app/gen": "ignored by git", "c.py": "ignored by git"}


def test_a_root_that_git_ignores_was_named_on_purpose(tmp_path: Path) -> None:
    make(tmp_path, ".git/", "out/demo/a.py", "out/demo/b.py")
    write(tmp_path / ".gitignore", "out/")
    write(tmp_path / "out" / "demo" / ".gitignore", "b.py")
    assert listed(tmp_path / "out" / "demo") == ["a.py"]


def test_a_second_work_tree_has_the_excludes_of_the_first(tmp_path: Path) -> None:
    make(tmp_path, "main/.git/worktrees/second/", "second/a.py", "second/b.py")
    write(tmp_path / "main/.git/info/exclude", "b.py")
    write(tmp_path / "main/.git/worktrees/second/commondir", "../..")
    write(tmp_path / "second/.git", f"gitdir: {tmp_path / 'main/.git/worktrees/second'}")
    assert listed(tmp_path / "second") == ["a.py"]


def test_a_link_loop_ends_and_no_file_is_listed_twice(tmp_path: Path) -> None:
    root = (
        make(tmp_path, "project/app/main.py", "project/app/extra.py", "outside/shared.py", "outside/sub/deep.py")
        / "project"
    )
    (root / "app" / "loop").symlink_to(root / "app", target_is_directory=True)
    (root / "up").symlink_to(tmp_path, target_is_directory=True)
    (root / "again.py").symlink_to(root / "app" / "main.py")
    (root / "first").symlink_to(tmp_path / "outside", target_is_directory=True)
    (root / "second").symlink_to(tmp_path / "outside", target_is_directory=True)
    (root / "shared.py").symlink_to(tmp_path / "outside" / "sub" / "deep.py")
    (tmp_path / "outside" / "back").symlink_to(tmp_path / "outside", target_is_directory=True)
    found = listed(root)
    assert len({(root / file).resolve() for file in found}) == len(found) == 4
    assert {"app/main.py", "app/extra.py"} < set(found)
    assert {"again.py", "app/loop", "up"} <= set(left_out(root))


def test_what_cannot_be_read_is_left_out_with_its_reason(tmp_path: Path) -> None:
    make(tmp_path, "good.py", "folder.py/inner.py")
    (tmp_path / "broken.py").symlink_to("nowhere.py")
    (tmp_path / "self.py").symlink_to("self.py")
    os.mkfifo(tmp_path / "pipe.py")
    os.mkfifo(tmp_path / ".gitignore")
    assert listed(tmp_path) == ["folder.py/inner.py", "good.py"]
    why = left_out(tmp_path)
    assert why.pop("self.py").startswith("a broken symbolic link: ")
    assert why == {
        "broken.py": "a broken symbolic link: No such file or directory",
        "pipe.py": "not a regular file",
    }


def test_a_folder_that_cannot_be_listed_is_named_and_the_others_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "closed/a.py", "open/b.py")
    scandir = os.scandir

    def refusing(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert listed(tmp_path) == ["open/b.py"]
    assert left_out(tmp_path) == {"closed": "cannot be listed: Permission denied"}


def test_a_root_that_is_not_there_is_an_empty_listing(tmp_path: Path) -> None:
    listing = files.python_files(tmp_path / "gone", ())
    assert listing.files == ()
    assert listing.left_out == ((tmp_path / "gone", "cannot be listed: No such file or directory"),)


def test_a_name_that_is_no_text_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, "é.py")
    (tmp_path / os.fsdecode(b"caf\xe9.py")).touch()
    listing = files.python_files(tmp_path, ())
    assert [file.name for file in listing.files] == ["é.py"]
    assert [why for _, why in listing.left_out] == ["its name is not text"]


TEXTS = {
    "line breaks are kept": (b"a = 1\r\nb = 2\rc = 3\n", "a = 1\r\nb = 2\rc = 3\n"),
    "a byte order mark is kept": (b"\xef\xbb\xbfa = 1\n", "\ufeffa = 1\n"),
    "a byte order mark with a declaration": (b"\xef\xbb\xbf# coding: utf-8\n", "\ufeff# coding: utf-8\n"),
    "a declared encoding": (b"# -*- coding: latin-1 -*-\ns = '\xe9'\n", "# -*- coding: latin-1 -*-\ns = 'é'\n"),
    "one declared in the second line": (b"#!python\n# coding=cp1252\n'\x80'", "#!python\n# coding=cp1252\n'€'"),
    "UTF-8": ("s = 'é𝄞\u2028'\f\n".encode(), "s = 'é𝄞\u2028'\f\n"),
    "nothing": (b"", ""),
    "NUL": (b"a\0b\n", "a\0b\n"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_read(tmp_path: Path, case: str) -> None:
    data, text = TEXTS[case]
    (tmp_path / "a.py").write_bytes(data)
    assert files.read(tmp_path / "a.py") == text


UNREADABLE = {
    "not UTF-8 in the first line": (b"s = '\xe9'\n", "is not valid UTF-8: byte 5 (0xe9), in line 1."),
    "not UTF-8 further down": (b"a\nb\nc\ns = '\xff'\n", "is not valid UTF-8: byte 11 (0xff), in line 4."),
    "cut off": (b"a\n'\xc3", "is not valid UTF-8: byte 3 (0xc3), in line 2."),
    "not what it declares": (b"# coding: ascii\n\n# \xc3\xa9\n", "is not valid ASCII: byte 19 (0xc3), in line 3."),
    "an unknown encoding": (
        b"# coding: klingon\n",
        "declares an encoding that Python does not know or that contradicts",
    ),
    "a mark and another encoding": (b"\xef\xbb\xbf# coding: latin-1\n", "that contradicts its byte order mark."),
    "no encoding of text": (b"# coding: rot13\n", "declares the encoding rot13, which is no encoding of text."),
    "UTF-16": ("a = 1\n".encode("utf-16"), "is UTF-16 or UTF-32 text, which Python does not read; save it as UTF-8."),
    "UTF-16 big endian": (b"\xfe\xff\0a", "is UTF-16 or UTF-32 text, which Python does not read; save it as UTF-8."),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_unreadable_says_the_file_and_why(tmp_path: Path, case: str) -> None:
    data, why = UNREADABLE[case]
    path = tmp_path / "a.py"
    path.write_bytes(data)
    with pytest.raises(files.Unreadable) as raised:
        files.read(path)
    assert str(raised.value).startswith(f"`{path}` ")
    assert why in str(raised.value)


def test_only_regular_files_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(files.Unreadable, match=r"`.*pipe\.py` is not a regular file\."):
        files.read(tmp_path / "pipe.py")
    with pytest.raises(files.Unreadable, match=r"`.*folder\.py` is not a file\."):
        files.read(tmp_path / "folder.py")
    with pytest.raises(files.Unreadable, match=r"`.*gone\.py` cannot be read: No such file or directory\."):
        files.read(tmp_path / "gone.py")

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    (tmp_path / "closed.py").touch()
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(files.Unreadable, match=r"`.*closed\.py` cannot be read: Permission denied\."):
        files.read(tmp_path / "closed.py")


@pytest.mark.parametrize("mark", files.ROOT_MARKS)
def test_the_root_is_the_nearest_folder_with_a_mark(tmp_path: Path, mark: str) -> None:
    make(tmp_path, ".git", f"mono/backend/{mark}", "mono/backend/app/main.py")
    root = tmp_path / "mono" / "backend"
    assert files.project_root(root / "app" / "main.py") == root
    assert files.project_root(root / "app") == root
    assert files.project_root(root) == root
    assert files.project_root(root / "app" / "not-yet.py") == root
    assert files.project_root(tmp_path / "mono") == tmp_path


def test_settings_are_those_of_apitfall_toml_first(tmp_path: Path) -> None:
    assert files.settings(tmp_path) is None
    write(tmp_path / "pyproject.toml", "[tool.apitfall]")
    assert files.settings(tmp_path) == ("pyproject.toml", "[tool.apitfall]\n")
    write(tmp_path / "apitfall.toml", "select = []")
    assert files.settings(tmp_path) == ("apitfall.toml", "select = []\n")
    (tmp_path / "apitfall.toml").write_bytes(b"\xff")
    with pytest.raises(files.Unreadable):
        files.settings(tmp_path)
