"""What a saved notebook keeps of words: HTML that is escaped, and cut to the bytes it may take."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

TITLE, TEXT, ITEMS = 300, 1500, 15_000
"""The most that a title, the text of one item and all items of a page may take, in bytes."""


def page(facts: Sequence[str], items: Sequence[tuple[str, str]], *, numbered: bool = True, below: str = "") -> str:
    """A page of `items`, each a title and its text, under `facts` of which the first is what it is, as HTML.

    It takes at most 20 kB: what is long is cut, and the items there is no room for are counted. `below` is a
    sentence that comes last.
    """
    shown, rest, room = "", "", ITEMS
    for number, (title, text) in enumerate(items):
        item = f"<li><b>{cut(title, TITLE)}</b><br>{cut(text, TEXT)}</li>".replace("\n", "<br>")
        room -= saved_size(item)
        if room < 0:
            rest = f"<p>… and {len(items) - number} more.</p>"
            break
        shown += item
    name, *others = (cut(fact, TITLE) for fact in facts)
    tag = "ol" if numbered else "ul"
    return (
        '<div style="max-width:720px;font-family:system-ui,sans-serif;line-height:1.45">'
        f"<p>{' · '.join([f'<b>{name}</b>', *others])}</p>"
        f"{f'<{tag}>{shown}</{tag}>' if shown else ''}{rest}"
        f"{f'<p>{escape(below)}</p>' if below else ''}</div>"
    )


def cut(text: str, size: int) -> str:
    """`text` escaped for HTML, in at most `size` bytes of JSON in UTF-8, as notebooks are saved."""
    # Each character takes a byte at least: what is beyond `size` of them is not looked at.
    escaped = [escape(character) for character in text[: size + 1]]
    sizes = [saved_size(part) for part in escaped]
    if sum(sizes) <= size:
        return "".join(escaped)
    room, kept = size - len("…".encode()), 0
    while sizes[kept] <= room:
        room -= sizes[kept]
        kept += 1
    return "".join(escaped[:kept]) + "…"


def saved_size(text: str) -> int:
    """The bytes that `text` takes of a saved notebook."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - len('""')
