"""Loggers, and which calls leave the traceback of the exception that is being handled."""

from __future__ import annotations

import re

from apitfall.rule import ModuleFacts, ProjectIndex, Scope, Value, summary

# What makes a logger, and whose it is; the names of modules and objects that are one count too.
LOGGERS = {
    "logging": "logging",
    "logging.getLogger": "logging",
    "logging.Logger": "logging",
    "logging.LoggerAdapter": "logging",
    "fastapi.logger.logger": "logging",
    "celery.utils.log.get_task_logger": "logging",
    "loguru.logger": "loguru",
    "structlog.get_logger": "structlog",
    "structlog.getLogger": "structlog",
    "structlog.stdlib.get_logger": "structlog",
    "structlog.stdlib.BoundLogger": "structlog",
}
LEVELS = frozenset("debug info warning warn error critical fatal log success trace notice msg".split())
# Methods and functions that write the traceback out, or send it to somebody, by their last names.
WITH_TRACEBACK = frozenset(
    """
    exception aexception print_exc format_exc print_exception format_exception print_tb format_tb exc_info
    capture_exception captureException record_exception notice_error report_exc_info notify_exception
    log_exception report_exception handleError
    """.split()
)
LOGGER_NAME = re.compile(r"(?:^|_)(?:log(?:ger|ging|s)?\d?|logfire)$", re.IGNORECASE)


def is_log_call(callee: Value) -> bool:
    """Whether a call writes a line to a log, going by its name: ``logger.error``, ``self._log.awarning``, ``print``."""
    if callee.kind == "name":
        return callee.name in ("print", "pprint")
    name = callee.name.removeprefix("a") if callee.name not in LEVELS else callee.name
    around = callee.of
    while around is not None and around.kind == "call":  # logger.bind(...).error
        around = around.of.of if around.of is not None else None
    known = around is not None and (bool(LOGGER_NAME.search(around.name)) or around.dotted == "sys.stderr")
    return known and (name in LEVELS or name in WITH_TRACEBACK or name == "write")


def level_of(callee: Value) -> str:
    """The level at which a log call writes its line; empty where its name is none."""
    if callee.kind != "attribute":
        return ""
    name = callee.name if callee.name in LEVELS else callee.name.removeprefix("a")
    return name if name in LEVELS else ""


def leaves_traceback(callee: Value, args: tuple[tuple[str, Value], ...]) -> bool:
    """Whether a call in a handler writes the traceback out, or sends it to somebody who collects them."""
    if callee.name in WITH_TRACEBACK:
        return True
    if any(key in ("exc_info", "_exc_info") and value.text not in ("False", "None") for key, value in args):
        return True
    link: Value | None = callee
    while link is not None:  # loguru: logger.opt(exception=True).warning(...)
        if link.kind == "call" and link.of is not None and link.of.name == "opt":
            return any(key == "exception" and value.text not in ("False", "None") for key, value in link.args)
        link = link.of
    return False


@summary(bottom=False)
def logs_traceback(symbol: str, project: ProjectIndex) -> bool:
    """Whether a function of the project, called in a handler, leaves the traceback, in some branch or through others."""
    function = project.function(symbol)
    if function is None:
        return False
    scope = project.scope_of(symbol)
    for step in function.flow:
        if step.kind == "attribute" and step.target is not None and step.target.name == "__traceback__":
            return True
        if step.kind != "call" or step.target is None:
            continue
        if leaves_traceback(step.target, step.args):
            return True
        found = project.symbol(step.target, scope, step.place)
        if found is not None and ":" in found and logs_traceback(found, project):
            return True
    return False


@summary(bottom=False)
def writes_to_log(symbol: str, project: ProjectIndex) -> bool:
    """Whether a function of the project writes a line to a log, itself or through others."""
    function = project.function(symbol)
    if function is None:
        return False
    scope = project.scope_of(symbol)
    for step in function.flow:
        if step.kind != "call" or step.target is None:
            continue
        if step.target.kind == "attribute" and step.target.name in LEVELS:
            if is_log_call(step.target) or logger_library(step.target.of, scope, project) is not None:
                return True
        found = project.symbol(step.target, scope, step.place)
        if found is not None and ":" in found and writes_to_log(found, project):
            return True
    return False


def logger_library(value: Value | None, scope: Scope, project: ProjectIndex, depth: int = 4) -> str | None:
    """Whose logger a value is: ``logging``, ``loguru`` or ``structlog``; None if it is none, or cannot be told."""
    if value is None or depth == 0:
        return None
    if value.kind == "call" and value.of is not None:
        symbol = project.symbol(value.of, scope)
        if symbol is None or ":" not in symbol:
            own = LOGGERS.get(symbol or "") if symbol != "logging" else None
            bound = value.of.name in ("bind", "opt", "new", "getChild") and value.of.of is not None
            return own or (logger_library(value.of.of, scope, project, depth - 1) if bound else None)
        return library_of_function(symbol, project, depth)
    symbol = project.symbol(value, scope)
    if symbol is not None and ":" in symbol:
        module, _, name = symbol.partition(":")
        variables = project.facts(module).variables.get(name, ())
        found = {logger_library(v.value, Scope(module), project, depth - 1) for v in variables}
        return found.pop() if len(found) == 1 else None
    if symbol in LOGGERS:
        return LOGGERS[symbol]
    if value.kind == "attribute" and value.of is not None and value.of.kind == "name" and value.of.name == "self":
        return library_of_attribute(value.name, scope, project, depth)
    return None


def library_of_function(symbol: str, project: ProjectIndex, depth: int) -> str | None:
    """Whose logger a function of the project gives, by what it says or what it returns."""
    function = project.function(symbol)
    if function is None:
        return None
    scope = project.scope_of(symbol)
    declared = project.symbol(function.returns, Scope(scope.module)) if function.returns is not None else None
    if declared in LOGGERS:
        return LOGGERS[declared]
    returned = [step.value for step in function.flow if step.kind == "return"]
    values: list[Value | None] = []
    for value in returned:
        if value is not None and value.kind == "name" and (held := project.reaching(value, scope)):
            values += held
        else:
            values.append(value)
    found = {logger_library(value, scope, project, depth - 1) for value in values}
    return found.pop() if len(found) == 1 else None


def library_of_attribute(name: str, scope: Scope, project: ProjectIndex, depth: int) -> str | None:
    """Whose logger ``self.name`` is, by what the methods of its class assign to it."""
    function = project.function(scope.symbol)
    cls = project.cls(f"{scope.module}:{function.owner}") if function is not None and function.owner else None
    if cls is None:
        return None
    found: set[str | None] = set()
    for variable in cls.variables.get(name, ()):
        found.add(logger_library(variable.value, Scope(scope.module, "", cls.name), project, depth - 1))
    for method in cls.methods:
        inside = f"{scope.module}:{cls.name}.{method}"
        facts = project.function(inside)
        for step in facts.flow if facts is not None else ():
            target = step.target
            if step.kind == "assign" and target is not None and target.dotted == f"self.{name}":
                found.add(logger_library(step.value, project.scope_of(inside), project, depth - 1))
    return found.pop() if len(found) == 1 else None


def module_logger(facts: ModuleFacts, module: str, project: ProjectIndex) -> tuple[str, str] | None:
    """The name of a module's logger and whose it is: one that it makes, or one that it imports."""
    named = [name for name in (*facts.variables, *facts.imports) if LOGGER_NAME.search(name) and name != "logging"]
    others = [name for name, found in facts.variables.items() if found[0].value is not None and name not in named]
    for name in (*named, *others):
        library = logger_library(Value("name", name), Scope(module), project)
        if library is not None:
            return name, library
    return None
