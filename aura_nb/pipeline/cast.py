"""The cast of a film: which providers of its profile will do the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from aura_nb.errors import FieldIssue, InvalidBrief
from aura_nb.pipeline.context import Stage
from aura_nb.providers import registry
from aura_nb.providers.base import Illustrator, Provider, ScriptWriter, Socket, Speaker
from aura_nb.request import Request
from aura_nb.spec import Voice


@dataclass(frozen=True, slots=True)
class Cast:
    """The providers that are ready, each chain in order; `passed` are those of the profile that are not."""

    writers: tuple[ScriptWriter, ...]
    speakers: tuple[Speaker, ...]
    illustrators: tuple[Illustrator, ...]
    passed: tuple[Provider, ...] = ()

    def stage_of(self, provider: str) -> Stage | None:
        """The first stage that `provider` works for, None for one that is not of this cast."""
        chains: dict[Stage, Sequence[Provider]]
        chains = {"write": self.writers, "narrate": self.speakers, "picture": self.illustrators}
        return next((stage for stage, chain in chains.items() if provider in {p.info.name for p in chain}), None)

    @classmethod
    def of(cls, request: Request) -> Self:
        """Choose the providers of `request`.

        Raises `InvalidBrief` for a chain with none ready, with each one's remedy, and for a voice
        that no speaker of the chain has.
        """
        passed: list[Provider] = []

        def ready(socket: Socket, names: Sequence[str]) -> tuple[Any, ...]:
            chain = registry.chain(socket, names)
            lacking = [provider for provider in chain if provider.missing() is not None]
            passed.extend(lacking)
            if len(lacking) == len(chain):
                issues = [
                    FieldIssue(f"profile.{socket}", f"{p.info.name} is not ready", p.missing() or "")
                    for p in lacking
                ]
                raise InvalidBrief(issues, subject="profile")
            return tuple(provider for provider in chain if provider not in lacking)

        profile = request.profile
        speakers: tuple[Speaker, ...] = () if request.voice.silent else ready("speaker", profile.speaker)
        _check_voice(request.voice, speakers)
        return cls(
            ready("writer", profile.writer) if request.script is None else (),
            speakers,
            ready("illustrator", profile.illustrator),
            tuple(passed),
        )


def _check_voice(voice: Voice, speakers: Sequence[Speaker]) -> None:
    names = [name for speaker in speakers for name in speaker.voices()]
    if voice.name is None or voice.name in names or not speakers:
        return
    known = ", ".join(names[:12])
    issue = FieldIssue("name", f"no speaker of this profile has a voice {voice.name!r}", f"Choose from {known} ….")
    raise InvalidBrief([issue], subject="voice")
