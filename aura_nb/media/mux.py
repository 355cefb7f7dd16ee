"""Mux: streams, captions, chapters and tags into one MP4, nothing encoded but the text of the captions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aura_nb.cancel import Cancel
from aura_nb.media import ffmpeg
from aura_nb.media.encode import H265_TAG
from aura_nb.media.probe import codec_of


def mux(
    out: Path,
    *,
    video: Path,
    audio: Path,
    subtitles: Path | None,
    tags: Path,
    language: str,
    seconds: float,
    cancel: Cancel,
    progress: Callable[[float], None] = lambda fraction: None,
) -> None:
    """Copy `video` and `audio` into the MP4 `out`, its index in front.

    `subtitles` is an SRT file that becomes a soft text track, `tags` an ffmetadata file (see
    `ffmetadata`), `language` a BCP 47 tag, `seconds` the length, for `progress`.
    """
    import ffmpeg as graph

    streams: list[Any] = [ffmpeg.source(video).video, ffmpeg.source(audio).audio]
    code = alpha3(language)
    # Copied streams keep the name by which their pictures are known; H.265 would get another.
    tag = {"tag:v": H265_TAG} if codec_of(video) == "hevc" else {}
    options: dict[str, Any] = {**tag, "vcodec": "copy", "acodec": "copy", "metadata:s:a:0": f"language={code}"}
    if subtitles is not None:
        streams.append(ffmpeg.source(subtitles, format="srt")["s"])
        options |= {"scodec": "mov_text", "metadata:s:s:0": f"language={code}"}
    output = graph.output(
        *streams,
        ffmpeg.target(out),
        **options,
        # ffmpeg-python knows inputs by their streams only: the tags, which have none, come after all others.
        map_metadata=len(streams),
        map_chapters=len(streams),
        movflags="+faststart",
        fflags="+bitexact",
        **{"flags:v": "+bitexact", "flags:a": "+bitexact"},
    ).global_args("-f", "ffmetadata", "-protocol_whitelist", ffmpeg.PROTOCOLS, "-i", f"file:{tags}")
    ffmpeg.run(output, cancel=cancel, progress=progress, seconds=seconds)


def ffmetadata(tags: Mapping[str, str], chapters: Sequence[tuple[str, float, float]]) -> str:
    """Tags and chapters (title, start, end in seconds) in ffmpeg's own format.

    https://ffmpeg.org/ffmpeg-formats.html#Metadata-2
    """
    lines = [";FFMETADATA1", *(f"{name}={_escape(value)}" for name, value in tags.items())]
    for title, start, end in chapters:
        times = f"START={round(start * 1000)}", f"END={round(end * 1000)}"
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", *times, f"title={_escape(title)}"]
    return "\n".join(lines) + "\n"


def _escape(value: str) -> str:
    return "".join(f"\\{char}" if char in "=;#\\\n" else char for char in value if char not in "\r\0")


def alpha3(language: str) -> str:
    """The ISO 639-2 code that MP4 wants for a BCP 47 tag; 'und' when there is none."""
    import langcodes

    try:
        return langcodes.Language.get(language).to_alpha3()
    except (LookupError, ValueError):  # a code it does not know, or no tag at all
        return "und"
