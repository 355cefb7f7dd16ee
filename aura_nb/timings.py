"""What a film cost to make, of whatever there is of it: the film, its job, or a past job's id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aura_nb.errors import AuraError
from aura_nb.film import Film, StageTiming
from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import Journal, journal_at
from aura_nb.jobs.snapshot import Snapshot
from aura_nb.settings import Settings

Made = Job | Film | str
"""A job, a film, or the id of a job (or its beginning, as in `aura.jobs()`), also of a past kernel's."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What making one film cost: each stage, and how many seconds it `took` in all (0: not known).

    `film_seconds` is the film's length, not a number while there is none. Stages overlap: `took` is not
    the sum of theirs.
    """

    title: str
    stages: tuple[StageTiming, ...]
    film_seconds: float
    took: float

    @property
    def realtime(self) -> float:
        """Seconds of film made in a second; not a number where that is not known."""
        return self.film_seconds / self.took if self.took else float("nan")

    @classmethod
    def of(cls, made: Made, journal: Journal | None = None) -> Costs:
        """The costs of `made`; ids are looked up in `journal`, by default the user's. Raises AuraError."""
        if isinstance(made, Film):
            return cls(made.title, made.stages, made.seconds, made.took)
        if isinstance(made, Job):
            return cls._so_far(made.snapshot())
        journal = journal or journal_at(Settings().journal)
        row = journal.row(made) if made else None
        if row is None:
            raise AuraError(
                f"There is no one job {made!r}.", remedy="Give more of its id: aura.jobs() lists them all."
            )
        return cls._so_far(journal.snapshot(row.id))

    @classmethod
    def _so_far(cls, job: Snapshot) -> Costs:
        stages = tuple(
            StageTiming(
                stage.name,
                stage.seconds or 0.0,
                stage.cpu_seconds or 0.0,
                stage.done or 0,
                stage.cached,
                stage.provider,
                stage.failed,
                stage.peak_mb or 0.0,
            )
            for stage in job.stages
            if stage.state not in ("pending", "skipped")
        )
        return cls(job.title, stages, job.film.seconds if job.film else float("nan"), job.elapsed_seconds)


def costs_of(made: Made | Sequence[Made], journal: Journal | None = None) -> dict[str, Costs]:
    """The costs of each of `made`, by its title, which is numbered where it repeats."""
    several = [made] if isinstance(made, Made) else made
    found = [Costs.of(one, journal) for one in several]
    return dict(zip(_names(costs.title for costs in found), found, strict=True))


def _names(titles: Iterable[str]) -> list[str]:
    names: list[str] = []
    for title in titles:
        name, number = title, 2
        while name in names:
            name, number = f"{title} ({number})", number + 1
        names.append(name)
    return names
