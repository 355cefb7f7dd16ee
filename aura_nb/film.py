"""The finished film: where it is, what is in it, and how it shows itself in a notebook."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aura_nb.errors import NotAFilm
from aura_nb.manifest import CreditEntry, Manifest, companion, manifest_path

if TYPE_CHECKING:
    import pandas as pd

INLINE_BYTES = 32_000_000
"""Films up to this size, two minutes of 1080p, are put into the notebook itself; larger ones are linked."""


@dataclass(frozen=True, slots=True)
class StageTiming:
    """What one stage cost: wall and CPU seconds, how many items, and how many came from the cache.

    CPU seconds are those of its tasks, and of the processes (ffmpeg, espeak, a browser) and the encoders'
    threads that they started.
    `provider` is who did it, where that can vary; `failed` who should have, and was replaced. `peak_mb` is
    the most memory, in 10⁶ bytes, that this process and those it started held meanwhile, whatever for.
    """

    stage: str
    seconds: float
    cpu_seconds: float
    items: int
    cached: int
    provider: str = ""
    failed: str = ""
    peak_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the film: [start, end) in seconds."""

    title: str
    start: float
    end: float


@dataclass(frozen=True)
class Film:
    """A film on disk, which plays when it is the last value of a notebook cell.

    `srt`, `vtt` (None for a film without captions) and `manifest` lie beside `path`; `seconds` is
    its length, `size` its width and height in pixels, `language` a BCP 47 tag, `codec` that of its pictures.
    `credits` are those whose work it shows, named in its last chapter: name them, too, where you publish it.
    `took` is how many seconds making it took, 0 for a film that was loaded.
    """

    path: Path
    srt: Path | None
    vtt: Path | None
    manifest: Path
    title: str
    seconds: float
    size: tuple[int, int]
    chapters: tuple[Chapter, ...]
    warnings: tuple[str, ...] = ()
    stages: tuple[StageTiming, ...] = ()
    language: str = "en"
    credits: tuple[CreditEntry, ...] = ()
    codec: str = "h264"
    took: float = 0.0

    @classmethod
    def load(cls, path: str | Path) -> Film:
        """The film at `path` (an MP4 made by aura_nb, its manifest beside it or inside it).

        Timings are not part of a film on disk: `stages` is empty. Raises `NotAFilm`.
        """
        path = Path(path)
        if not path.is_file():
            raise NotAFilm(f"There is no film at {path}.", remedy="Give the path of an MP4 made by aura_nb.")
        told = Manifest.of(path)
        return cls(
            path=path,
            srt=companion(path, "srt") if told.captions else None,
            vtt=companion(path, "vtt") if told.captions else None,
            manifest=manifest_path(path),
            title=told.title,
            seconds=told.seconds,
            size=told.size,
            chapters=tuple(Chapter(chapter.title, chapter.start, chapter.end) for chapter in told.chapters),
            language=told.language,
            credits=told.credits,
            codec=told.encoder.codec,
        )

    @property
    def timings(self) -> pd.DataFrame:
        """What each stage cost, one row a stage.

        Columns: `seconds` of wall time, `cpu_seconds` (of ffmpeg and the like, and of the threads of encoders,
        too), `peak_mb` of memory, `items` done, how many of them were `cached`, `realtime` (seconds of film for
        each second of work), the `provider` who did it, and those that `failed` and were replaced.
        """
        return timings_table(self.stages, self.seconds)

    def __repr__(self) -> str:
        count = len(self.chapters) - bool(self.credits)
        scenes = f"{count} scene{'' if count == 1 else 's'}"
        facts = [repr(self.title), scenes, f"{self.size[0]}×{self.size[1]}"]
        facts += [self.codec] if self.codec != "h264" else []
        return f"Film({', '.join([*facts, 'captions'] if self.vtt else facts)})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, Any]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def _repr_html_(self) -> str:
        """A player with captions, of the film itself when it is small enough, else of a link to it."""
        caption = html.escape(repr(self)[5:-1])
        if self.codec == "h265":
            caption += ". A browser without a decoder for H.265 plays its sound only: then use a video player."
        caption = f"<figcaption>{caption}</figcaption>"
        source = self._source()
        if source is None:
            why = (
                f"larger than {INLINE_BYTES // 1_000_000} MB and outside this notebook's folder. Open it with a "
                "video player (<code>film.path</code> says where it is), or make it with <code>output=</code> a "
                "path in this folder to see it here"
                if self.path.is_file()
                else "no longer where it was made"
            )
            name = html.escape(self.path.name)
            return f'<figure style="margin:0"><p>The film <b>{name}</b> is {why}.</p>{caption}</figure>'
        width = 640 if self.size[0] >= self.size[1] else 360
        return (
            f'<figure style="margin:0"><video controls preload="metadata" playsinline '
            f'style="max-width:100%;width:{width}px;aspect-ratio:{self.size[0]}/{self.size[1]}" '
            f'aria-label="{html.escape(self.title)}" src="{html.escape(source)}">{self._track()}'
            f"This browser plays no video.</video>{caption}</figure>"
        )

    def _source(self) -> str | None:
        """Where a page finds the film: in itself, or by a path relative to the notebook's folder."""
        if not self.path.is_file():
            return None
        if self.path.stat().st_size <= INLINE_BYTES:
            return _data_uri("video/mp4", self.path)
        try:
            relative = self.path.resolve().relative_to(Path.cwd().resolve())
        except ValueError:
            return None
        return quote(relative.as_posix())

    def _track(self) -> str:
        if self.vtt is None or not self.vtt.is_file():
            return ""
        language = html.escape(self.language)
        return (
            f'<track kind="captions" srclang="{language}" label="{language}" default '
            f'src="{_data_uri("text/vtt", self.vtt)}">'
        )


def timings_table(stages: Sequence[StageTiming], film_seconds: float) -> pd.DataFrame:
    """`Film.timings` of any `stages`; `film_seconds` is not a number where there is no film (yet)."""
    import pandas as pd

    columns = {
        "seconds": "float64",
        "cpu_seconds": "float64",
        "peak_mb": "float64",
        "items": "int64",
        "cached": "int64",
        "realtime": "float64",
        "provider": "str",
        "failed": "str",
    }
    rows = [
        asdict(one) | {"realtime": film_seconds / one.seconds if one.seconds > 0 else float("nan")}
        for one in stages
    ]
    index = pd.Index([stage.stage for stage in stages], name="stage", dtype="str")
    return pd.DataFrame(rows, index=index, columns=[*columns]).astype(columns)


def _data_uri(kind: str, path: Path) -> str:
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
