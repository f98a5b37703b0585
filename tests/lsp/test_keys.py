"""What is done for each key: how it is read, and what of the diagnostics is made anew."""

import json

import pytest
from apitfall.lsp import keys
from apitfall.lsp.client import Client
from apitfall.lsp.convert import Said, diagnostic, related_information
from apitfall.lsp.server import server
from apitfall.rule import Finding, Place, Related, Severity
from apitfall.text import Lines, Span
from lsprotocol import types

DOCUMENT = {"uri": "file:///a.py", "version": 3}
RANGE = {"start": {"line": 1, "character": 2}, "end": {"line": 1, "character": 3}}
CLIENT = Client(diagnostic_data=True, code_description=True, related_information=True)
TEXT = "".join(f"line {number}\n" for number in range(1000))


@pytest.mark.parametrize("change", [{"range": RANGE, "text": "é"}, {"range": RANGE, "rangeLength": 1, "text": ""}])
def test_a_key_is_read_as_any_message_is(change):
    params = {"textDocument": DOCUMENT, "contentChanges": [change]}
    message = {"jsonrpc": "2.0", "method": types.TEXT_DOCUMENT_DID_CHANGE, "params": params}
    expected = server.protocol.structured(message, types.TEXT_DOCUMENT_DID_CHANGE).params
    found = keys.change_of(params)
    assert found.text_document == expected.text_document
    assert [(c.range, c.text) for c in found.content_changes] == [(c.range, c.text) for c in expected.content_changes]


@pytest.mark.parametrize(
    "params",
    [
        None,
        {},
        {"textDocument": DOCUMENT},
        {"textDocument": {"uri": "file:///a.py"}, "contentChanges": [{"range": RANGE, "text": ""}]},
        {"textDocument": DOCUMENT, "contentChanges": [{"text": "the whole text"}]},
        {"textDocument": DOCUMENT, "contentChanges": [{"range": RANGE, "text": ""}] * 2},
        {"textDocument": DOCUMENT, "contentChanges": [{"range": {"start": RANGE["start"]}, "text": ""}]},
        {"textDocument": DOCUMENT, "contentChanges": [{"range": RANGE | {"end": {"line": -1, "character": 0}}, "text": ""}]},
        {"textDocument": DOCUMENT, "contentChanges": [{"range": RANGE | {"end": {"line": 2**31, "character": 0}}, "text": ""}]},
    ],
)  # fmt: skip
def test_what_is_no_key_is_left_to_those_who_read_everything(params):
    assert keys.change_of(params) is None


def finding(text: str, number: int, **more) -> Finding:
    at = text.index(f"line {number}\n")
    return Finding(
        Span(at, at + 4), f"message {number}", Severity.warning, rule="rule", fingerprint=str(number), **more
    )


class Files:
    """A project with one text."""

    def __init__(self, lines):
        self.there = lines

    def lines(self, path):
        return self.there

    def uri(self, path):
        return "file:///a.py"


def said(lines: Lines, findings: list[Finding], before: Said | None = None) -> tuple[Said, list[str]]:
    """The diagnostics, and the fingerprints of the findings that were looked at for them."""
    made = []

    def make(finding):
        made.append(finding.fingerprint)
        return diagnostic(finding, lines, "page", CLIENT, Files(lines))

    def related(finding):
        return related_information(finding, CLIENT, Files(lines))

    items = [*map(make, findings)] if before is None else before.later(lines, findings, make, related)
    return Said(None, lines, findings, items), made


@pytest.mark.parametrize("new", ["x", "x\ny\n", ""])
def test_only_the_diagnostics_around_a_change_are_made_anew(new):
    lines = Lines(TEXT)
    numbers = [*range(0, 1000, 50)]
    related = (Related(Place("", ""), "here", "/a.py", Span(0, 4)),)
    before, made = said(lines, [finding(TEXT, n, related=related if n == 700 else ()) for n in numbers])
    assert len(made) == 20
    at = TEXT.index("line 500\n") + 5
    later = lines.edited(Span(at, at + 2), new)
    text = later.text
    findings = [finding(text, n, related=related if n == 700 else ()) for n in numbers if n != 500]
    now, made = said(later, findings, before)
    assert set(made) <= {"450", "550", "600"}
    fresh, _ = said(later, findings)
    assert now.items == fresh.items
    assert [item.text for item in now.items] == [item.text for item in fresh.items]
    assert [json.loads(item.text) for item in now.items] == now.items
    if "\n" not in new:
        kept = [item for item in now.items if any(item is old for old in before.items)]
        assert len(kept) >= 15


@pytest.mark.parametrize(("new", "made_anew"), [("x", set[str]()), ("x\ny\n", {"100"})])
def test_a_diagnostic_is_made_anew_where_another_place_of_it_has_moved(new, made_anew):
    lines = Lines(TEXT)
    at = TEXT.index("line 500\n")

    def findings(text):
        place = text.index("line 900\n")
        return [finding(text, 100, related=(Related(Place("", ""), "there", "/a.py", Span(place, place + 4)),))]

    before, _ = said(lines, findings(TEXT))
    later = lines.edited(Span(at, at + 2), new)
    now, made = said(later, findings(later.text), before)
    assert set(made) == made_anew
    assert now.items == said(later, findings(later.text))[0].items


def test_diagnostics_that_say_something_else_are_made_anew():
    lines = Lines(TEXT)
    before, _ = said(lines, [finding(TEXT, n) for n in (1, 500, 900)])
    others = [finding(TEXT, 1), finding(TEXT, 400), finding(TEXT, 500), finding(TEXT, 900)]
    now, made = said(lines, others, before)
    assert made == ["400"]
    assert now.items == said(lines, others)[0].items
