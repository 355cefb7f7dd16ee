"""Verify a film: look at it again, and on request make it again to see whether it comes out the same."""

from __future__ import annotations

import html
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aura_nb.api import follow
from aura_nb.cancel import Cancel
from aura_nb.errors import FieldIssue, InvalidBrief, NotAFilm
from aura_nb.film import Film
from aura_nb.jobs.interrupt import interruptible
from aura_nb.jobs.job import Job
from aura_nb.manifest import Manifest
from aura_nb.pipeline.context import Reporter
from aura_nb.pipeline.remake import Change, changes, compare, remake
from aura_nb.pipeline.verify import Check
from aura_nb.pipeline.verify import verify as look
from aura_nb.settings import Settings


@dataclass(frozen=True, repr=False)
class Verification:
    """What was found of a film; shows itself as a table in a notebook and in text.

    `checks` are of the film as it is. `stages` are of the remake, one a stage in the order of the flow, and
    empty when none was asked for; `changes` are the tools and providers that are not those of then.
    """

    checks: tuple[Check, ...]
    stages: tuple[Check, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything is as it should be, and the remake the same."""
        return all(check.ok for check in self)

    @property
    def differs(self) -> str | None:
        """The first stage in which the remake came out otherwise: where to look. None for none."""
        return next((stage.name for stage in self.stages if not stage.ok), None)

    def rows(self) -> list[tuple[str, str, str]]:
        """How each thing stands (ok, fail, differs, other), its name, and what was found."""
        found = [("ok" if check.ok else "fail", check.name, check.detail) for check in self.checks]
        found += [("ok" if stage.ok else "differs", stage.name, stage.detail) for stage in self.stages]
        return found + [
            ("other", change.name, f"{change.then} when it was made, {change.now} now") for change in self.changes
        ]

    def __iter__(self) -> Iterator[Check]:
        return iter((*self.checks, *self.stages))

    def __repr__(self) -> str:
        rows = self.rows()
        width = max((len(name) for _, name, _ in rows), default=0)
        return "\n".join(f"{state:<8}{name:<{width}}  {detail}".rstrip() for state, name, detail in rows)

    def _repr_html_(self) -> str:
        cells = "".join(
            "<tr>" + "".join(f"<td style='text-align:left'>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self.rows()
        )
        head = "".join(f"<th style='text-align:left'>{name}</th>" for name in ("", "Looked at", "Found"))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table>"


def verify(film: str | Path | Film, *, remake: bool = False, inputs: str | Path | None = None) -> Verification:
    """Check a film that aura_nb made: streams, length, pictures, loudness, captions, manifest.

    That takes a second or two a minute of film. With `remake` it is also made again, from its manifest and
    into a cache of its own, as a job that shows itself; `differs` is then the first stage that came out
    otherwise, and `changes` the tools that are not those of then. On the machine and with the versions it
    was made with, a film comes out the same to the byte.

    Parameters
    ----------
    film:
        A film, or its path; its manifest beside it or inside it.
    remake:
        Make it again, which takes as long as making it did.
    inputs:
        The folder that holds the images and the theme it was made of; by default the film's own.

    Raises
    ------
    NotAFilm
        When there is no such file, or aura_nb did not make it.
    InvalidBrief
        When `inputs` are given and it is not to be made again.
    RenderError
        When the film cannot be read, or cannot be made again: an input is missing, or a service drew or
        spoke some of it.
    """
    path = film.path if isinstance(film, Film) else Path(film)
    if inputs is not None and not remake:
        issue = FieldIssue("inputs", "nothing is made of them", "Ask for a remake too, or leave them out.")
        raise InvalidBrief([issue], subject="request")
    if not path.is_file():
        raise NotAFilm(f"There is no film at {path}.", remedy="Check the path.")
    title = Manifest.of(path).title
    checks = interruptible(lambda cancel: look(path, cancel=cancel), f"Verifying {title}")
    if not remake:
        return Verification(tuple(checks))
    return Verification(tuple(checks), *_remade(path, title, Path(inputs) if inputs is not None else None))


def _remade(path: Path, title: str, inputs: Path | None) -> tuple[tuple[Check, ...], tuple[Change, ...]]:
    settings = Settings()
    settings.cache_dir.mkdir(parents=True, exist_ok=True)
    # On the disk that films are made on, and gone with all that is in it.
    with tempfile.TemporaryDirectory(
        prefix="remake-", dir=settings.cache_dir, ignore_cleanup_errors=True
    ) as folder:

        def work(report: Reporter, cancel: Cancel) -> Film:
            workers = settings.at_once
            return remake(path, Path(folder), inputs=inputs, workers=workers, cancel=cancel, report=report)

        again = follow(Job(title, work).start())
        return tuple(compare(path, again.path)), tuple(changes(path, again.path))
