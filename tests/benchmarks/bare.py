"""A pygls server without any feature: what `initialize` takes at least with it."""

from pygls.lsp.server import LanguageServer

LanguageServer("bare", "1").start_io()
