"""Hovers: why there is a finding, and what a comment ignores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from apitfall import registry, suppress
from apitfall.lsp import pages
from apitfall.lsp.convert import offset_of, range_of
from apitfall.lsp.session import OpenDocument, Session
from apitfall.rule import Finding
from apitfall.text import Span


def hover(session: Session, params: types.HoverParams) -> types.Hover | None:
    document = session.find(params.text_document.uri)
    if document is None or document.report is None:
        return None
    lines, encoding = document.lines, session.client.encoding
    offset = offset_of(lines, params.position, encoding)
    findings = innermost(document.report.findings, offset)
    ignore = next((i for i in suppress.ignores_in(lines) if i.span.start <= offset <= i.span.end), None)
    if findings:
        span, texts = findings[0].span, list(why(session, document, findings))
    elif ignore is not None:
        span, texts = ignore.span, list(ignored(session, document, ignore.rules))
    else:
        return None
    kind = types.MarkupKind.Markdown if session.client.markdown else types.MarkupKind.PlainText
    return (
        types.Hover(types.MarkupContent(kind, "\n\n".join(texts)), range_of(lines, span, encoding)) if texts else None
    )


def innermost(findings: Sequence[Finding], offset: int) -> list[Finding]:
    """Of the findings around an offset those with the shortest span; the offset behind the last character counts."""
    around = [f for f in findings if f.span.start <= offset <= f.span.end]
    shortest = min((size(f.span) for f in around), default=0)
    return [f for f in around if size(f.span) == shortest]


def size(span: Span) -> int:
    return span.end - span.start


def why(session: Session, document: OpenDocument, findings: Sequence[Finding]) -> Iterator[str]:
    """Each message, and below those of one rule what is behind it and where to read on."""
    for rule in dict.fromkeys(finding.rule for finding in findings):
        yield from dict.fromkeys(finding.message for finding in findings if finding.rule == rule)
        if reason := pages.first_paragraph(page_of(session, rule), "Why"):
            yield reason
        yield link(session, document, rule)


def ignored(session: Session, document: OpenDocument, rules: Sequence[str]) -> Iterator[str]:
    """What the rules find that a comment names."""
    for rule in dict.fromkeys(rules):
        if any(rule in package.rules for package in session.packages):
            yield f"Ignored here: {pages.first_paragraph(page_of(session, rule))}"
            yield link(session, document, rule)


def page_of(session: Session, rule: str) -> str:
    return registry.page(session.packages, rule).read_text(encoding="utf-8")


def link(session: Session, document: OpenDocument, rule: str) -> str:
    return pages.link(rule, session.link(document.project, rule), markdown=session.client.markdown)
