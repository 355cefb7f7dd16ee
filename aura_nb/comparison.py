"""What `compare_providers` gives: tables to compute with, samples to listen to, and a page that shows both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aura_nb.pipeline.compared import Compared, Draft, Take
from aura_nb.script import Script
from aura_nb.spec import Brief, Plan

if TYPE_CHECKING:
    import pandas as pd

TIMES = ("seconds", "realtime", "cached")
"""The columns that differ from run to run; all others stay as long as providers and brief do."""


Column = tuple[str, Callable[[Any], Any]]
"""How a column is held, and what it holds of a draft or take."""


def _column(kind: str, name: str, digits: int | None = None) -> Column:
    def value(row: Draft | Take) -> Any:
        found = getattr(row, name)
        return found if digits is None or found is None else round(found, digits)

    return kind, value


WRITERS: Mapping[str, Column] = {
    "seconds": _column("Float64", "seconds", 3),
    "cached": _column("boolean", "cached"),
    "local": _column("boolean", "local"),
    "model": _column("str", "model"),
    "scenes": _column("Int64", "scenes"),
    "words": _column("Int64", "words"),
    "film_seconds": _column("Float64", "film_seconds", 1),
    "off_percent": _column("Float64", "off_percent", 1),
    "tokens_in": ("Int64", lambda draft: draft.used and draft.used.tokens_in),
    "tokens_out": ("Int64", lambda draft: draft.used and draft.used.tokens_out),
    "cost": _column("Float64", "cost"),
    "failure": _column("str", "failure"),
    "remedy": _column("str", "remedy"),
}
SPEAKERS: Mapping[str, Column] = {
    "seconds": _column("Float64", "seconds", 3),
    "realtime": _column("Float64", "realtime", 2),
    "cached": _column("boolean", "cached"),
    "local": _column("boolean", "local"),
    "voice": _column("str", "voice"),
    "audio_seconds": _column("Float64", "audio_seconds", 2),
    "words_per_minute": _column("Float64", "words_per_minute", 1),
    "loudness": _column("Float64", "loudness", 1),
    "peak": _column("Float64", "peak", 1),
    "recognised": _column("Float64", "recognised", 3),
    "characters": _column("Int64", "characters"),
    "aligned": _column("boolean", "aligned"),
    "cost": _column("Float64", "cost"),
    "failure": _column("str", "failure"),
    "remedy": _column("str", "remedy"),
}


IN_TEXT = (
    *("scenes", "words", "film_seconds", "off_percent", "tokens_in", "tokens_out"),
    *("voice", "words_per_minute", "loudness", "recognised", "aligned", "cost"),
)
"""The columns that are shown as plain text."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Providers side by side; the last value of a cell shows the tables, the samples and the scripts.

    `passage` is what all speakers said. `notes` are what else a reader should know: who measured the
    films, why a column is empty, what a provider could not honour. In text it tells no times, so that it
    stays the same from run to run; for a table without them,
    `comparison.speakers.drop(columns=comparison.timings.columns, errors="ignore")`.
    """

    brief: Brief
    plan: Plan
    compared: Compared

    @property
    def passage(self) -> str:
        """What all speakers said."""
        return self.compared.passage

    @property
    def notes(self) -> tuple[str, ...]:
        """What else a reader should know."""
        return self.compared.notes

    @property
    def writers(self) -> pd.DataFrame:
        """One row a writer, index `provider`, in the order they were asked for.

        `seconds` it worked (without measuring speech, and of the run that wrote the script: `cached` says
        that this was an earlier one), `local`, `model`, `scenes`, `words`, `film_seconds` as spoken,
        `off_percent` that is from the plan's length, `tokens_in` and `tokens_out` as its server counts
        them, `cost` in USD (0 for local ones; missing without the settings `price_in` and `price_out`,
        USD a million tokens), and for one that failed `failure` and `remedy`. What is not known is missing.
        """
        return _frame(WRITERS, self.compared.drafts)

    @property
    def speakers(self) -> pd.DataFrame:
        """One row a speaker, index `provider`, in the order they were asked for.

        `seconds` it worked (of the run that spoke: `cached` says that this was an earlier one; loading its
        model is not in it), `realtime` (seconds of speech for each second of work: above 1 is faster than
        it plays), `local`, `voice`, `audio_seconds` of speech with its pauses, `words_per_minute`,
        `loudness` (integrated, LUFS) and `peak` (true peak, dBTP) of the narration, all of whose sentences
        are brought to one level and which a film then plays at −14 LUFS, `recognised` (share of the words
        that a recogniser hears, 0–1: 1 − the word error rate), `characters` as said, `aligned` (whether
        the words' times are the engine's own), `cost` in USD (0 for local ones; missing without the
        setting `price`, USD a million characters), and for one that failed `failure` and `remedy`. What is
        not known is missing.
        """
        return _frame(SPEAKERS, self.compared.takes)

    @property
    def timings(self) -> pd.DataFrame:
        """What differs from run to run: index `socket` and `provider`; columns `seconds`, `realtime`, `cached`."""
        import pandas as pd

        both = {"writer": self.writers, "speaker": self.speakers}
        tables = {socket: table.reindex(columns=[*TIMES]) for socket, table in both.items() if len(table)}
        kinds = {"seconds": "Float64", "realtime": "Float64", "cached": "boolean"}
        return pd.concat(tables, names=["socket", "provider"]).astype(kinds)

    @property
    def scripts(self) -> dict[str, Script]:
        """The scripts by who wrote them: `aura.make(comparison.scripts["ollama"])`."""
        return {draft.entrant.label: draft.script for draft in self.compared.drafts if draft.script is not None}

    @property
    def samples(self) -> dict[str, Path]:
        """The passage as each speaker says it: M4A files in the cache."""
        return {take.entrant.label: take.sample for take in self.compared.takes if take.sample is not None}

    def __repr__(self) -> str:
        parts = [f"Comparison({self.brief.topic!r})"]
        for name, table in (("Writers", self.writers), ("Speakers", self.speakers)):
            if len(table):
                parts += ["", name, repr(table[[column for column in IN_TEXT if column in table]])]
        return "\n".join([*parts, "", *self.failures, *self.notes]).rstrip()

    @property
    def failures(self) -> tuple[str, ...]:
        """What failed, and what mends it, a line each."""
        both: list[Draft | Take] = [*self.compared.drafts, *self.compared.takes]
        return tuple(f"{one.failure} {one.remedy}".rstrip() for one in both if one.failure)

    def _repr_html_(self) -> str:
        from aura_nb.comparison_page import page

        return page(self)


def _frame(columns: Mapping[str, Column], rows: Sequence[Draft | Take]) -> pd.DataFrame:
    import pandas as pd

    from aura_nb.whole import Whole

    table: dict[str, Any] = {}
    for name, (kind, value) in columns.items():
        table[name] = pd.Series([value(row) for row in rows], dtype=kind)
    frame = Whole(table)
    frame.index = pd.Index([row.entrant.label for row in rows], name="provider", dtype="str")
    return frame
