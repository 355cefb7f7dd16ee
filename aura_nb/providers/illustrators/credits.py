"""The card that ends a film and names those whose work it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

from aura_nb.providers.base import Credit
from aura_nb.script import Part


class CreditGroup(Part):
    """The authors of one kind of work from one source: `label` says what and where from, once for all."""

    label: str
    names: list[str]


class CreditsCard(Part):
    """Names by what they made and where it was found. It is the film's own: no script holds one."""

    kind: Literal["credits"] = "credits"
    groups: list[CreditGroup]

    @classmethod
    def of(cls, credits: Sequence[Credit]) -> Self:
        """The card of `credits`, in their order; who made several works of a kind is named once."""
        found: dict[str, dict[str, None]] = {}
        for credit in credits:
            # No words of our own: what is left reads the same in every language.
            label = " · ".join(filter(None, map(_one_line, (credit.work, credit.source, credit.licence))))
            found.setdefault(label, {})[_one_line(credit.author) or "?"] = None
        return cls(groups=[CreditGroup(label=label, names=[*names]) for label, names in found.items()])


def _one_line(text: str) -> str:
    return " ".join(text.split())
