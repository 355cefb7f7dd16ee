"""A comparison as a page: two tables, the samples side by side, the scripts side by side.

Self-contained and escaped. Without the style (GitHub strips it) it is still tables, players and lists;
colours are the page's own, so that it reads on light and dark alike.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from aura_nb.comparison_cells import SPEAKERS, WRITERS, Column, called
from aura_nb.pipeline.compared import Draft, Take
from aura_nb.script import Script

if TYPE_CHECKING:
    from aura_nb.comparison import Comparison

OPENING = 180
"""Characters of a script that are seen before it is opened."""
STYLE = """<style>
.aura-cmp{--line:var(--jp-border-color2,rgba(128,128,128,.35));--soft:rgba(128,128,128,.1);max-width:1100px;
font:14px/1.5 var(--jp-ui-font-family,system-ui,sans-serif);color:var(--jp-ui-font-color1,inherit)}
.aura-cmp h3{font-size:1.25em;margin:0 0 2px;font-weight:600}
.aura-cmp h4{font-size:1em;margin:22px 0 6px;font-weight:600}
.aura-cmp .dim{opacity:.72;font-size:.92em;margin:0}
.aura-cmp .wide{overflow-x:auto}
.aura-cmp table{border-collapse:collapse;margin:0;width:100%;font:inherit;color:inherit;border:0}
.aura-cmp tr,.aura-cmp tr:nth-child(even),.aura-cmp tbody tr:hover{background:none}
.aura-cmp th,.aura-cmp td{padding:6px 14px 6px 0;text-align:right;vertical-align:baseline;border:0;
border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums;white-space:nowrap;max-width:none}
.aura-cmp thead th{font-weight:500;opacity:.72;font-size:.88em}
.aura-cmp tbody th,.aura-cmp thead th:first-child,.aura-cmp td.why{text-align:left}
.aura-cmp tbody th{font-weight:600}
.aura-cmp tbody th span{font-weight:400;opacity:.72}
.aura-cmp td.why{white-space:normal;min-width:20em}
.aura-cmp td small{opacity:.72;font-size:.88em}
.aura-cmp .side{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,215px),1fr));gap:12px}
.aura-cmp .card{margin:0;padding:12px 14px;border:1px solid var(--line);border-radius:8px;min-width:0}
.aura-cmp .card audio{display:block;width:100%;height:40px;margin-top:8px}
.aura-cmp blockquote{margin:0 0 12px;padding:2px 0 2px 12px;border-left:3px solid var(--line)}
.aura-cmp summary{cursor:pointer;margin-top:6px}
.aura-cmp .card p{margin:6px 0 0}
.aura-cmp .card h5{font-size:1em;margin:12px 0 0;font-weight:600}
.aura-cmp ul{margin:4px 0 0;padding-left:1.2em}
[data-jp-theme-light="false"] .aura-cmp audio{color-scheme:dark}
</style>"""


def page(comparison: Comparison) -> str:
    """The whole page, as HTML."""
    drafts, takes = comparison.compared.drafts, comparison.compared.takes
    parts = [
        STYLE,
        '<section class="aura-cmp" aria-label="Comparison of providers">',
        f'<h3>{escape(comparison.brief.topic)}</h3><p class="dim">Planned for {comparison.plan.seconds:g} s.</p>',
    ]
    if drafts:
        parts += ["<h4>Writers</h4>", _table("Writers", WRITERS, drafts)]
    if takes:
        parts += ["<h4>Speakers</h4>", _table("Speakers", SPEAKERS, takes)]
        heard = "".join(_player(take, take.sample) for take in takes if take.sample is not None)
        if heard:
            quote = f"<blockquote>{escape(comparison.passage)}</blockquote>"
            parts += [f'<h4>Listen</h4>{quote}<div class="side">{heard}</div>']
    if comparison.scripts:
        read = "".join(_script(name, script) for name, script in comparison.scripts.items())
        parts.append(f'<h4>Read</h4><div class="side">{read}</div>')
    if comparison.notes:
        items = "".join(f"<li>{escape(note)}</li>" for note in comparison.notes)
        parts.append(f'<h4>Notes</h4><ul class="dim">{items}</ul>')
    return "".join([*parts, "</section>"])


def _table(name: str, columns: Sequence[Column], rows: Sequence[Draft | Take]) -> str:
    heads = "".join(f'<th scope="col" title="{escape(one.what)}">{escape(one.heading)}</th>' for one in columns)
    body = "".join(_failed(row, len(columns)) if row.failure else _row(row, columns) for row in rows)
    return (
        f'<div class="wide" tabindex="0"><table aria-label="{name}"><thead><tr>'
        f'<th scope="col">{name[:-1]}</th>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _row(row: Draft | Take, columns: Sequence[Column]) -> str:
    cells = []
    for column in columns:
        text, aside = column.cell(row)
        cells.append(f"<td>{escape(text)}{f' <small>{escape(aside)}</small>' if aside else ''}</td>")
    return f"<tr>{_head(row)}{''.join(cells)}</tr>"


def _failed(row: Draft | Take, columns: int) -> str:
    why = " ".join(filter(None, (row.failure.removeprefix(f"{row.entrant.name}: "), row.remedy)))
    # What is to be typed, as what it is.
    told = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(why))
    return f'<tr>{_head(row)}<td class="why" colspan="{columns}">✗ {told}</td></tr>'


def _head(row: Draft | Take) -> str:
    name, variant = called(row)
    told = f" <span>{escape(variant)}</span>" if variant else ""
    return f'<th scope="row">{escape(name)}{told}</th>'


def _player(take: Take, sample: Path) -> str:
    name = f"{take.entrant.name} {take.voice}"
    if not sample.is_file():
        player = f"<p>No longer at {escape(str(sample))}: compare again.</p>"
    else:
        sound = base64.b64encode(sample.read_bytes()).decode("ascii")
        player = (
            f'<audio controls preload="metadata" aria-label="{escape(name)}" src="data:audio/mp4;base64,{sound}">'
            "This browser plays no sound.</audio>"
        )
    return (
        f'<figure class="card"><figcaption><b>{escape(take.entrant.name)}</b> '
        f'<span class="dim">{escape(take.voice)}</span></figcaption>{player}</figure>'
    )


def _script(name: str, script: Script) -> str:
    text = " ".join(word for scene in script.scenes for word in scene.text.split())
    start = text if len(text) <= OPENING else f"{text[:OPENING].rsplit(' ', 1)[0]} …"
    scenes = "".join(
        f"<h5>{escape(scene.heading or 'Scene')}</h5><p>{escape(scene.text)}</p>" for scene in script.scenes
    )
    return (
        f'<article class="card"><b>{escape(name)}</b><p>{escape(start)}</p>'
        f"<details><summary>All {len(script.scenes)} scenes</summary>{scenes}</details></article>"
    )
