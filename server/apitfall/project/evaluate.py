"""What a chain of names and calls stands for, and what type it has, from facts and tables. Unknown is None.

One thing in one file: names, attributes, calls and annotations are evaluated by each other in turn.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from apitfall.facts import FunctionFacts, Place, Step, Value
from apitfall.project.answers import Answer, Part
from apitfall.project.decorators import CONTEXT_MANAGERS, Decorators, around_of
from apitfall.project.flow import Assignments, reaching
from apitfall.project.scope import Scope
from apitfall.types import ANY, CALLABLE, CLASS, COROUTINE, NONE, Type, callable_, coroutine, union

if TYPE_CHECKING:
    from apitfall.project.index import ProjectIndex

T = TypeVar("T")
MOST = 50_000  # answers that are kept
DEPTH = 120  # how far a value is followed, in questions that lead to each other
BUILTINS = frozenset(dir(builtins))
BUILTIN_CLASSES = frozenset(n for n in BUILTINS if isinstance(getattr(builtins, n), type))
RESULTS = {
    name: Type(result)
    for result, names in {
        "int": "len hash id ord sum round",
        "str": "repr chr format ascii input hex oct bin",
        "bool": "isinstance issubclass callable hasattr any all",
        "list": "sorted dir",
        "None": "print setattr delattr",
    }.items()
    for name in names.split()
}
COLLECTIONS = {
    "typing.List": "list", "typing.Dict": "dict", "typing.Set": "set", "typing.Tuple": "tuple",
    "typing.FrozenSet": "frozenset", "typing.Type": CLASS, "builtins.type": CLASS,
}  # fmt: skip
AWAITABLE = {"typing.Coroutine", "typing.Awaitable", "collections.abc.Coroutine", "collections.abc.Awaitable"}
CALLABLES = {"typing.Callable", "collections.abc.Callable"}
ITERATORS = {
    f"{module}.{name}"
    for module in ("typing", "collections.abc")
    for name in ("Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator", "Sequence")
}
FUNCTION = "types.FunctionType"  # with the function's symbol as its argument


@dataclass(slots=True)
class Known:
    """An answer with the parts that it was made of, and the revision at which it was last known to be right."""

    value: Any
    made_of: tuple[Part, ...]
    checked: int


class Evaluator:
    def __init__(self, project: ProjectIndex) -> None:
        self.project = project
        self.answers = project.answers
        self.known: dict[Hashable, Known] = {}
        self.guesses: dict[Hashable, Known] = {}  # answers that met a cycle or the bound, kept for this question only
        self.flows: dict[Scope, Assignments] = {}
        self.unknown: dict[Hashable, bool] = {}  # which roots are known for nothing, if nothing changes any more
        self.open: set[Hashable] = set()
        self.cuts = 0
        self.decorators = Decorators(project, self.symbol)

    def once(self, key: Hashable, ask: Callable[[], T | None]) -> T | None:
        """The answer to a question, worked out once; None around a cycle, and past the depth that is followed."""
        known, answers = self.known.get(key), self.answers
        if known is None or (known.checked != answers.revision and not self.is_right(known)):
            known = self.guesses.get(key) if self.guesses else None
        if known is None:
            before, depth = self.cuts, len(self.open)
            self.open.add(key)  # a key is hashed anew for each look-up
            if depth == len(self.open) or depth >= DEPTH:
                if depth < len(self.open):
                    self.open.discard(key)
                self.cuts += 1
                return None
            try:
                found, read = answers.watched(ask, inside=True)
            finally:
                self.open.discard(key)
            known = Known(found, tuple(read), answers.revision)
            if self.cuts == before and len(self.known) >= MOST:
                self.known.clear()
                self.flows.clear()
            (self.known if self.cuts == before else self.guesses)[key] = known
            if not self.open and self.guesses:
                self.guesses.clear()
        answers.note(known.made_of)
        return known.value

    def is_open(self, key: Hashable) -> bool:
        """Whether the answer to a question is being worked out."""
        return key in self.open

    def is_right(self, known: Known) -> bool:
        """Whether nothing is another of what an answer was made of."""
        for part in known.made_of:
            if isinstance(part, Answer) and part.stale:
                if part.checked < 0:
                    return False  # it was forgotten
                self.answers.freshen(part)
            if part.changed > known.checked:
                return False
        known.checked = self.answers.revision
        return True

    # Symbols

    def symbol(self, value: Value, scope: Scope, place: Place | None) -> str | None:
        key = ("symbol", value, scope, place)
        if key not in self.known and self.is_unknown(value, scope, place):
            return None
        return self.once(key, lambda: self.find_symbol(value, scope, place))

    def is_unknown(self, value: Value, scope: Scope, place: Place | None) -> bool:
        """Whether a chain begins with a name of which nothing is known, so that nothing is of any link of it."""
        root = value.of
        if root is None:
            return False
        while root.of is not None:
            root = root.of
        if root.kind != "name":
            return False
        key = (root, scope, place)
        found = self.unknown.get(key)
        if found is None:
            before = self.cuts
            found = self.symbol(root, scope, place) is None and self.type_of(root, scope, place) is None
            if self.answers.frozen and self.cuts == before:
                self.unknown[key] = found
        return found

    def find_symbol(self, value: Value, scope: Scope, place: Place | None) -> str | None:
        if value.kind == "name":
            return self.name(value.name, scope, place)
        if value.kind == "function":
            return f"{scope.module}:{value.name}"
        if value.kind != "attribute" or value.of is None:
            return None
        around = self.symbol(value.of, scope, place)
        if around is not None:
            found = self.attribute_of_symbol(around, value.name)
            if found is not None:
                return found
        receiver = present(self.type_of(value.of, scope, place))
        if receiver is not None and receiver.name == CLASS and receiver.args:
            return self.project.method(receiver.args[0].name, value.name)
        if receiver is None or receiver.name in (CLASS, FUNCTION):
            return None
        found = {self.attribute_of_type(member, value.name) for member in receiver.members}
        return found.pop() if len(found) == 1 else None

    def attribute_of_symbol(self, symbol: str, name: str) -> str | None:
        module, colon, qualified = symbol.partition(":")
        if not colon:
            return self.project.canonical(f"{symbol}.{name}") if self.is_static(symbol) else None
        if not qualified:
            return self.project.member(module, name)
        if self.project.is_class(symbol):
            return self.project.method(symbol, name)
        return None

    def is_static(self, symbol: str) -> bool:
        """Whether attributes of a foreign symbol are looked up on it, as with modules and classes."""
        known = self.project.types.get(symbol)
        return known is None or known.name == CLASS

    def attribute_of_type(self, receiver: Type, name: str) -> str | None:
        if receiver.name == "super" and receiver.args:
            for base in self.project.mro(receiver.args[0].name)[1:]:
                found = None if base == "?" else self.project.method(base, name)
                if found is not None or base == "?":
                    return found
            return None
        found = self.project.method(receiver.name, name)
        if found is None and ":" not in receiver.name and "." in receiver.name:
            return f"{receiver.name}.{name}"
        return found

    def name(self, name: str, scope: Scope, place: Place | None) -> str | None:
        facts = self.project.module(scope.module)
        if facts is None:
            return None
        function = scope.function
        while function:
            found = self.project.signature(f"{scope.module}:{function}")
            if found is not None:
                below = f"{function}.{name}"
                if below in facts.functions or below in facts.classes:
                    return f"{scope.module}:{below}"
                inner = scope if function == scope.function else Scope(scope.module, function)
                if name not in found.globals and self.binds(inner, name):
                    return self.alias(self.reaching(name, inner, place if function == scope.function else None), inner)
                if name in found.imports:
                    return self.project.imported(scope.module, found.imports[name])
            function = self.enclosing(function)
        if scope.owner and not scope.function:
            cls = facts.classes.get(scope.owner)
            if cls is not None and (name in cls.variables or f"{scope.owner}.{name}" in facts.functions):
                return f"{scope.module}:{scope.owner}.{name}"
        found = self.in_module(name, scope.module)
        if isinstance(found, Value):
            return self.symbol(found, Scope(scope.module), None) or f"{scope.module}:{name}"
        return found

    def in_module(self, name: str, module: str) -> str | Value | None:
        """The symbol of a name of a module; a chain of names, where it is another name for that."""
        # An answer of its own, which most questions rest on: they are made of one part for it, and not of all its parts.
        return self.answers.ask(("in module", module, name), lambda: self.find_in_module(name, module))

    def find_in_module(self, name: str, module: str) -> str | Value | None:
        facts = self.project.facts(module)
        is_defined = name in facts.functions or name in facts.classes
        if name in facts.imports and not is_defined:
            return self.project.imported(module, facts.imports[name])
        if name in facts.variables and not is_defined:
            assigned = facts.variables[name]
            value = assigned[0].value
            is_alias = len(assigned) == 1 and value is not None and value.dotted not in (None, name)
            return value if is_alias else f"{module}:{name}"
        symbol = self.project.member(module, name)
        if symbol is not None and not symbol.endswith(":"):
            return symbol
        return f"builtins.{name}" if name in BUILTINS and not facts.stars else None

    def enclosing(self, function: str) -> str:
        """The function around a function; class names within the path are no scopes of names."""
        return function.rpartition(".")[0]

    def assignments(self, scope: Scope) -> Assignments | None:
        """The assignments of the function whose body a scope is; what is read of them is not noted."""
        known = self.flows.get(scope)
        if known is not None and self.answers.frozen:
            return known
        function = self.project.body(scope)
        if function is None:
            return None
        if known is None or known.function is not function:
            known = self.flows[scope] = Assignments(function)
        return known

    def binds(self, scope: Scope, name: str) -> bool:
        """Whether a name is a local one of a function."""
        self.answers.read(("bound", scope.module, scope.function, name))
        found = self.assignments(scope)
        return found is not None and name in found.bound

    def is_assigned(self, name: str, scope: Scope) -> bool:
        """Whether a name is assigned in a function: only of such a name it matters where it is read."""
        self.answers.read(("bound", scope.module, scope.function, name))
        found = self.assignments(scope)
        return found is not None and name in found.by_name

    def alias(self, steps: Sequence[Step], scope: Scope) -> str | None:
        """The symbol of a local name that is another name for one, and never for anything else."""
        value = steps[0].value if len(steps) == 1 else None
        if value is None or value.kind not in ("name", "attribute", "function"):
            return None
        return self.symbol(value, scope, steps[0].place)

    def reaching(self, name: str, scope: Scope, place: Place | None) -> tuple[Step, ...]:
        """The assignments to a local name that may reach a place; a parameter counts as one without a value."""

        def found() -> tuple[Step, ...]:
            key = scope.module, scope.function
            self.answers.read(("signature", *key))
            self.answers.read(("bound", *key, name))
            self.answers.read(("assigned", *key, name))
            if place is not None:
                self.answers.read(("at", *key, place.text, place.nth))
            assignments = self.assignments(scope)
            return reaching(name, assignments, place) if assignments is not None else ()

        # An answer of its own: what is made of it need not be made again when something else in the body changes.
        return self.answers.ask(("reaching", name, scope, place), found)

    # Types

    def type_of(self, value: Value, scope: Scope, place: Place | None) -> Type | None:
        key = ("type", value, scope, place)
        if key not in self.known and self.is_unknown(value, scope, place):
            return None
        return self.once(key, lambda: self.evaluate(value, scope, place))

    def evaluate(self, value: Value, scope: Scope, place: Place | None) -> Type | None:
        kind, inner = value.kind, value.of
        if kind == "constant":
            return Type(value.name)
        if kind in ("list", "set", "tuple", "dict"):
            parts = [self.type_of(v, scope, place) for _, v in value.args[:20]]
            if kind == "tuple":
                return Type("tuple", tuple(p or ANY for p in parts))
            whole = union(p for p in parts if p is not None) if all(parts) else None
            return Type(kind, (whole,) if whole is not None and kind != "dict" else ())
        if kind == "comprehension":
            element = self.type_of(value.args[-1][1], scope, None)
            return Type(value.name, (element,) if element is not None and value.name != "dict" else ())
        if kind == "choice":
            if value.name == "|":
                operands = (self.type_of(v, scope, place) for _, v in value.args)
                return next((made for one in operands if (made := self.given_by(one, "__or__")) is not None), None)
            parts = [self.one_of(v, scope, place) for _, v in value.args]
            whole = union(p for p in parts if p is not None) if all(p is not None for p in parts) else None
            return whole if whole != NONE else None
        if kind == "name":
            return self.type_of_name(value, scope, place)
        if kind == "function":
            return Type(FUNCTION, (Type(f"{scope.module}:{value.name}"),))
        if inner is None:
            return None
        if kind == "call":
            return self.call(value, scope, place)
        around = self.type_of(inner, scope, place)
        if kind == "attribute":
            return self.attribute(value, around, scope, place)
        if around is None:
            return None
        if kind == "await":
            return around.awaited
        if kind == "enter":
            return self.entered(around)
        if kind in ("iterate", "star"):
            is_known = around.name in ITERATED and len(around.args) == 1
            return around.args[0] if is_known else self.given_by(around, "__iter__")
        if kind == "item":
            return self.item(around, value)
        return self.given_by(around, "__truediv__") if kind == "operation" else None

    def item(self, around: Type, value: Value) -> Type | None:
        if around.name == CLASS:  # of a class to which its arguments make no difference here
            return None if f"{around.args[0].name}.__class_getitem__" in self.project.types else around
        index = value.args[0][1] if value.args else None
        if around.name == "tuple" and index is not None and index.text.isdigit():
            number = int(index.text)
            found = around.args[number] if number < len(around.args) else None
            return None if found == ANY else found
        if around.name == "list" and index is not None and index.name != "slice":
            return around.args[0] if around.args else None
        if around.name == "dict":
            return around.args[1] if len(around.args) == 2 else None
        return self.given_by(around, "__getitem__")

    def type_of_name(self, value: Value, scope: Scope, place: Place | None) -> Type | None:
        name, function = value.name, scope.function
        while function:
            found = self.project.signature(f"{scope.module}:{function}")
            inner = scope if function == scope.function else Scope(scope.module, function)
            if found is not None and name not in found.globals and self.binds(inner, name):
                return self.local(name, found, inner, place if function == scope.function else None)
            function = self.enclosing(function)
        symbol = self.name(name, scope, place)
        known = self.type_of_symbol(symbol) if symbol is not None else None
        if known is None and symbol is not None and ":" not in symbol:
            return self.type_of_symbol(f"{scope.module}:{name}")  # a variable that is another name for an attribute
        return known

    def local(self, name: str, function: FunctionFacts, scope: Scope, place: Place | None) -> Type | None:
        types: list[Type | None] = []
        for step in self.reaching(name, scope, place):
            note = self.note(step, scope)
            if note is not None:
                types.append(self.annotation(note, scope))
            elif step.kind == "parameter":
                types.append(self.parameter(name, function, scope))
            else:
                types.append(self.type_of(step.value, scope, step.place) if step.value is not None else None)
        return union(t for t in types if t is not None) if types and all(t is not None for t in types) else None

    def note(self, step: Step, scope: Scope) -> Value | None:
        """The annotation of an assignment, if it says more than what is assigned."""
        note = next((v for k, v in step.args if k == "annotation"), None)
        return None if note is None or (step.value is not None and self.says_nothing(note, scope)) else note

    def says_nothing(self, annotation: Value, scope: Scope) -> bool:
        if annotation.kind == "item" and annotation.of is not None and annotation.of.name == "Optional":
            return len(annotation.args) == 1 and self.says_nothing(annotation.args[0][1], scope)
        if annotation.kind == "choice":
            said = [value for _, value in annotation.args if value.name != "None"]
            return len(said) == 1 and self.says_nothing(said[0], scope)
        return annotation.dotted is not None and self.symbol(annotation, scope, None) == "typing.Any"

    def parameter(self, name: str, function: FunctionFacts, scope: Scope) -> Type | None:
        found = function.parameter(name)
        if found is None:
            return None
        if found is function.receiver and not self.decorated_as(function, scope, "staticmethod"):
            owner = Type(f"{scope.module}:{function.owner}")
            is_class = self.decorated_as(function, scope, "classmethod") or function.short_name in (
                "__new__",
                "__init_subclass__",
            )
            return Type(CLASS, (owner,)) if is_class else owner
        if found.annotation is not None and found.kind in ("args", "kwargs"):
            return Type("tuple" if found.kind == "args" else "dict")
        around = around_of(function, scope)
        if found.annotation is not None:
            return self.annotation(found.annotation, around)
        if found.default is not None and found.default.kind == "call":
            return self.type_of(found.default, around, None)
        return None

    def one_of(self, value: Value, scope: Scope, place: Place | None) -> Type | None:
        """The type of one of several values that something can be: of a parameter that nobody gives, None."""
        found = self.type_of(value, scope, place)
        is_unknown_name = found is None and value.kind == "name"
        return NONE if is_unknown_name and self.is_left_out(value.name, scope, place) else found

    def is_left_out(self, name: str, scope: Scope, place: Place | None) -> bool:
        """Whether a name is a parameter, and nothing else, that is None unless it is given, and that no call gives."""
        function = self.project.signature(scope.symbol) if scope.function else None
        found = function.parameter(name) if function is not None else None
        if function is None or found is None or found.default != Value("constant", "None", text="None"):
            return False
        if [step.kind for step in self.reaching(name, scope, place)] != ["parameter"]:
            return False
        if found.annotation is not None and not self.says_nothing(found.annotation, around_of(function, scope)):
            return False
        return not self.project.is_given(scope.symbol, function, name)

    def decorated_as(self, function: FunctionFacts, scope: Scope, name: str) -> bool:
        return any(d.kind == "name" and d.name == name for d in function.decorators)

    def type_of_symbol(self, symbol: str) -> Type | None:
        """The type of what a symbol stands for, as a value; a variable that is None where it is defined is set by others."""
        module, colon, name = symbol.partition(":")
        if not colon:
            if symbol.startswith("builtins.") and name_in(symbol, BUILTIN_CLASSES):
                return Type(CLASS, (Type(symbol.removeprefix("builtins.")),))
            return self.project.types.get(symbol)
        facts = self.project.module(module)
        if facts is None or not name:
            return None
        if name in facts.functions:
            return Type(FUNCTION, (Type(symbol),))
        if name in facts.classes:
            return Type(CLASS, (Type(symbol),))
        owner, _, last = name.rpartition(".")
        assigned = (
            facts.classes[owner].variables.get(last, ()) if owner in facts.classes else facts.variables.get(name, ())
        )
        scope = Scope(module, "", owner)
        types: list[Type | None] = []
        for variable in assigned:
            if variable.annotation is not None and not self.says_nothing(variable.annotation, scope):
                types.append(self.annotation(variable.annotation, scope))
            elif variable.value is not None:
                types.append(self.type_of(variable.value, scope, None))
        types = [t for t in types if t != NONE]
        if not types and owner not in facts.classes:
            set_elsewhere = self.project.assigned_to_global(module, name)
            types = [self.type_of(step.value, inside, step.place) for inside, step in set_elsewhere if step.value]
            types = [t for t in types if t != NONE]
        return union(t for t in types if t is not None) if types and all(t is not None for t in types) else None

    def attribute(self, value: Value, around: Type | None, scope: Scope, place: Place | None) -> Type | None:
        around = present(around)
        symbol = self.symbol(value, scope, place)
        if symbol is not None:
            found = self.type_of_symbol(symbol)
            if found is not None and found.name == FUNCTION:
                facts = self.project.signature(symbol)
                if facts is not None and self.decorators.is_property(facts, symbol):
                    return self.returned(symbol)
            if found is not None:
                return self.filled(found, around)
            if ":" not in symbol:
                own = self.project.types.get(f"{around.name}.{value.name}") if around is not None else None
                return self.filled(own, around) if own is not None else self.given_by(around, "__getattr__")
        if around is None or ":" not in around.name:
            return None
        return self.instance_attribute(around.name, value.name)

    def given_by(self, receiver: Type | None, method: str) -> Type | None:
        """What an attribute, an item, an element or an operation gives by a special method of its class that a table
        knows."""
        known = self.project.types.get(f"{receiver.name}.{method}") if receiver is not None else None
        return self.filled(known.args[0], receiver) if known is not None and known.args else None

    def instance_attribute(self, cls: str, name: str) -> Type | None:
        """The type of ``self.name``, by what the methods of the class and its bases assign to it; unknown where that is
        None alone, for then others set it."""
        types: list[Type | None] = []
        for owner in self.project.mro(cls):
            module, colon, qualified = owner.partition(":")
            facts = self.project.module(module) if colon else None
            if facts is None or qualified not in facts.classes:
                continue
            for inside, step in self.project.assigned_to_self(owner, name):
                note = self.note(step, inside)
                if note is not None:
                    types.append(self.annotation(note, inside))
                elif step.value is not None:
                    types.append(self.one_of(step.value, inside, step.place))
            types = [t for t in types if t != NONE]
            if types:
                break
        return union(t for t in types if t is not None) if types and all(t is not None for t in types) else None

    def filled(self, found: Type, receiver: Type | None, args: Sequence[tuple[str, Value]] = ()) -> Type:
        """A table's type with the receiver put in for ``$self`` and ``$1``."""
        if receiver is None or not any(t.name.startswith("$") for t in found.walk()):
            return found
        receiver = union(member for member in receiver.members if member != NONE) or receiver
        if found.name == "$self":
            return receiver
        if found.name == "$1":
            given = receiver.args[0] if receiver.args else ANY
            default = self.project.types.get(f"{receiver.name}.__class_getitem__") if given == ANY else None
            return default.args[0] if default is not None and default.args else given
        return Type(found.name, tuple(self.filled(a, receiver) for a in found.args))

    # Calls

    def call(self, value: Value, scope: Scope, place: Place | None) -> Type | None:
        callee = value.of
        if callee is None:
            return None
        if callee.kind == "name" and callee.name == "super" and scope.function:
            function = self.project.signature(scope.symbol)
            owner = function.owner if function is not None else ""
            return Type("super", (Type(f"{scope.module}:{owner}"),)) if owner else None
        symbol = self.symbol(callee, scope, place)
        if symbol is not None:
            if symbol.startswith("builtins.") and symbol[9:] in RESULTS:
                return RESULTS[symbol[9:]]
            if symbol in CONTEXT_MANAGERS:
                given = self.result_of_argument(value, scope, place)
                return callable_(Type("contextlib.ContextManager", (given,))) if given is not None else None
            if self.project.signature(symbol) is not None:
                return self.returned(symbol)
        target = self.type_of_symbol(symbol) if symbol is not None else None
        if target is None:
            target = self.type_of(callee, scope, place)
        if target is None:
            return None
        if target.name == CLASS and target.args:
            return self.instance(target.args[0], value, scope, place)
        if target.name == FUNCTION:
            return self.returned(target.args[0].name)
        if target.name == CALLABLE and target.args:
            result = target.args[0]
            if result.name == "$result":
                return self.result_of_argument(value, scope, place)
            receiver = self.type_of(callee.of, scope, place) if callee.of is not None else None
            found = self.filled(result, receiver)
            return (
                None
                if any(t.name.startswith("$") or t == ANY for t in found.walk()) and found.name != COROUTINE
                else found
            )
        method = self.project.method(target.name, "__call__") if target.name not in ("|", "None") else None
        if method is not None and self.project.signature(method) is not None:
            return self.returned(method)
        known = self.project.types.get(f"{target.name}.__call__")
        return self.filled(known.args[0], target) if known is not None and known.args else None

    def instance(self, cls: Type, value: Value, scope: Scope, place: Place | None) -> Type:
        """What calling a class gives; a factory of instances keeps the class that it was told to make."""
        known = self.project.types.get(f"{cls.name}.__class_getitem__")
        if known is not None and not cls.args:
            for _, arg in value.args:
                found = self.type_of(arg, scope, place)
                if found is not None and found.name == CLASS and found.args:
                    return Type(cls.name, found.args[:1])
            return Type(cls.name, known.args)
        return cls

    def result_of_argument(self, value: Value, scope: Scope, place: Place | None) -> Type | None:
        """What a framework gives for a function that it was handed: its result, awaited, or what it yields."""
        given = value.argument(0)
        if given is None:
            return None
        result = self.type_of(Value("call", of=given), scope, place)
        if result is None:
            return None
        result = result.awaited or result
        return result.args[0] if result.name in ITERATORS and result.args else result

    def returned(self, symbol: str) -> Type | None:
        """What calling a function of the project gives."""
        return self.once(("returned", symbol), lambda: self.call_result(symbol))

    def call_result(self, symbol: str) -> Type | None:
        function, scope = self.project.signature(symbol), self.project.scope_of(symbol)
        if function is None:
            return None
        kept = self.decorators.keeps(function, scope)
        if kept == "unknown":
            return None
        if kept == "coroutine":
            return coroutine(ANY)
        declared = self.declared(function, scope)
        if kept == "context":
            inner = declared.args[0] if declared is not None and declared.args else self.yielded(scope)
            return Type("contextlib.ContextManager", (inner,)) if inner is not None else None
        if function.is_generator:
            if declared is not None and declared.name in ITERATORS and declared.args:
                return declared
            inner = self.yielded(scope)
            return Type("typing.AsyncGenerator" if function.is_async else "typing.Generator", (inner,) if inner else ())
        result = declared
        if result is None and (
            function.returns is None or self.says_nothing(function.returns, around_of(function, scope))
        ):
            result = self.inferred(function, scope)
        return coroutine(result or ANY) if function.is_async else result

    def declared(self, function: FunctionFacts, scope: Scope) -> Type | None:
        return self.annotation(function.returns, around_of(function, scope))

    def inferred(self, function: FunctionFacts, scope: Scope) -> Type | None:
        if function.trivial:
            return None
        exits = self.project.exits_of(scope)
        types = [
            NONE if step.value is None else self.type_of(step.value, scope, step.place)
            for step in exits
            if step.kind == "return"
        ]
        if not types:
            raises = any(s.kind == "raise" and not s.branch for s in exits)
            return None if raises else NONE
        return union(t for t in types if t is not None) if all(t is not None for t in types) else None

    def yielded(self, scope: Scope) -> Type | None:
        types = [
            self.type_of(step.value, scope, step.place) if step.value is not None else NONE
            for step in self.project.exits_of(scope)
            if step.kind == "yield"
        ]
        return union(t for t in types if t is not None) if types and all(t is not None for t in types) else None

    # Context managers

    def entered(self, manager: Type) -> Type | None:
        if manager.name == "contextlib.ContextManager" and manager.args:
            return manager.args[0]
        for name in ("__aenter__", "__enter__"):
            symbol = self.project.method(manager.name, name)
            if symbol is None:
                continue
            if self.project.signature(symbol) is not None:
                found = self.returned(symbol)
                return found.awaited or found if found is not None else None
            known = self.project.types.get(symbol)
            if known is not None and known.args:
                found = self.filled(known.args[0], manager)
                return found.awaited or found
        return None

    # Annotations

    def annotation(self, value: Value | None, scope: Scope) -> Type | None:
        if value is None:
            return None
        return self.once(("annotation", value, scope), lambda: self.annotated(value, scope))

    def annotated(self, value: Value, scope: Scope) -> Type | None:
        if value.kind == "constant":
            return NONE if value.name == "None" else None
        if value.kind == "choice":
            parts = [self.annotation(v, scope) for _, v in value.args]
            return union(p for p in parts if p is not None) if all(p is not None for p in parts) else None
        if value.kind == "item" and value.of is not None:
            return self.generic(value, scope)
        symbol = self.symbol(value, scope, None)
        if symbol is None or symbol in ("typing.Any", "typing.Self"):
            return None
        module, colon, name = symbol.partition(":")
        if not colon:
            if symbol.startswith("builtins."):
                return Type(symbol[9:]) if symbol[9:] in BUILTIN_CLASSES else None
            if symbol in COLLECTIONS:
                return Type(COLLECTIONS[symbol])
            known = self.project.types.get(symbol)
            if known is not None and known.name == CLASS and known.args:
                return known.args[0]
            return None if known is not None or symbol.startswith("typing") else Type(symbol)
        facts = self.project.module(module)
        if facts is None:
            return None
        if name in facts.classes:
            return Type(symbol)
        assigned = facts.variables.get(name, ())
        if len(assigned) == 1 and assigned[0].value is not None and assigned[0].value.kind in ("item", "choice"):
            return self.annotation(assigned[0].value, Scope(module))
        return None

    def generic(self, value: Value, scope: Scope) -> Type | None:
        symbol = self.symbol(value.of, scope, None) if value.of is not None else None
        args = [v for _, v in value.args]
        last = symbol.rpartition(".")[2] if symbol is not None else ""
        if symbol is None or not args:
            return None
        if last == "Annotated":
            return self.annotation(args[0], scope)
        if last in ("Optional", "Union"):
            parts = [self.annotation(a, scope) for a in args] + ([NONE] if last == "Optional" else [])
            return union(p for p in parts if p is not None) if all(p is not None for p in parts) else None
        if symbol in AWAITABLE:
            return coroutine(self.annotation(args[-1], scope) or ANY)
        if symbol in CALLABLES:
            result = self.annotation(args[-1], scope)
            return callable_(result) if result is not None else None
        if symbol in ITERATORS:
            inner = self.annotation(args[0], scope)
            return Type(symbol.replace("collections.abc", "typing"), (inner,) if inner is not None else ())
        name = COLLECTIONS.get(symbol, symbol.removeprefix("builtins."))
        if symbol.startswith("typing.") and name == symbol:
            return None
        if name == "tuple" and args[-1].name == "ellipsis":
            args = args[:1]
            name = "list"  # of any length, and all alike
        inner_types = [self.annotation(a, scope) for a in args]
        made = Type(name, tuple(t or ANY for t in inner_types) if any(inner_types) else ())
        if ":" in name and not self.project.is_class(name):
            return None
        return made


ITERATED = {"list", "set", "frozenset", "generator"} | {n.replace("collections.abc", "typing") for n in ITERATORS}


def present(known: Type | None) -> Type | None:
    """The type of a value of which something is asked: it is not None there."""
    return union(m for m in known.members if m != NONE) if known is not None and known.name == "|" else known


def name_in(symbol: str, names: frozenset[str]) -> bool:
    return symbol.removeprefix("builtins.") in names


__all__ = ["FUNCTION", "Evaluator"]
