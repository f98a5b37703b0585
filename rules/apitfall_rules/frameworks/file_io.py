"""Calls that read or write files.

The functions are those that blockbuster and aiocop catch at run time and that ruff and Sonar know. `os.getcwd`,
`os.path.join` and their like ask the disk for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from apitfall.rule import Type, Value, callable_

from apitfall_rules.frameworks.calls import libraries_of
from apitfall_rules.frameworks.clients import COMMON
from apitfall_rules.frameworks.in_memory import BUFFER, is_made_by_system
from apitfall_rules.frameworks.types import SELF, alias, attributes, cls, managed, methods

# One file: on a local disk a fraction of a millisecond, on one of the network any time.
SMALL = frozenset(
    """
    builtins.open io.open codecs.open pathlib.Path.open io.open_code os.open gzip.open bz2.open lzma.open
    tarfile.open zipfile.ZipFile os.listdir os.scandir os.truncate
    tempfile.NamedTemporaryFile tempfile.TemporaryFile tempfile.TemporaryDirectory tempfile.mkdtemp tempfile.mkstemp
    pathlib.Path.read_text pathlib.Path.read_bytes pathlib.Path.write_text pathlib.Path.write_bytes
    pathlib.Path.iterdir.__iter__ zipfile.ZipFile.open zipfile.ZipFile.read
    """.split()
)
# One entry of a folder, and none of the data.
ENTRIES = frozenset(
    """
    os.mkdir os.makedirs os.rmdir os.removedirs os.remove os.unlink os.rename os.renames os.replace os.link os.symlink
    pathlib.Path.touch pathlib.Path.mkdir pathlib.Path.rmdir pathlib.Path.unlink pathlib.Path.rename
    pathlib.Path.replace pathlib.Path.symlink_to pathlib.Path.hardlink_to
    """.split()
)
# As long as there is data: whole files, trees and archives, or until the disk itself says that it has them.
LARGE = frozenset(
    """
    os.fsync os.walk.__iter__ os.fwalk.__iter__ pathlib.Path.rglob.__iter__ pathlib.Path.glob.__iter__ glob.glob
    shutil.copyfileobj shutil.copyfile shutil.copy shutil.copy2 shutil.copytree shutil.rmtree shutil.move
    shutil.make_archive shutil.unpack_archive
    zipfile.ZipFile.extract zipfile.ZipFile.extractall zipfile.ZipFile.write
    tarfile.TarFile.add tarfile.TarFile.extract tarfile.TarFile.extractall
    """.split()
)
# What asks for no more than whether something is there, and when it was changed: the cheapest of all.
STATS = frozenset(
    """
    os.stat os.lstat os.access os.statvfs os.readlink os.path.exists os.path.lexists os.path.isfile os.path.isdir
    os.path.islink os.path.ismount os.path.getsize os.path.getmtime os.path.getatime os.path.getctime os.path.samefile
    os.path.realpath
    pathlib.Path.exists pathlib.Path.is_file pathlib.Path.is_dir pathlib.Path.is_symlink pathlib.Path.is_mount
    pathlib.Path.stat pathlib.Path.lstat pathlib.Path.samefile pathlib.Path.resolve pathlib.Path.readlink
    pathlib.Path.owner pathlib.Path.group
    """.split()
)

# Those that give a file, an archive or a walk, with which more is done afterwards.
OPENING = frozenset(
    """
    builtins.open io.open codecs.open pathlib.Path.open io.open_code os.open gzip.open bz2.open lzma.open
    tarfile.open zipfile.ZipFile zipfile.ZipFile.open os.scandir
    tempfile.NamedTemporaryFile tempfile.TemporaryFile tempfile.TemporaryDirectory
    """.split()
)
IN_ONE = frozenset(name for name in SMALL | LARGE | ENTRIES | STATS if not name.endswith(".__iter__")) - OPENING

NAMES = frozenset(name.removesuffix(".__iter__").rpartition(".")[2] for name in SMALL | LARGE) - (COMMON - {"open"})
ENTRY_NAMES = frozenset(name.rpartition(".")[2] for name in ENTRIES | STATS) - COMMON
LIBRARIES, ENTRY_LIBRARIES = libraries_of(SMALL | LARGE), libraries_of(ENTRIES | STATS)


def file_call(symbol: str, call: Value) -> str | None:
    """The function as it is shown, if calling it reads or writes a file."""
    if symbol in SMALL:
        return None if is_made_by_system(symbol, call) else shown_as(symbol)
    return shown_as(symbol) if symbol in LARGE else None


def entry_call(symbol: str, _: Value) -> str | None:
    """The function as it is shown, if calling it asks the disk about an entry of a folder, or changes one."""
    return shown_as(symbol) if symbol in ENTRIES or symbol in STATS else None


def shown_as(symbol: str) -> str:
    return symbol.removeprefix("builtins.").removeprefix("pathlib.").removesuffix(".__iter__")


LARGE_SHOWN = frozenset(map(shown_as, LARGE))
ENTRIES_SHOWN = frozenset(map(shown_as, ENTRIES))


def file_types() -> Iterator[tuple[str, Type]]:
    """The types of the standard library's paths and archives."""
    path = "pathlib.Path"
    yield from cls(path)
    yield from alias(
        path, "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib._local.Path", "pathlib._local.PosixPath"
    )
    yield from methods(
        path,
        SELF,
        """
        absolute cwd expanduser home joinpath relative_to rename replace resolve with_name with_stem with_suffix
        __truediv__
        """,
    )
    yield from attributes(path, parent=SELF, name=Type("str"), stem=Type("str"), suffix=Type("str"))
    yield from methods(path, Type("str"), "read_text as_posix")
    yield from methods(path, Type("bytes"), "read_bytes")
    yield from methods(path, Type("bool"), "exists is_file is_dir is_symlink is_absolute")
    for archive in ("zipfile.ZipFile", "tarfile.TarFile"):
        yield from cls(archive)
        yield from managed(archive)
    yield "tarfile.open", callable_(Type("tarfile.TarFile"))
    yield from cls(BUFFER.name)
    yield from managed(BUFFER.name)
