"""What the type of an expression depends on, as a key: equal keys, equal types.

It is the expression with each name in it replaced by what that is bound to: by the annotation of a parameter, by the
assignments that may reach the place, by what the file's own functions return and its classes hold, and so on from
there. Of other files only the names are part of it, for they are read as they are on disk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from apitfall.facts import ClassFacts, FunctionFacts, Place, Step, Value
from apitfall.project.evaluate import BUILTINS, Evaluator
from apitfall.project.scope import Scope

if TYPE_CHECKING:
    from apitfall.project.index import ProjectIndex

# The texts that a declaration may tell apart, as ``Literal["rb"]`` does; what any other text says changes no type.
LITERAL = re.compile(r"[\w+.-]{0,16}")


@dataclass(frozen=True, slots=True)
class Binding:
    """`is_local`: more of the project has a say than the key tells; `is_vague`: more of this function, or chunk, has."""

    key: str
    is_local: bool = False
    is_vague: bool = False


def said(*parts: str | Binding, is_local: bool = False, is_vague: bool = False) -> Binding:
    """The binding that is made of these."""
    texts: list[str] = []
    for part in parts:
        if isinstance(part, Binding):
            texts.append(part.key)
            is_local, is_vague = is_local or part.is_local, is_vague or part.is_vague
        else:
            texts.append(f"={part}")
    text = repr(texts).encode(errors="replace")
    return Binding(blake2b(text, digest_size=12).hexdigest(), is_local, is_vague)


CYCLE = Binding("cycle", is_local=True)


class Bindings:
    """The bindings of a project's expressions; each is worked out once, as long as what it is made of stays."""

    def __init__(
        self, project: ProjectIndex, evaluator: Evaluator, calls: Callable[[str], Sequence[tuple[Scope, Step]]]
    ) -> None:
        self.project = project
        self.evaluator = evaluator
        self.calls = calls  # those of the project of something with a last name

    def once(self, key: tuple[object, ...], ask: Callable[[], Binding]) -> Binding:
        return self.evaluator.once(("binding", *key), ask) or CYCLE

    def apart(self, key: tuple[object, ...], ask: Callable[[], Binding]) -> Binding:
        """The same as an answer of its own: what rests on it stays when it is made again and comes out equal."""
        if self.evaluator.is_open(("binding", *key)):
            self.evaluator.cuts += 1
            return CYCLE
        return self.evaluator.answers.ask(("binding apart", *key), lambda: self.once(key, ask))

    def of(self, value: Value, scope: Scope, place: Place | None) -> Binding:
        if value.kind == "constant":
            return said(value.kind, value.name, value.text if LITERAL.fullmatch(value.text) else "…")
        return self.once((value, scope, place), lambda: self.made(value, scope, place))

    def made(self, value: Value, scope: Scope, place: Place | None) -> Binding:
        if value.kind == "name":
            return self.name(value.name, scope, place)
        if value.kind == "function":
            return self.function(value.name, scope)
        if value.kind == "other":
            return said("other", value.name, is_vague=True)
        of = self.of(value.of, scope, place) if value.of is not None else ""
        # Of what is not known in an argument nothing is known by jedi that would matter either.
        args = [
            part
            for keyword, arg in value.args
            for part in (keyword, "other" if arg.kind == "other" else self.of(arg, scope, place))
        ]
        member = self.member(value, scope, place) if value.kind == "attribute" else ""
        return said(value.kind, value.name, value.text, of, member, *args)

    # Names

    def name(self, name: str, scope: Scope, place: Place | None) -> Binding:
        facts, function = self.project.facts(scope.module), scope.function
        while function:
            found = self.project.signature(f"{scope.module}:{function}")
            inner = Scope(scope.module, function)
            if f"{function}.{name}" in facts.functions:
                return self.function(f"{function}.{name}", scope)
            if f"{function}.{name}" in facts.classes:
                return self.cls(f"{function}.{name}", scope)
            if found is not None and name not in found.globals and self.evaluator.binds(inner, name):
                return self.local(name, found, inner, place if function == scope.function else None)
            if found is not None and name in found.imports:
                return self.imported(self.project.imported(scope.module, found.imports[name]), name)
            function = self.evaluator.enclosing(function)
        return self.in_class(name, scope) or self.in_module(name, scope)

    def in_class(self, name: str, scope: Scope) -> Binding | None:
        cls = self.project.facts(scope.module).classes.get(scope.owner) if not scope.function else None
        return self.variable(cls, name, scope) if cls is not None and name in cls.variables else None

    def in_module(self, name: str, scope: Scope) -> Binding:
        facts, around = self.project.facts(scope.module), Scope(scope.module)
        if name in facts.functions:
            return self.function(name, around)
        if name in facts.classes:
            return self.cls(name, around)
        if name in facts.variables:
            notes = [
                part
                for variable in facts.variables[name]
                for part in (self.annotation(variable.annotation, around), self.value(variable.value, around, None))
            ]
            return said("variable", name, *notes)
        if name in facts.imports:
            return self.imported(self.project.imported(scope.module, facts.imports[name]), name)
        if facts.stars:
            return said("star", name, repr(facts.stars), is_local=True)
        return said("builtin" if name in BUILTINS else "unknown", name)

    def imported(self, symbol: str | None, name: str) -> Binding:
        return said("import", symbol or f"?{name}", is_local=symbol is None or ":" in symbol)

    def local(self, name: str, function: FunctionFacts, scope: Scope, place: Place | None) -> Binding:
        parts: list[str | Binding] = []
        for step in self.evaluator.reaching(name, scope, place):
            note = next((v for k, v in step.args if k == "annotation"), None)
            if step.kind == "parameter":
                parts.append(self.parameter(name, function, scope))
            else:
                parts += [self.annotation(note, scope), self.value(step.value, scope, step.place)]
        return said("local", *parts, is_vague=not parts or self.is_narrowed(name, scope))

    def is_narrowed(self, name: str, scope: Scope) -> bool:
        """Whether a function asks what a name is an instance of, after which jedi takes it for that."""
        calls = self.project.calls_in(scope, ISINSTANCE.name)
        return any(step.target == ISINSTANCE and step.args and step.args[0][1].name == name for step in calls)

    def parameter(self, name: str, function: FunctionFacts, scope: Scope) -> Binding:
        found = function.parameter(name)
        around = self.around(function, scope)
        if found is not None and found.annotation is not None:
            return said("parameter", found.kind, self.annotation(found.annotation, around))
        if found is not None and found is function.receiver:
            cls = self.project.facts(scope.module).classes.get(function.owner)
            bases = [self.of(base, around, None) for base in cls.bases] if cls is not None else ()
            return said("self", function.owner, *map(str, function.decorators), *bases, is_local=True)
        default = self.value(found.default, around, None) if found is not None else ""
        calls = [repr(s.args) for at, s in self.calls(function.short_name) if at.module == scope.module]
        return said("parameter", scope.symbol, name, default, *calls, is_local=True)

    def around(self, function: FunctionFacts, scope: Scope) -> Scope:
        """Where the names in the head of a function are looked up."""
        return Scope(scope.module, "" if function.owner else scope.function.rpartition(".")[0], function.owner)

    # What the file defines

    def function(self, name: str, scope: Scope) -> Binding:
        return self.apart(("function", scope.module, name), lambda: self.defined(name, Scope(scope.module, name)))

    def defined(self, name: str, scope: Scope) -> Binding:
        function = self.project.signature(scope.symbol)
        if function is None:
            return said("gone", name, is_local=True)
        around = self.around(function, scope)
        head = [
            part
            for parameter in function.parameters
            for part in (parameter.name, parameter.kind, self.annotation(parameter.annotation, around))
        ]
        parts = [
            f"{function.is_async} {function.is_generator}",
            *(self.of(d, around, None) for d in function.decorators),
        ]
        if function.returns is not None:
            return said("function", name, *parts, *head, self.annotation(function.returns, around), is_local=True)
        exits = (step for step in self.project.exits_of(scope) if step.kind != "raise")
        body = [self.value(step.value, scope, step.place) for step in exits]
        return said("function", name, *parts, *head, "", *body, is_local=True)

    def cls(self, name: str, scope: Scope) -> Binding:
        return self.apart(("class", scope.module, name), lambda: self.held(name, Scope(scope.module, "", name)))

    def held(self, name: str, scope: Scope) -> Binding:
        cls = self.project.facts(scope.module).classes[name]
        around = Scope(scope.module, "", name.rpartition(".")[0])
        head = [self.of(value, around, None) for value in (*cls.bases, *cls.decorators)]
        variables = [part for n in cls.variables for part in (n, self.variable(cls, n, scope))]
        methods = [self.function(f"{name}.{method}", scope) for method in self.used_methods(name, scope.module)]
        return said("class", name, *head, *variables, *methods, is_local=True)

    def used_methods(self, cls: str, module: str) -> tuple[str, ...]:
        """The methods of a class that have a say in a type: those that somebody uses by their names, or Python itself."""

        def found() -> tuple[str, ...]:
            methods, is_used = self.project.facts(module).classes[cls].methods, self.project.is_used
            return tuple([name for name in methods if is_special(name) or is_used(name.partition("@")[0])])

        # An answer of its own: to add a method that nobody uses makes no question a new one.
        return self.evaluator.answers.ask(("used methods", module, cls), found)

    def variable(self, cls: ClassFacts, name: str, scope: Scope) -> Binding:
        parts = [
            part
            for variable in cls.variables[name]
            for part in (self.annotation(variable.annotation, scope), self.value(variable.value, scope, None))
        ]
        return said(*parts)

    def member(self, value: Value, scope: Scope, place: Place | None) -> Binding | str:
        """What ``self.name`` is by the class around, for a method's first parameter stands for no more than its name."""
        function = self.project.signature(scope.symbol) if scope.function else None
        receiver = function.receiver if function is not None else None
        if function is None or receiver is None or value.of != Value("name", receiver.name):
            return ""
        parts: list[str | Binding] = []
        for owner in self.project.mro(f"{scope.module}:{function.owner}"):
            module, colon, qualified = owner.partition(":")
            cls = self.project.facts(module).classes.get(qualified) if colon and module == scope.module else None
            if cls is None:
                parts.append(owner)
                continue
            inside = Scope(module, "", qualified)
            if value.name in cls.variables:
                parts.append(self.variable(cls, value.name, inside))
            if f"{qualified}.{value.name}" in self.project.facts(module).functions:
                parts.append(self.function(f"{qualified}.{value.name}", inside))
            for where, step in self.project.assigned_to_self(owner, value.name):
                note = next((v for k, v in step.args if k == "annotation"), None)
                parts += [self.annotation(note, where), self.value(step.value, where, step.place)]
        return said("member", *parts)

    def value(self, value: Value | None, scope: Scope, place: Place | None) -> Binding | str:
        return "" if value is None else self.of(value, scope, place)

    def annotation(self, value: Value | None, scope: Scope) -> Binding | str:
        return "" if value is None else self.of(value, scope, None)


def is_special(method: str) -> bool:
    """Whether Python calls a method by itself."""
    return method.startswith("__") and method.endswith("__")


ISINSTANCE = Value("name", "isinstance")
