"""A comparison as a reader sees it, on a page or in a terminal: headings, and figures with their units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aura_nb.pipeline.compared import Draft, Take

UNKNOWN = "–"

Cell = tuple[str, str]
"""What stands in a cell, and a small word beside it."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, what it means, and its cell of a draft or take that did not fail.

    Where there is little room, those that are not `vital` are left out.
    """

    heading: str
    what: str
    cell: Callable[[Any], Cell]
    vital: bool = True


def called(row: Draft | Take) -> Cell:
    """Who it is, and which model or voice of it."""
    variant = row.model if isinstance(row, Draft) else row.voice
    return (row.entrant.name, variant) if variant else (row.entrant.label, "")


def figure(value: Any, form: str, unit: str = "") -> str:
    """A number with its unit, a dash for one that is not known."""
    return UNKNOWN if value is None else f"{value:{form}}".replace("-", "−") + unit


def _time(row: Draft | Take) -> Cell:
    aside = "cached" if row.cached else ""
    if row.seconds is not None and row.seconds < 0.1:
        return f"{1000 * row.seconds:.0f} ms", aside
    return figure(row.seconds, ".1f" if (row.seconds or 0) >= 10 else ".2f", " s"), aside


def _cost(row: Draft | Take) -> Cell:
    return ("0" if row.cost == 0 else figure(row.cost, ".2f" if (row.cost or 0) >= 0.01 else ".2g", " USD")), ""


def _realtime(take: Take) -> Cell:
    return figure(take.realtime, ".1f" if (take.realtime or 0) < 20 else ",.0f", " ×"), ""


def _recognised(take: Take) -> Cell:
    return figure(None if take.recognised is None else 100 * take.recognised, ".0f", " %"), ""


WRITERS = (
    Column("Time", "Seconds it worked, without measuring speech", _time),
    Column(
        "Film",
        "Length as spoken, and how far that is from the plan",
        lambda draft: (figure(draft.film_seconds, ".1f", " s"), figure(draft.off_percent, "+.0f", " %")),
    ),
    Column("Scenes", "Of its script", lambda draft: (figure(draft.scenes, "d"), "")),
    Column("Words", "Of its script", lambda draft: (figure(draft.words, ",d"), "")),
    Column("Tokens in", "As its server counts", lambda d: (figure(d.used and d.used.tokens_in, ",d"), "")),
    Column("Tokens out", "As its server counts", lambda d: (figure(d.used and d.used.tokens_out, ",d"), "")),
    Column("Cost", "At the prices set", _cost),
)
SPEAKERS = (
    Column("Time", "Seconds it worked, its model loaded", _time),
    Column("Realtime", "Seconds of speech for each second of work", _realtime),
    Column("Words/min", "Pauses included", lambda take: (figure(take.words_per_minute, ".0f"), "")),
    Column("Recognised", "Share of the words that a recogniser hears", _recognised),
    Column(
        "Loudness",
        "Integrated; films are brought to −14 LUFS",
        lambda take: (figure(take.loudness, ".1f", " LUFS"), ""),
    ),
    Column("Peak", "True peak", lambda take: (figure(take.peak, ".1f", " dBTP"), ""), vital=False),
    Column(
        "Word times",
        "The engine's own, or estimated from the sound",
        lambda take: ("own" if take.aligned else "estimated", ""),
        vital=False,
    ),
    Column("Characters", "As said", lambda take: (figure(take.characters, ",d"), ""), vital=False),
    Column("Cost", "At the price set", _cost),
)
