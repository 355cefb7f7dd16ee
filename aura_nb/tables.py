"""Jobs, timings and providers as pandas DataFrames."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aura_nb.codecs import ENCODERS
from aura_nb.film import timings_table
from aura_nb.jobs.journal import Journal
from aura_nb.providers.guard import guard_of
from aura_nb.providers.report import ProviderReport
from aura_nb.timings import Costs, Made, costs_of

if TYPE_CHECKING:
    import pandas as pd

    from aura_nb.media.proof import Proof
    from aura_nb.pipeline.contest import Run

SHORT_ID = 8
COSTS = {
    "seconds": "Float64",
    "realtime": "Float64",
    "items": "Int64",
    "cached": "Int64",
    "cpu_seconds": "Float64",
    "peak_mb": "Float64",
    "provider": "string",
}
"""What is compared, and how it is held."""
SUMMED = ("items", "cached", "cpu_seconds")
NAMED_OFFERS = 3
"""How many voices or models a table names; it counts the rest."""


def jobs(journal: Journal) -> pd.DataFrame:
    """All jobs, newest first, those of other and past kernels included.

    Index `job` (the id's beginning); columns `title`, `status`, `percent`, `created` (local time),
    `seconds` it ran, `film_seconds`, `film` (path), `error`, `retry_of`.
    """
    import pandas as pd

    rows = journal.rows()
    frame = pd.DataFrame(
        {
            "title": [row.title for row in rows],
            "status": [row.status for row in rows],
            "percent": [row.percent for row in rows],
            "created": pd.to_datetime([row.created for row in rows], unit="s", utc=True),
            "seconds": [row.seconds for row in rows],
            "film_seconds": pd.array([row.film_seconds for row in rows], dtype="Float64"),
            "film": [row.film or "" for row in rows],
            "error": [row.error or "" for row in rows],
            "retry_of": [(row.retry_of or "")[:SHORT_ID] for row in rows],
        },
        index=pd.Index([row.id[:SHORT_ID] for row in rows], name="job", dtype="str"),
    )
    frame["created"] = frame["created"].dt.tz_convert(_local_zone()).dt.floor("s")
    return frame


def timings(made: Made) -> pd.DataFrame:
    """What each stage of a job or film cost: `Film.timings`, or as far as a job without a film came.

    Index `stage`; columns `seconds` (wall), `cpu_seconds`, `peak_mb`, `items` done, `cached` of them,
    `realtime` (seconds of film made in a second of this stage: above 1 is faster than it plays),
    `provider`, and those that `failed` and were replaced by it.
    """
    costs = Costs.of(made)
    return timings_table(costs.stages, costs.film_seconds)


def compare(made: Made | Sequence[Made], *, journal: Journal | None = None) -> pd.DataFrame:
    """The timings of several jobs or films side by side, those of past kernels by their ids.

    Index `stage` and a last row `total`; columns in two levels: whose (the title, numbered where it
    repeats), then `seconds`, `realtime`, `items`, `cached` (how many of them were not made again),
    `cpu_seconds` (those of ffmpeg and the like included), `peak_mb` of memory, and the `provider` who did
    it. A stage one did not need is missing. Stages overlap, so the total's `seconds` are how long the
    making took, not a sum, and its `peak_mb` is the most of any stage. Raises AuraError for an id that is
    no job's.
    """
    import pandas as pd

    tables = {name: _compared(costs) for name, costs in costs_of(made, journal).items()}
    if not tables:
        return pd.DataFrame(index=pd.Index([], name="stage", dtype="str"))
    order = [*dict.fromkeys(stage for table in tables.values() for stage in table.index if stage != "total")]
    joined = pd.concat(tables, axis=1, names=["made", "cost"]).reindex([*order, "total"])
    return joined.rename_axis(index="stage")


def _compared(costs: Costs) -> pd.DataFrame:
    import pandas as pd

    # Dtypes that know a missing value: not every job needs every stage.
    table = timings_table(costs.stages, costs.film_seconds)[[*COSTS]].astype(COSTS).round(3)
    table.loc["total", [*SUMMED]] = table[[*SUMMED]].sum()
    table.loc["total", "peak_mb"] = table["peak_mb"].max()
    table.loc["total", "seconds"] = costs.took or pd.NA
    table.loc["total", "realtime"] = pd.NA if math.isnan(costs.realtime) else round(costs.realtime, 3)
    return table


def providers(reports: Iterable[ProviderReport]) -> pd.DataFrame:
    """Providers as they were found, in the order of `reports`.

    Index `provider`; columns `socket`, `local`, `status`, `remedy`, `latency_ms` (of the probe, missing
    where none was made), `offers` (its first voices or models, and how many there are), `breaker`
    (closed, open, half-open), `licence`. The columns' own name is the depth that was looked
    at: "live" or "configuration".
    """
    import pandas as pd

    from aura_nb.whole import Whole

    rows = list(reports)
    frame = Whole(
        {
            "socket": pd.array([row.socket for row in rows], dtype="str"),
            "local": pd.array([row.local for row in rows], dtype="boolean"),
            "status": pd.array([row.status for row in rows], dtype="str"),
            "remedy": pd.array([row.remedy for row in rows], dtype="str"),
            "latency_ms": pd.array([row.latency_ms for row in rows], dtype="Float64"),
            "offers": pd.array([offers(row) for row in rows], dtype="str"),
            "breaker": pd.array([guard_of(row.provider).state for row in rows], dtype="str"),
            "licence": pd.array([str(row.details.get("licence", "")) for row in rows], dtype="str"),
        },
        index=pd.Index([row.provider for row in rows], name="provider", dtype="str"),
    )
    frame.columns.name = rows[0].depth if rows else None
    return frame


def offers(report: ProviderReport) -> str:
    """The voices or models a provider offers: the first few by name, and how many there are."""
    names = [str(name) for kind in ("voices", "models") for name in report.details.get(kind, ())]
    if len(names) <= NAMED_OFFERS:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED_OFFERS])}, … ({len(names)})"


def encoders(proofs: Mapping[str, Proof]) -> pd.DataFrame:
    """Encoders as they were found, those of H.264 first.

    Index `encoder`; columns `codec`, `kind` ("software" or "hardware"), `usable`, `version` (its own, or
    that of the libavcodec or ffmpeg that carries it), `deterministic` (the same frames give the same bytes,
    in one thread on one machine), and for one that is not usable `why` and the `remedy`.
    """
    import pandas as pd

    from aura_nb.whole import Whole

    rows = [(ENCODERS[name], proof) for name, proof in proofs.items()]
    return Whole(
        {
            "codec": pd.array([encoder.codec for encoder, _ in rows], dtype="str"),
            "kind": pd.array([encoder.kind for encoder, _ in rows], dtype="str"),
            "usable": pd.array([proof.usable for _, proof in rows], dtype="bool"),
            "version": pd.array([proof.version for _, proof in rows], dtype="str"),
            "deterministic": pd.array([encoder.deterministic for encoder, _ in rows], dtype="bool"),
            "why": pd.array([proof.why for _, proof in rows], dtype="str"),
            "remedy": pd.array(["" if proof.usable else encoder.remedy for encoder, proof in rows], dtype="str"),
        },
        index=pd.Index([encoder.name for encoder, _ in rows], name="encoder", dtype="str"),
    )


def encoder_runs(runs: Iterable[Run]) -> pd.DataFrame:
    """What came of encoders that encoded the same frames.

    Index `encoder`; columns `codec`, `kind`, `seconds` it took, `realtime` (seconds of film for each of them:
    above 1 is faster than it plays), `cpu_seconds` of all its threads, `bytes`, `kbps` (kbit/s), `ssim` (mean
    structural similarity to the frames it was given, 0–1), `vmaf` (Netflix's score, 0–100; missing where the
    ffmpeg has no libvmaf), and for one that did not do it `failure` and `remedy`.
    """
    import pandas as pd

    from aura_nb.whole import Whole

    rows = list(runs)

    def measured(name: str, digits: int) -> Any:
        found = [getattr(row.measured, name, None) for row in rows]
        return pd.array([None if one is None else round(one, digits) for one in found], dtype="Float64")

    return Whole(
        {
            "codec": pd.array([row.encoder.codec for row in rows], dtype="str"),
            "kind": pd.array([row.encoder.kind for row in rows], dtype="str"),
            "seconds": measured("seconds", 2),
            "realtime": pd.array([row.realtime and round(row.realtime, 2) for row in rows], dtype="Float64"),
            "cpu_seconds": measured("cpu_seconds", 2),
            "bytes": pd.array([row.measured.bytes if row.measured else None for row in rows], dtype="Int64"),
            "kbps": pd.array([row.kbps and round(row.kbps) for row in rows], dtype="Int64"),
            "ssim": measured("ssim", 5),
            "vmaf": measured("vmaf", 1),
            "failure": pd.array([row.failure for row in rows], dtype="str"),
            "remedy": pd.array([row.encoder.remedy if row.failure else "" for row in rows], dtype="str"),
        },
        index=pd.Index([row.encoder.name for row in rows], name="encoder", dtype="str"),
    )


def _local_zone() -> Any:
    from datetime import datetime

    return datetime.now().astimezone().tzinfo
