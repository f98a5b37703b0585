"""What was worked out before, kept on the disk below the user's cache folder under what it was worked out from.

An entry is named by a digest of all that it depends on, so it is never out of date: what depends on something else has
another name, and what nobody asks for any longer is removed in time. It begins with a digest of its own content, so that
one that was cut off or damaged is as good as none. It is written under a name of its own and then renamed: whoever reads
beside finds all of it or nothing, and of two who write the same the last one counts. What is kept are plain values in
marshal's format, or compressed ones, and never pickles: whoever can write into the user's folders can make us believe
something that is false, but an entry cannot make us run anything.

That a folder cannot be written to, or a disk is full, is said once in the log, and nothing is kept from then on.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import shutil
import sys
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import platformdirs

from apitfall.files import reason

log = logging.getLogger("apitfall")

SIZE = 512 * 2**20
"""How many bytes the entries may take together."""

SHARDS = 256  # folders, each with its share of the size, so that one alone is looked through to keep the bound
SHARE_WRITTEN = 1 / 8  # of a shard's size, after which it is looked through again by one who goes on to write to it
DIGEST = 16  # bytes
LARGE = 2**20  # bytes, from which an entry is compressed: half of what a shard may hold
PLAIN, COMPRESSED = b"p", b"c"  # the byte behind the digest
DAY = 24 * 3600.0  # how exact the time of the last use is known
TAG = "CACHEDIR.TAG"
TAG_TEXT = "Signature: 8a477f597d28d172789f06886806bc55\n# What apitfall worked out. It can be deleted at any time.\n"
MADE_BY = ("text.py", "syntax", "facts")
"""The modules of ours that make facts of a text."""


@dataclass(frozen=True)
class Info:
    """`size` is in bytes."""

    folder: Path
    entries: int
    size: int


def find(environ: Mapping[str, str]) -> Cache | None:
    """The cache that the environment's variables ask for; None if they ask for none."""
    if environ.get("APITFALL_NO_CACHE", "").lower() not in ("", "0", "false"):
        return None
    return Cache(folder(environ))


def folder(environ: Mapping[str, str]) -> Path:
    named = environ.get("APITFALL_CACHE_DIR")
    return Path(named).absolute() if named else platformdirs.user_cache_path("apitfall", appauthor=False)


def key_of(parts: Iterable[bytes | str]) -> str:
    """The name of what depends on these parts, in this order."""
    digest = hashlib.blake2b(digest_size=DIGEST)
    for part in parts:
        data = part.encode(errors="surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def facts_key(text: str) -> str:
    """The name of the facts of a text, as this version reads them."""
    return key_of((facts_version(), text))


@cache
def facts_version() -> str:
    """What facts depend on beside the text: the code that makes them, libcst, and Python's grammar."""
    here = Path(__file__).parent
    python = f"{sys.implementation.cache_tag}"
    return key_of(("facts", python, version("libcst"), *(digest_of_code(here / name) for name in MADE_BY)))


@cache
def digest_of_code(path: Path) -> str:
    """The content of a Python file, or of all that are in a folder."""
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return key_of(part for file in files for part in (file.relative_to(path).as_posix(), file.read_bytes()))


class Cache:
    """The entries in a folder, which is made when something is first put into it. `read` and `written` count entries."""

    def __init__(self, folder: Path, size: int = SIZE) -> None:
        self.folder = folder
        self.read = 0
        self.written = 0
        self._start = f"{folder.as_posix()}/"
        self._size = size // SHARDS
        self._is_writable = True
        self._seen: dict[str, int] = {}  # the bytes put into each shard since it was looked through

    def get(self, key: str) -> bytes | None:
        """What was put under a key; None if there is nothing, or nothing that is whole."""
        path = self._path(key)
        try:
            with path.open("rb", buffering=0) as file:
                data = file.read()
                used = os.fstat(file.fileno()).st_mtime
            if used < time.time() - DAY:
                os.utime(path)
        except OSError:
            return None
        if data[:DIGEST] != digest_of(memoryview(data)[DIGEST:]):
            return None
        self.read += 1
        content = data[DIGEST + 1 :]
        return zlib.decompress(content) if data.startswith(COMPRESSED, DIGEST) else content

    def put(self, key: str, content: bytes) -> None:
        """Keep something; what is larger than its share of the size is not kept."""
        content = COMPRESSED + zlib.compress(content, 1) if len(content) >= LARGE else PLAIN + content
        size = DIGEST + len(content)
        if not self._is_writable or size > self._size:
            return
        path = self._path(key)
        made = path.with_name(f"new-{os.getpid()}-{secrets.token_hex(8)}")
        try:
            self._make(path.parent)
            try:
                made.write_bytes(digest_of(content) + content)
                made.replace(path)
            except OSError:
                with contextlib.suppress(OSError):
                    made.unlink()
                raise
            self._bound(path.parent, size)
        except PermissionError:
            # On Windows a file that somebody reads cannot be replaced; it holds the same.
            if not path.exists():
                self._give_up("it cannot be written to")
        except OSError as error:
            self._give_up(reason(error))
        else:
            self.written += 1

    def _give_up(self, why: str) -> None:
        self._is_writable = False
        log.warning("Nothing is kept in the cache `%s`: %s.", self.folder, why)

    def _path(self, key: str) -> Path:
        return Path(f"{self._start}{key[:2]}/{key[2:]}")

    def _make(self, shard: Path) -> None:
        if shard.name not in self._seen:
            shard.mkdir(mode=0o700, parents=True, exist_ok=True)
            tag = self.folder / TAG
            if not tag.exists():
                tag.write_text(TAG_TEXT, encoding="utf-8")

    def _bound(self, shard: Path, size: int) -> None:
        """Remove what was not used for the longest time, where a shard is larger than its share."""
        written = self._seen.get(shard.name)
        if written is not None and written + size < self._size * SHARE_WRITTEN:
            self._seen[shard.name] = written + size
            return
        self._seen[shard.name] = 0
        found = sorted(entries(shard), reverse=True)
        total = 0
        for _, bytes_, path in found:
            total += bytes_
            if total > self._size:
                with contextlib.suppress(OSError):
                    path.unlink()

    def info(self) -> Info:
        sizes = [size for shard in self._shards() for _, size, _ in entries(shard)]
        return Info(self.folder, len(sizes), sum(sizes))

    def clear(self) -> None:
        """Remove all entries, and nothing else that is in the folder; OSError where that cannot be done."""
        for shard in self._shards():
            shutil.rmtree(shard)
        with contextlib.suppress(FileNotFoundError):
            (self.folder / TAG).unlink()
        self._seen.clear()

    def _shards(self) -> list[Path]:
        return [path for number in range(SHARDS) if (path := self.folder / f"{number:02x}").is_dir()]


def digest_of(content: bytes | memoryview) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGEST).digest()


def entries(shard: Path) -> Iterator[tuple[float, int, Path]]:
    """The time of the last use, the size and the path of all in a shard, those being written among them."""
    with contextlib.suppress(OSError), os.scandir(shard) as found:
        for entry in found:
            with contextlib.suppress(OSError):
                stat = entry.stat()
                yield stat.st_mtime, stat.st_size, Path(entry.path)
