"""The finished film: where it is, what is in it, and how it shows itself in a notebook."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aura_nb import film_page
from aura_nb.errors import AuraError, NotAFilm
from aura_nb.manifest import CreditEntry, Manifest, companion, manifest_path

if TYPE_CHECKING:
    import pandas as pd

INLINE_BYTES = 32_000_000
"""Films up to this size, two minutes of 1080p, are put into a page that has no kernel to ask for them."""
EMBED_MB = 64.0
"""What `Film.embed` puts into a notebook unless told otherwise."""


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

    The notebook keeps a poster of it, some kB; `embed` gives what keeps all of it.

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

    def embed(self, *, most_mb: float = EMBED_MB) -> Embedded:
        """The film as a player with all of it inside, for a document that must play by itself wherever it goes.

        Show it as the last value of a cell. The notebook grows by a third more than the film's size.

        Parameters
        ----------
        most_mb:
            The largest film to take, in 10⁶ bytes: notebooks of hundreds of megabytes open slowly or not at all.

        Raises
        ------
        NotAFilm
            The film is no longer where it was made.
        AuraError
            It is larger than `most_mb`.
        """
        try:
            size = self.path.stat().st_size / 1_000_000
            if size <= most_mb:
                return Embedded(repr(self), film_page.whole(self))
        except OSError as error:
            raise NotAFilm(
                f"{self.path.name} is no longer where it was made.",
                remedy="Make it again, or load it from its place.",
            ) from error
        raise AuraError(
            f"{self.path.name} has {size:.0f} MB, and would make the notebook {4 / 3 * size:.0f} MB larger.",
            remedy=f"Give embed(most_mb={math.ceil(size)}) to do it all the same, or render fewer pixels.",
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, Any]:
        # By its name: imports point one way, and what shows films is made of them.
        shown = import_module("aura_nb.widgets.projector").shown(self)
        return {"text/plain": repr(self), "text/html": shown}

    def _repr_html_(self) -> str:
        """A player for a page that has no kernel to ask: of the film itself when it is small, else of a link."""
        if self.path.is_file() and self.path.stat().st_size <= INLINE_BYTES:
            return film_page.whole(self)
        return film_page.poster(self)


@dataclass(frozen=True)
class Embedded:
    """A film with all its bytes, as the last value of a cell; `html` plays in any browser."""

    name: str
    html: str

    def __repr__(self) -> str:
        return self.name

    def _repr_html_(self) -> str:
        return self.html


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
