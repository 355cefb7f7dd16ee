"""Notes in Markdown: paragraphs and list items become ideas, blocks become the pictures beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from aura_nb.providers.writers.equations import equation_card
from aura_nb.providers.writers.parts import Idea, Section
from aura_nb.providers.writers.sentences import bare, finish, same, split
from aura_nb.script import CodeCard, EquationCard, FigureCard, Picture, QuoteCard, TableCard

_FIGURES = {".png", ".jpg", ".jpeg", ".svg"}
_ROWS, _COLUMNS = 30, 12
# A footnote's number whose text is missing, a box to tick, and a line the author left for later.
_FOOTNOTE = re.compile(r"\s*\[\^[^\]\s]+\]")
_BOX = re.compile(r"^\[[ xX]?\]\s+")
_LATER = re.compile(r"^(?:TODO|FIXME|TBD|XXX)\b")


@dataclass(frozen=True, slots=True)
class _Heading:
    text: str


@dataclass(frozen=True, slots=True)
class _Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class _Emphasis:
    text: str


_Piece = _Heading | _Paragraph | _Emphasis | Picture


def read_notes(notes: str, topic: str = "", language: str = "en") -> list[Section]:
    """The sections of `notes`, in order. A heading that only repeats `topic` is left out.

    A picture stands beside the paragraph before it; where a section has none, beside the one after
    it. A paragraph all in emphasis right after a picture is its caption, and is not spoken.
    """
    parser = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, double_inline=True)
    parser.use(footnote_plugin)
    sections = [Section("", ())]
    waiting: list[Picture] = []
    before: _Piece | None = None
    for piece in _pieces(SyntaxTreeNode(parser.parse(notes))):
        heading, ideas = sections[-1].heading, list(sections[-1].ideas)
        shown = before is not None and not isinstance(before, (_Heading, _Paragraph, _Emphasis))
        if isinstance(piece, _Emphasis) and shown:
            if waiting:
                waiting[-1] = _captioned(waiting[-1], piece.text)
            elif (picture := ideas[-1].picture) is not None:
                ideas[-1] = replace(ideas[-1], picture=_captioned(picture, piece.text))
        elif isinstance(piece, _Heading):
            ideas += [Idea((), picture) for picture in waiting]
            waiting = []
        elif isinstance(piece, (_Paragraph, _Emphasis)):
            picture = waiting.pop(0) if waiting else None
            ideas += [Idea((), left) for left in waiting]
            waiting = []
            ideas.append(Idea(tuple(map(finish, split(piece.text, language))), picture))
        elif ideas and ideas[-1].picture is None:
            ideas[-1] = replace(ideas[-1], picture=piece)
        elif ideas:
            ideas.append(Idea((), piece))
        else:
            waiting.append(piece)
        sections[-1] = Section(heading, tuple(ideas))
        if isinstance(piece, _Heading):
            sections.append(Section("" if same(piece.text, topic) else piece.text, ()))
        before = piece
    last = sections[-1]
    sections[-1] = Section(last.heading, last.ideas + tuple(Idea((), picture) for picture in waiting))
    return [section for section in sections if section.ideas or section.heading]


def plain(text: str) -> str:
    """One line without the marks of emphasis, code and links, and without a bullet or a box before it."""
    parser = MarkdownIt("zero").enable(["emphasis", "backticks", "link", "balance_pairs"])
    unmarked = _BOX.sub("", re.sub(r"^[-*+•·‣–—]\s+", "", text.strip()))
    return " ".join(_text(SyntaxTreeNode(parser.parseInline(unmarked))).split())


def _pieces(node: SyntaxTreeNode) -> Iterator[_Piece]:
    match node.type:
        case "heading":
            yield _Heading(bare(_text(node)))
        case "paragraph":
            yield from _paragraph(node)
        case "blockquote":
            yield from _quote(node)
        case "fence" | "code_block":
            yield from _code(node)
        case "table":
            yield _table(node)
        case "footnote_block":
            return
        case "math_block" | "math_block_label":
            yield equation_card(node.content)
        case _:
            for child in node.children:
                yield from _pieces(child)


def _paragraph(node: SyntaxTreeNode) -> Iterator[_Piece]:
    parts = node.children[0].children
    lines = (_BOX.sub("", line.strip()) for line in _text(node, "\n").splitlines())
    text = " ".join(line for line in lines if line and not _LATER.match(line))
    if text:
        alone = [part for part in parts if _text(part).strip()]
        yield _Emphasis(text) if len(alone) == 1 and alone[0].type == "em" else _Paragraph(text)
    for part in parts:
        if part.type == "math_inline_double":
            yield equation_card(part.content)
        elif part.type == "image":
            source = unquote(str(part.attrs.get("src", "")))
            remote = re.match(r"[a-z][a-z0-9+.-]+:", source, re.IGNORECASE)
            if Path(source).suffix.lower() in _FIGURES and not remote:
                yield FigureCard(image=Path(source), caption=" ".join(part.content.split()))


def _quote(node: SyntaxTreeNode) -> Iterator[_Piece]:
    lines = [line.strip() for child in node.children for line in _text(child, "\n").splitlines()]
    lines = [line for line in lines if line]
    by = ""
    if len(lines) > 1 and (named := re.match(r"(?:—|–|--?)\s*(.+)", lines[-1])):
        by = named.group(1)
        lines.pop()
    if lines:
        yield QuoteCard(quote=" ".join(lines), attribution=by)


def _code(node: SyntaxTreeNode) -> Iterator[_Piece]:
    language = (node.info.split() or ["text"])[0] if node.type == "fence" else "text"
    if language == "math":
        yield equation_card(node.content)
    elif node.content.strip():
        yield CodeCard(code=node.content.rstrip("\n"), language=language[:40])


def _table(node: SyntaxTreeNode) -> TableCard:
    rows = [
        [" ".join(_text(cell).split()) for cell in row.children][:_COLUMNS]
        for part in node.children
        for row in part.children
    ]
    return TableCard(columns=rows[0], rows=rows[1 : 1 + _ROWS])


def _captioned(picture: Picture, caption: str) -> Picture:
    match picture:
        case EquationCard() | TableCard() | FigureCard():
            return picture.model_copy(update={"caption": caption})
        case CodeCard():
            return picture.model_copy(update={"heading": caption})
        case _:
            return picture


def _text(node: SyntaxTreeNode, line: str = " ") -> str:
    """What a reader sees, without the marks; a displayed equation or an image is not text."""
    if node.type in {"softbreak", "hardbreak"}:
        return line
    if node.type in {"image", "math_inline_double", "html_inline", "html_block"}:
        return ""
    if node.type == "text":
        return _FOOTNOTE.sub("", node.content)
    if node.type in {"code_inline", "math_inline"}:
        return node.content
    return "".join(_text(child, line) for child in node.children)
