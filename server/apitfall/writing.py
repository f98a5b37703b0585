"""Writes new texts of Python files: each file at once or not at all, and all of them or none.

A new text is written to a temporary file in the folder of the old one, which it then replaces. Owner, mode and other
attributes are kept; a symbolic link stays one, and its target is replaced. Of a file with several hard links, the one
that was named gets the new text and the others keep the old one.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from apitfall import files
from apitfall.files import Unreadable, reason


class Unwritable(Exception):
    """A file that cannot have its new text; the message is a sentence that names it and says why."""


@dataclass(frozen=True)
class Change:
    """A new text for a file. `before` is the text it is taken to have, None for a file that is to be made."""

    path: Path
    before: str | None
    after: str


def drafts(changes: Iterable[Change]) -> tuple[list[Draft], dict[Path, str]]:
    """The changes as they can be written, as far as that is seen without writing, and why the others cannot."""
    made: dict[Path, Draft] = {}
    problems: dict[Path, str] = {}
    for change in changes:
        try:
            draft = Draft(change)
        except Unwritable as error:
            problems[change.path] = str(error)
            continue
        other = made.setdefault(draft.target, draft)
        if other.data != draft.data:
            problems[change.path] = f"`{change.path}` is the same file as `{other.path}`, whose new text differs."
    return list(made.values()), problems


def write(drafts: Sequence[Draft]) -> dict[Path, str]:
    """Write all of the drafts, or none: then the answer says of the files that prevent it why."""
    problems: dict[Path, str] = {}
    try:
        for step in (Draft.stage, Draft.check_unchanged):
            for draft in drafts:
                try:
                    step(draft)
                except Unwritable as error:
                    problems.setdefault(draft.path, str(error))
        return problems or replace(drafts)
    finally:
        for draft in drafts:
            draft.discard()


def replace(drafts: Sequence[Draft]) -> dict[Path, str]:
    """Put the staged drafts in their places; where one cannot be, put back what was there."""
    problems: dict[Path, str] = {}
    for number, draft in enumerate(drafts):
        try:
            draft.replace()
        except Unwritable as error:
            problems[draft.path] = str(error)
            for written in drafts[:number]:
                try:
                    written.put_back()
                except Unwritable as error:
                    problems[written.path] = f"{error} It has its new text already."
            break
    return problems


class Draft:
    """The new content of a file, on its way to the disk. Every step raises Unwritable where it fails."""

    def __init__(self, change: Change) -> None:
        self.path = change.path
        self.target = Path(os.path.realpath(change.path))
        self.old: bytes | None = None
        self.data = change.after.encode()
        self.staged: Path | None = None
        if change.before is None:
            self.check_unchanged()
        else:
            self.old = self.content()
            self.data = recoded(self.old, change, f"`{self.path}`")
            # Who may write any file is still told by its mode that this one is not to be written.
            if not os.access(self.target, os.W_OK) or not self.target.stat().st_mode & 0o222:
                raise Unwritable(f"`{self.path}` is read-only.")
        if not os.access(self.target.parent, os.W_OK | os.X_OK):
            raise Unwritable(f"`{self.path}` cannot be written: nothing can be written in its folder.")

    def content(self) -> bytes:
        try:
            return files.read_bytes(self.target)
        except Unreadable as error:
            raise Unwritable(str(error)) from error

    def check_unchanged(self) -> None:
        if self.old is None and os.path.lexists(self.path):
            raise Unwritable(f"`{self.path}` cannot be made: there is such a file already.")
        if self.old is not None and self.content() != self.old:
            raise Unwritable(f"`{self.path}` has changed since it was read.")

    def stage(self) -> None:
        """Write the new content to a temporary file."""
        self._stage(self.data)

    def _stage(self, data: bytes) -> None:
        staged = self.target.with_name(f".apitfall-{secrets.token_hex(8)}")
        is_new = self.old is None
        try:
            # What is in a file that others may not read is not shown to them on the way.
            opener = partial(os.open, mode=0o666 if is_new else 0o600)
            with open(staged, "xb", opener=opener) as file:
                self.staged = staged
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if not is_new:
                self._keep_attributes(staged)
        except OSError as error:
            raise Unwritable(f"`{self.path}` cannot be written: {reason(error)}.") from error

    def _keep_attributes(self, staged: Path) -> None:
        if sys.platform != "win32":
            was, now = self.target.stat(), staged.stat()
            if (was.st_uid, was.st_gid) != (now.st_uid, now.st_gid):
                try:
                    os.chown(staged, was.st_uid, was.st_gid)
                except OSError as error:
                    raise Unwritable(f"`{self.path}` cannot be written: its owner would change.") from error
        shutil.copystat(self.target, staged)
        os.utime(staged)

    def replace(self) -> None:
        """Let the temporary file take its place."""
        assert self.staged is not None
        try:
            self.staged.replace(self.target)
        except OSError as error:
            raise Unwritable(f"`{self.path}` cannot be written: {reason(error)}.") from error
        self.staged = None

    def put_back(self) -> None:
        """Take the replacement back."""
        if self.old is not None:
            self._stage(self.old)
            self.replace()
            return
        try:
            self.target.unlink()
        except OSError as error:
            raise Unwritable(f"`{self.path}` cannot be removed: {reason(error)}.") from error

    def discard(self) -> None:
        """Remove the temporary file, if it is still there."""
        if self.staged is not None:
            self.staged.unlink(missing_ok=True)


def recoded(old: bytes, change: Change, where: str) -> bytes:
    """The new text in the encoding of the old bytes, which must be those of the text before."""
    try:
        text, encoding = files.decode(old, where)
    except Unreadable as error:
        raise Unwritable(str(error)) from error
    if text != change.before:
        raise Unwritable(f"{where} has changed since it was read.")
    name = encoding.upper()
    if text.encode(encoding) != old:
        raise Unwritable(f"{where} is {name} in a form that cannot be written as it was.")
    try:
        data = change.after.encode(encoding)
    except UnicodeEncodeError as error:
        raise Unwritable(f"{where} is {name}, which has no `{error.object[error.start]}` for its new text.") from error
    try:
        is_declared = files.decode(data, where) == (change.after, encoding)
    except Unreadable:
        is_declared = False
    if not is_declared:
        raise Unwritable(f"{where} would no longer say that it is {name}.")
    return data
