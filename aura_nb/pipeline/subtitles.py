"""Subtitle files: cues as SubRip and WebVTT, in which what was said is never taken for markup."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import pysubs2

from aura_nb.errors import RenderError
from aura_nb.pipeline.cache import Cache, digest
from aura_nb.pipeline.caption import Cue

FILE = "captions.vtt"
# Between a character and what would make it markup: invisible, and no line may break there.
WORD_JOINER = "\u2060"


def write_srt(cues: Iterable[Cue], path: Path) -> None:
    """Write SubRip. Whatever a player (or ffmpeg) could take for markup is shown as written."""
    _write(cues, path, "srt", _srt_escape)


def write_vtt(cues: Iterable[Cue], path: Path) -> None:
    """Write WebVTT (https://www.w3.org/TR/webvtt1/), `&`, `<` and `>` as entities."""
    _write(cues, path, "vtt", _vtt_escape)


def keep_vtt(cues: Sequence[Cue], cache: Cache) -> str:
    """Keep the WebVTT of `cues` in `cache`, as its `FILE`; return the key."""
    key = digest("captions", [asdict(cue) for cue in cues])
    cache.get(key, lambda folder: write_vtt(cues, folder / FILE))
    return key


def read_subtitles(path: Path) -> list[Cue]:
    """The cues of an SRT or VTT file; none when there is no file, `RenderError` when it is not UTF-8."""
    if not path.is_file():
        return []
    # pysubs2 takes a number at the very end for that of a next caption: give it one to take.
    try:
        text = path.read_text(encoding="utf-8") + "\n99999\n"
    except UnicodeDecodeError as error:
        raise RenderError(f"{path.name} is not in UTF-8.", remedy="Save it in UTF-8.") from error
    events = pysubs2.SSAFile.from_string(text, path.suffix[1:], keep_html_tags=True)
    unescape = _vtt_unescape if path.suffix == ".vtt" else str
    return [Cue(e.start / 1000, e.end / 1000, unescape(e.text.replace("\\N", "\n"))) for e in events]


def _srt_escape(text: str) -> str:
    return text.replace("<", f"<{WORD_JOINER}").replace("{", f"{{{WORD_JOINER}")


def _vtt_escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _vtt_unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _write(cues: Iterable[Cue], path: Path, kind: str, escape: Callable[[str], str]) -> None:
    file = pysubs2.SSAFile()
    for cue in cues:
        # pysubs2 keeps text as SubStation, where a backslash begins a command.
        text = escape(cue.text.replace("\\", f"\\{WORD_JOINER}")).replace("\n", "\\N")
        file.append(pysubs2.SSAEvent(start=round(cue.start * 1000), end=round(cue.end * 1000), text=text))
    path.write_text(file.to_string(kind, keep_ssa_tags=True), encoding="utf-8", newline="\n")
