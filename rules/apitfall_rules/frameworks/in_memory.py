"""Files that are none of the disk: archives over bytes of this process, and what the system itself tells as a file."""

from __future__ import annotations

from apitfall.rule import Place, ProjectIndex, Scope, Type, Value

# What opens a file that it is given: which argument that is, by position and name.
OPENED = {
    "zipfile.ZipFile": (0, "file"),
    "tarfile.open": (2, "fileobj"),
    "gzip.open": (0, "filename"),
    "bz2.open": (0, "filename"),
    "lzma.open": (0, "filename"),
}
# What reads from an archive and writes nothing elsewhere.
READ = frozenset(("zipfile.ZipFile.open", "zipfile.ZipFile.read"))
OF_FILES = OPENED.keys() | READ
BUFFER = Type("io.BytesIO")
# Files that Linux makes when they are read.
OF_SYSTEM = ("/proc/", "/sys/")


def lies_in_memory(symbol: str, call: Value, scope: Scope, place: Place | None, project: ProjectIndex) -> bool:
    """Whether what a call opens, or reads from, is a buffer in memory."""
    if symbol in OPENED:
        return is_over_buffer(symbol, call, scope, place, project)
    archive = call.of.of if symbol in READ and call.of is not None else None
    if archive is None:
        return False
    made = project.reaching(archive, scope, place) if archive.kind == "name" else (archive,)
    return bool(made) and all(is_archive_over_buffer(one, scope, project) for one in made)


def is_archive_over_buffer(value: Value, scope: Scope, project: ProjectIndex) -> bool:
    made = value.of if value.kind == "enter" else value
    if made is None or made.kind != "call" or made.of is None:
        return False
    symbol = project.symbol(made.of, scope)
    return symbol == "zipfile.ZipFile" and is_over_buffer(symbol, made, scope, None, project)


def is_over_buffer(symbol: str, call: Value, scope: Scope, place: Place | None, project: ProjectIndex) -> bool:
    file = call.argument(*OPENED[symbol])
    return file is not None and project.type_of(file, scope, place) == BUFFER


def is_made_by_system(symbol: str, call: Value) -> bool:
    """Whether the path of a file that a call opens or reads is written out, and leads to what is on no disk."""
    of_path = symbol.startswith("pathlib.Path.")
    made = call.of.of if of_path and call.of is not None else call
    path = made.argument(0) if made is not None and made.kind == "call" else None
    return path is not None and path.kind == "constant" and path.text.lstrip("rR").strip("\"'").startswith(OF_SYSTEM)
