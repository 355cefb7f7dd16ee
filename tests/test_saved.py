from __future__ import annotations

import json

import pytest

from aura_nb.saved import cut, page
from aura_nb.script import Scene, Script, TitleCard
from aura_nb.spec import Brief


def test_what_fits_is_not_cut_and_no_escape_is_cut_in_two():
    assert cut("a & b", len("a &amp; b")) == "a &amp; b"
    assert cut("a & b!", len("a &amp; b")) == "a …"
    assert cut("“quoted”", 9) == "“quo…"


@pytest.mark.parametrize("character", ["a", "&", '"', "\n", "é", "🌈", "<", "\x01"])
def test_no_page_is_too_much_for_a_notebook_and_what_is_left_out_is_counted(character):
    much = character * 3000
    html = page([much, much, much], [(much, much)] * 90, below="Run the cell.")
    assert len(json.dumps(html, ensure_ascii=False).encode()) <= 20_000
    shown = html.count("<li>")
    assert shown >= 4
    assert f"… and {90 - shown} more." in html


def test_a_script_and_a_brief_are_read_in_a_notebook_and_are_no_markup():
    brief = Brief("Is 1 < 2", audience="All", points=["One.", "<i>Two.</i>"])
    scenes = [Scene(heading="<b>", text="One & two.", picture=TitleCard(title="A"))]
    assert Script(brief=brief, scenes=scenes)._repr_html_() == (
        '<div style="max-width:720px;font-family:system-ui,sans-serif;line-height:1.45">'
        "<p><b>Script</b> · Is 1 &lt; 2 · 1 scene</p>"
        "<ol><li><b>&lt;b&gt;</b><br>One &amp; two.</li></ol></div>"
    )
    shown = brief._repr_html_()
    assert "<p><b>Brief</b> · Is 1 &lt; 2</p><ul><li><b>audience</b><br>All</li>" in shown
    assert "<li><b>points</b><br>One.<br>&lt;i&gt;Two.&lt;/i&gt;</li></ul>" in shown
    # Python shows all there is, as ever.
    assert repr(brief).startswith("Brief(topic='Is 1 < 2', audience='All'")
