"""The cast of a film: which providers of its profile will do the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol, Self

from aura_nb.errors import AuraError, FieldIssue, InvalidBrief, ProviderError
from aura_nb.pipeline.context import Stage
from aura_nb.providers import registry
from aura_nb.providers.base import Accepting, Illustrator, Provider, ScriptWriter, Socket, Speaker
from aura_nb.request import Request
from aura_nb.spec import Voice


@dataclass(frozen=True, slots=True)
class Cast:
    """The providers that can do it, each chain in order; `passed` says of the others in the profile why not."""

    writers: tuple[ScriptWriter, ...]
    speakers: tuple[Speaker, ...]
    illustrators: tuple[Illustrator, ...]
    passed: tuple[str, ...] = ()

    def stage_of(self, provider: str) -> Stage | None:
        """The first stage that `provider` works for, None for one that is not of this cast."""
        chains: dict[Stage, Sequence[Provider]]
        chains = {"write": self.writers, "narrate": self.speakers, "picture": self.illustrators}
        return next((stage for stage, chain in chains.items() if provider in {p.info.name for p in chain}), None)

    @classmethod
    def of(cls, request: Request, parts: Parts = registry.default) -> Self:
        """Choose the providers of `request` among `parts`.

        Raises `InvalidBrief` for a chain of which none can do it, with each one's remedy, and for a
        voice that no speaker of the chain has.
        """
        passed: list[FieldIssue] = []

        def able(socket: Socket, names: Sequence[str]) -> tuple[Any, ...]:
            found: list[Any] = []
            issues: list[Any] = []
            for name in names:
                one = able_or_why_not(socket, name, request.brief.language, parts)
                (issues if isinstance(one, FieldIssue) else found).append(one)
            if not found:
                raise InvalidBrief(issues, subject="profile")
            passed.extend(issues)
            return tuple(found)

        profile = request.profile
        speakers: tuple[Speaker, ...] = () if request.voice.silent else able("speaker", profile.speaker)
        check_voice(request.voice, speakers)
        return cls(
            able("writer", profile.writer) if request.script is None else (),
            speakers,
            able("illustrator", profile.illustrator),
            tuple(f"{issue.message}, and is passed over. {issue.remedy}" for issue in passed),
        )


class Parts(Protocol):
    """Where providers are had by name, as in `aura_nb.providers.registry`."""

    def get(self, socket: Socket, name: str, /) -> Provider: ...


def able_or_why_not(socket: Socket, name: str, language: str, parts: Parts) -> Provider | FieldIssue:
    """The provider `name`, or what keeps it from working here on a film in `language`, with the remedy.

    Raises `UnknownProvider`, which is a slip of the pen; what a plug-in breaks with is a finding.
    """
    field = f"profile.{socket}"
    try:
        provider = parts.get(socket, name)
        return lack(provider, socket, language) or provider
    except ProviderError as error:
        return FieldIssue(field, error.message.rstrip("."), error.remedy)
    except AuraError:
        raise
    except Exception as error:
        # Its kind alone: what it says may be a secret.
        return FieldIssue(field, f"{name} broke with {type(error).__name__}", "Tell its author.")


def lack(provider: Provider, socket: Socket, language: str) -> FieldIssue | None:
    """What keeps `provider` from working here on a film in `language`, with the remedy; None when nothing does."""
    name = provider.info.name
    remedy = provider.missing()
    if remedy is not None:
        return FieldIssue(f"profile.{socket}", f"{name} is not ready", remedy)
    if isinstance(provider, Speaker) and not provider.speaks(language):
        return FieldIssue(f"profile.{socket}", f"{name} does not speak {language!r}", "Name a speaker that does.")
    return None


def check_voice(voice: Voice, speakers: Sequence[Speaker]) -> None:
    """Raise `InvalidBrief` when a voice is named that none of `speakers` has."""
    if voice.name is None or not speakers:
        return
    if any(voice_named(voice.name, speaker) is not None for speaker in speakers):
        return
    names = [name for speaker in speakers for name in speaker.voices()]
    near = get_close_matches(voice.name, names, n=3) or [speaker.voices()[0] for speaker in speakers]
    issue = FieldIssue(
        "name",
        f"no speaker of this profile has a voice {voice.name!r}",
        f"Choose another, e.g. {', '.join(near)}; `aura-nb voices` lists them all.",
    )
    raise InvalidBrief([issue], subject="voice")


def voice_named(name: str, speaker: Speaker) -> str | None:
    """What `speaker` calls its voice `name`, which may be written in any case; None when it has none such."""
    listed = {known.lower(): known for known in speaker.voices()}
    accepts = isinstance(speaker, Accepting) and speaker.accepts(name)
    return listed.get(name.lower()) or (name if accepts else None)
