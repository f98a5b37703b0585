"""The project index: what the files of a project say together."""

from apitfall.project.answers import Answer, Answers
from apitfall.project.binding import Binding
from apitfall.project.collected import collect, collect_calls, collect_imports
from apitfall.project.index import ProjectIndex, relative_name
from apitfall.project.names import ModuleNames
from apitfall.project.scope import Scope
from apitfall.project.summaries import summary
from apitfall.project.version import Version

__all__ = [
    "Answer",
    "Answers",
    "Binding",
    "ModuleNames",
    "ProjectIndex",
    "Scope",
    "Version",
    "collect",
    "collect_calls",
    "collect_imports",
    "relative_name",
    "summary",
]
