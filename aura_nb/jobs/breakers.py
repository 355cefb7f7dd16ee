"""Where the providers' circuit breakers outlive a kernel: a row each in the journal."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from aura_nb.jobs.journal import Journal
from aura_nb.providers.breaker import State
from aura_nb.providers.guard import Kept


@dataclass(frozen=True, slots=True)
class Breakers:
    """The states kept in `journal`: a `Store` for guards. Of two kernels, the one that wrote last counts."""

    journal: Journal

    def load(self, provider: str) -> Kept | None:
        """The state last kept of `provider`, None if there is none."""
        found = self.journal.query("SELECT state, since FROM breakers WHERE provider = ?", provider)
        return Kept(found[0][0], self.journal.clock.now() - found[0][1]) if found else None

    def save(self, provider: str, state: State) -> None:
        """Keep that `provider` is in `state` from now on. Raises `sqlite3.Error`."""
        if self.journal.problem:
            raise sqlite3.OperationalError(self.journal.problem)
        with self.journal.transaction() as db:
            row = (provider, state, self.journal.clock.now())
            db.execute("INSERT OR REPLACE INTO breakers (provider, state, since) VALUES (?, ?, ?)", row)
