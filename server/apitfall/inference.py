"""What jedi knows of an expression's type; the only part that knows jedi.

jedi looks at the project from our own process. It starts no interpreter and imports nothing: an `Environment` of jedi
would start the one of the workspace, and the process that stands in for it would import compiled modules to look into
them, so both are replaced here. What remains reads files.

Three limits of jedi hold for every answer. Where a value can be several things, of which jedi cannot follow some, the
others are given. A function without annotations is followed through its body. Other files are read as they are on disk.
"""

# jedi and parso say little of their types.
# pyright: reportMissingTypeStubs=false, reportPrivateUsage=false, reportPrivateImportUsage=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import importlib
import logging
import os
import re
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable, Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import jedi
import parso
import parso.cache
from jedi.api.classes import Name
from jedi.api.environment import InterpreterEnvironment
from jedi.api.helpers import higher_recursion_limit, infer  # pyright: ignore[reportAttributeAccessIssue]
from jedi.inference import InferenceState
from jedi.inference.compiled.subprocess import InferenceStateSameProcess, functions
from jedi.inference.imports import ModuleCache
from jedi.inference.recursion import ExecutionRecursionDetector, RecursionDetector
from jedi.inference.sys_path import transform_path_to_dotted

from apitfall.reparse import Parsed, parsed
from apitfall.text import Lines
from apitfall.types import ANY, COROUTINE, NONE, Type, callable_, coroutine, union

JEDI: Any = functions
"""What jedi does in the process that it starts elsewhere."""

LOG = logging.getLogger("apitfall")
BOM = "\ufeff"
SURROGATE = re.compile("[\ud800-\udfff]")
DEPTH = 6
"""How deep the arguments of types are followed; a function that returns itself has no end."""

STUBS = "3.13"
"""The Python whose grammar jedi reads stubs with, whatever ours is."""

MOST_TEXT = 10_000_000
"""The characters of a text that are read, as by jedi itself."""

MOST_TEXTS = 150
"""For how many texts a state serves: what it holds of each stays with it, some 0.3 MB."""

MOST_LOOKS = 300
"""How often jedi looks at a part of a text, at most; of its builtins it is more, which makes no difference here."""

MOST_PARSED = 40_000
"""The lines of the texts that are kept as they were parsed, 1 MB for a thousand; the newest is kept in any case."""

STDLIB = sysconfig.get_path("stdlib")
"""The standard library's sources, of this interpreter; what jedi's own stubs say of it comes first."""

COROUTINES = ("types.CoroutineType", "typing.Coroutine", "collections.abc.Coroutine")
CALLABLES = ("typing.Callable", "collections.abc.Callable")
ALIASES = {"typing.Tuple": "builtins.tuple"}
NONES = ("builtins.NoneType", "types.NoneType")

# The types of parameters without annotation are looked for in calls in the same file, not in the files of the project.
jedi.settings.dynamic_params_for_other_modules = False


def set_as_used(hashed_grammar: str, path: Path | None, item: Any, set_item: Any = parso.cache._set_cache_item) -> None:
    """Of 600 parsed files parso throws away those that nobody took up for ten minutes. It takes one that is new for one
    that was taken up when it was written to the disk, and so throws away what jedi is using."""
    item.last_used = time.time()
    set_item(hashed_grammar, path, item)


parso.cache._set_cache_item = set_as_used


class NothingImported(InferenceStateSameProcess):
    """Stands in for the process in which jedi finds modules and imports compiled ones.

    Modules are found by their files alone. jedi would ask each finder of this interpreter, with the project's path put
    in place of our own; that of setuptools imports from that path. Of compiled modules those built into the interpreter
    are given: any other would be run by being imported. For it stubs and sources are what is known.
    """

    def get_module_info(
        self,
        string: str,
        sys_path: Sequence[str] | None = None,
        full_name: str = "",
        path: Sequence[str] | None = None,
        is_global_search: bool = True,
    ) -> tuple[Any, bool | None]:
        """A module's file, or the folders of a namespace package, or None for a compiled one; and if it is a package."""
        if string in sys.builtin_module_names and is_global_search:
            return None, False
        spec = PathFinder.find_spec(string, path if sys_path is None else sys_path)
        if spec is None:
            return None, None
        if spec.loader is None:
            folders: Any = spec.submodule_search_locations
            # To ask for its items would look them up again, on our own path.
            return JEDI.ImplicitNSInfo(full_name if path else string, folders._path), True
        try:
            return JEDI._from_loader(spec.loader, string)
        except ImportError:
            return None, None

    def load_module(self, dotted_name: str, sys_path: list[str]) -> Any:
        if dotted_name not in sys.builtin_module_names:
            return None
        state: Any = self._inference_state_weakref()
        return JEDI.load_module(state, dotted_name=dotted_name, sys_path=[])


class OwnInterpreter(InterpreterEnvironment):
    def get_inference_state_subprocess(self, inference_state: Any) -> NothingImported:
        return NothingImported(inference_state)


class Modules(ModuleCache):
    """The modules that are known in a state. `own` is the one that is asked about, as other modules would import it."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state
        self.own: tuple[str, ...] | None = None

    def get(self, string_names: tuple[str, ...]) -> Any:
        if self.own is not None and string_names == self.own:
            self.state.is_spent = True
        return super().get(string_names)


class Counts(dict[Any, int]):
    """How often parts of texts were looked at; behind the last of these times jedi gives up."""

    def __init__(self, state: State) -> None:
        self.state = state

    def __setitem__(self, node: Any, count: int) -> None:
        if count > MOST_LOOKS:
            self.state.gives_up(node)
        super().__setitem__(node, count)


class Pushed(list[Any]):
    """The statements that are being worked out."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state

    def __contains__(self, node: object) -> bool:
        found = super().__contains__(node)
        if found:
            self.state.gives_up(node)
        return found


class Executions(ExecutionRecursionDetector):
    def push_execution(self, execution: Any) -> bool:
        is_too_much = super().push_execution(execution)
        if is_too_much:
            self._inference_state.gives_up(execution.tree_node)
        return is_too_much


class State(InferenceState):
    """What jedi has found out, most of it about libraries, so that it need not do so again for each text.

    `is_spent`: something in it may be another in a state of its own, and it is not to be used for another text. That is
    what another module took from the text, or what jedi gave up in another module, because it went round in a circle or
    for too long: it keeps what it has until then, which is less than it finds by another way.
    """

    def __init__(self, project: Any, environment: Any) -> None:
        self.is_spent = False
        self.texts = 0
        self.module: Any = None
        super().__init__(project, environment=environment)
        self.module_cache = Modules(self)

    def reset_recursion_limitations(self) -> None:
        self.recursion_detector = RecursionDetector()
        self.recursion_detector.pushed_nodes = Pushed(self)
        self.execution_recursion_detector = Executions(self)

    def gives_up(self, node: Any) -> None:
        """What a node gives is not found out. What the text asked about says is found out anew for another text."""
        self.is_spent = self.is_spent or node.get_root_node() is not self.module

    def begin(self, path: Path | None) -> bool:
        """Begin with another text of a file. Returns whether it can be done: not if others have imported the file."""
        modules, own = self.module_cache, None
        if path is not None:
            own, _ = transform_path_to_dotted(self.get_sys_path(add_parent_paths=False), path)
        if modules.own is not None:
            modules._name_cache.pop(modules.own, None)
        self.texts += 1
        self.script_path = path
        self.inferred_element_counts = Counts(self)
        modules.own = None
        if self.is_spent or self.texts > MOST_TEXTS or own in modules._name_cache:
            return False
        modules.own = own
        return True


class JediOracle:
    """A `TypeOracle` that asks jedi, for the files of one project. Not to be used from two threads at once.

    `site_packages` are those of the project's environment; `roots` the folders that the project's own modules are
    imported from, where these are others than its root. `rename` is given each dotted name of a class that is not a
    builtin (``sqlalchemy.orm.session.Session``, ``app.models.User``) and gives the name that answers hold.

    The files asked about last are kept parsed, and what was found out about others is kept. Call `forget` when other
    files changed on disk, or their old content goes on to be believed.
    """

    def __init__(
        self,
        root: str,
        site_packages: Sequence[str],
        roots: Sequence[str] = (),
        rename: Callable[[str], str] = str,
    ) -> None:
        # jedi compares by the first characters: without the separator at its end /app would be a root of /app-old/a.py.
        paths = dict.fromkeys(os.path.join(path, "") for path in (*roots, root, *site_packages, STDLIB))  # noqa: PTH118
        self.project: Any = jedi.Project(root, sys_path=list(paths), smart_sys_path=False, load_unsafe_extensions=False)
        self.environment = OwnInterpreter()
        self.rename = rename
        self.kept: tuple[str, str, Source | None] | None = None
        self.state: State | None = None
        self.parsed: dict[str, Parsed] = {}
        self.failed: set[str] = set()

    def type_of(self, path: str, text: str, offset: int) -> Type | None:
        """The type of the name, attribute, call, subscript or bracketed expression that ends at `offset`.

        Of ``await f(x)`` and of ``a + f(x)`` that is ``f(x)``: where an expression begins is not looked at.
        """
        try:
            try:
                return self.ask(path, text, offset)
            except KeyError:
                # Files of which jedi still knows the modules are thrown away when they were not taken up for long.
                self.kept = self.state = None
                return self.ask(path, text, offset)
        except Exception as error:  # jedi raises whatever its code happens to meet: RecursionError, AttributeError.
            self.state = None  # what it was about to find out is kept as nothing
            if path not in self.failed:
                self.failed.add(path)
                LOG.warning("%s: jedi could not tell a type: %s: %s", path, type(error).__name__, error)
            return None

    def forget(self) -> None:
        """Read the other files again that the file asked about last depends on."""
        self.kept = self.state = None
        importlib.invalidate_caches()

    def ask(self, path: str, text: str, offset: int) -> Type | None:
        source = self.source(path, text)
        return source.type_at(offset) if source else None

    def source(self, path: str, text: str) -> Source | None:
        """The parsed file; None where it is not to be parsed, or an earlier question found that it cannot be."""
        if self.kept is None or self.kept[:2] != (path, text):
            self.kept = (path, text, None)
            # jedi takes a byte order mark out of the first line, and cannot take a lone surrogate.
            shift = len(BOM) if text.startswith(BOM) else 0
            clean = text[shift : shift + MOST_TEXT]
            if not clean.isascii():
                clean = SURROGATE.sub("?", clean)
            # A text that has no file, as an editor's `untitled:1`, has no module to import relatively from.
            file = Path(path) if os.path.isabs(path) else None  # noqa: PTH117
            is_stub = file is not None and file.suffix == ".pyi"
            grammar = parso.load_grammar(version=STUBS) if is_stub else self.environment.get_grammar()
            tree = parsed(grammar, file, clean, self.parsed.pop(path, None))
            if tree is not None:
                self.parsed[path] = tree
                while len(self.parsed) > 1 and sum(len(p.lines) for p in self.parsed.values()) > MOST_PARSED:
                    del self.parsed[next(iter(self.parsed))]
                self.kept = (path, text, Source(clean, shift, file, tree, self.state_for(file), self.rename))
        return self.kept[2]

    def state_for(self, file: Path | None) -> State:
        """The state that a new text is asked about in."""
        if self.state is None or not self.state.begin(file):
            self.state = State(self.project, self.environment)
            self.state.begin(file)
        return self.state


class Source:
    """One text of one file, parsed."""

    def __init__(
        self, text: str, shift: int, file: Path | None, tree: Parsed, state: State, rename: Callable[[str], str]
    ) -> None:
        self.text = text
        self.shift = shift
        self.rename = rename
        # What `jedi.Script` does to begin with is to parse the text, and to make a state.
        self.script: Any = jedi.Script.__new__(jedi.Script)
        self.script.path = file
        self.script._inference_state = state
        state.module = tree.module
        self.script._module_node = tree.module
        self.script._code, self.script._code_lines = text, tree.lines

    def type_at(self, offset: int) -> Type | None:
        """Of a name jedi is asked what it holds; of a closing bracket, what the call, subscript or brackets give.

        jedi's own `Script.infer` does the same, but takes two answers of one class with other type arguments for one.
        """
        end = self.position(offset - self.shift)
        leaf = self.script._module_node.get_leaf_for_position(end)
        if leaf is None or leaf.end_pos != end:
            return None
        state = self.script._inference_state
        state.reset_recursion_limitations()
        with higher_recursion_limit():
            context = self.script._get_module_context().create_context(leaf)
            return self.type_of_all(infer(state, context, leaf), DEPTH)

    def position(self, offset: int) -> tuple[int, int]:
        """The line, counted from 1, and the column of an offset."""
        text = self.text
        if "\r" in text:
            line, column = Lines(text).position(offset)
            return line + 1, column
        return 1 + text.count("\n", 0, offset), offset - 1 - text.rfind("\n", 0, offset)

    def type_of_all(self, values: Iterable[Any], depth: int) -> Type | None:
        """One type for what a value can be; what is not known among it is ANY."""
        if not depth:
            return None
        found = [self.type_of_one(value, depth) for value in values]
        known = sorted((t for t in found if t is not None), key=str)
        return union([*known, ANY] if known and len(known) < len(found) else known)

    def type_of_one(self, value: Any, depth: int) -> Type | None:
        if value.is_module() or value.is_namespace():
            return None
        if value.is_class():
            found = self.type_of_instances(value, depth)
            return found and Type("type", (found,))
        if value.is_function() or value.is_bound_method():
            result = self.type_of_all(results(value), depth - 1)
            return result and callable_(result)
        return self.type_of_instances(value.py__class__(), depth)

    def type_of_instances(self, cls: Any, depth: int) -> Type | None:
        """The type of a class's instances, with the type arguments that the class was given."""
        name = Name(self.script._inference_state, cls.name).full_name
        if name is None:
            return None
        if name in NONES:
            return NONE
        args = [self.type_of_all(arg.execute_annotation(None), depth - 1) for arg in generics(cls)]
        if name in COROUTINES:
            return coroutine(args[2]) if len(args) == 3 and args[2] else Type(COROUTINE)
        if name in CALLABLES:
            return callable_(args[-1]) if args and args[-1] else None
        name = ALIASES.get(name, name)
        builtin = name.removeprefix("builtins.")
        shown = self.rename(name) if builtin == name else builtin
        return Type(shown, tuple(arg or ANY for arg in args) if any(args) else ())


def results(function: Any) -> Iterable[Any]:
    """What a call gives; of an overloaded function, what a call of any overload gives."""
    overloads = getattr(function, "get_signature_functions", None)
    for each in overloads() if overloads else [function]:
        yield from each.execute_with_values()


def generics(cls: Any) -> Sequence[Any]:
    found = getattr(cls, "get_generics", None)
    return found() if found else ()
