from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aura_nb.pipeline.caption import Cue
from aura_nb.pipeline.subtitles import WORD_JOINER, read_subtitles, write_srt, write_vtt
from aura_nb.pipeline.sync import bare
from tests.pipeline.test_caption import TOKENS

HOSTILE = "a <b>bold</b> {\\an8} C:\\new C:\\Nord & &lt; 1 --> 2\nIn\\h 1905"


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0, 5000), TOKENS.filter(bare)), max_size=8))
def test_both_files_say_what_was_written(entries):
    made = [Cue(start, start + 1, bare(text)) for start, text in sorted(entries)] + [Cue(6000, 6001, HOSTILE)]
    with tempfile.TemporaryDirectory() as folder:
        for write, name in ((write_srt, "f.srt"), (write_vtt, "f.vtt")):
            path = Path(folder) / name
            write(made, path)
            for cue, read in zip(made, read_subtitles(path), strict=True):
                assert (read.start, read.end) == pytest.approx((cue.start, cue.end), abs=0.001)
                assert read.text.replace(WORD_JOINER, "") == cue.text.replace(WORD_JOINER, "")


def test_nothing_written_is_markup(tmp_path: Path):
    write_srt([Cue(0, 1, HOSTILE)], tmp_path / "f.srt")
    write_vtt([Cue(0, 1, HOSTILE)], tmp_path / "f.vtt")
    srt = (tmp_path / "f.srt").read_text(encoding="utf-8")
    assert "<b>" not in srt
    assert "{\\" not in srt
    vtt = (tmp_path / "f.vtt").read_text(encoding="utf-8")
    assert vtt.startswith("WEBVTT\n")
    assert "<" not in vtt
    assert vtt.count("-->") == 1
