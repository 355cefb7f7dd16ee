"""Compare providers: every writer writes the same brief, every speaker says the same text.

Each is run through the very stages a film goes through, one after the other, so that nothing competes
for the machine, and alone: no other stands in for it. What the stages keep in the cache is found there
by the film that is made afterwards, and by the next comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aura_nb.cancel import Cancel
from aura_nb.errors import AuraError, JobCancelled, ProviderError
from aura_nb.pipeline import cost
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.cast import lack, voice_named
from aura_nb.pipeline.chain import DOES, calling
from aura_nb.pipeline.compared import Compared, Draft, Take
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.entrants import Entrant, provider_of
from aura_nb.pipeline.listening import recognised, sampled
from aura_nb.pipeline.narrate import Narration, is_spoken, narrate_scene, spoken_seconds
from aura_nb.pipeline.passage import known, opening, words_per_minute
from aura_nb.pipeline.timeline import film_seconds
from aura_nb.pipeline.write import write_script
from aura_nb.providers import recogniser, registry
from aura_nb.providers.base import ScriptWriter, Speaker
from aura_nb.providers.speakers.spoken import speak_out
from aura_nb.request import Request
from aura_nb.spec import Voice


@dataclass(frozen=True, slots=True)
class Step:
    """Who is at work: the `number`-th of `total`, `fraction` of its work done, 0–1."""

    number: int
    total: int
    label: str
    doing: str
    fraction: float = 0.0

    def __str__(self) -> str:
        return f"{self.label} {self.doing} ({self.number} of {self.total})"


def compare(
    request: Request,
    writers: Sequence[Entrant],
    speakers: Sequence[Entrant],
    *,
    cache: Cache,
    cancel: Cancel,
    report: Callable[[Step], None] = lambda step: None,
    parts: registry.Registry = registry.default,
) -> Compared:
    """Run them all, the writers first; a failure is part of what comes of one. Raises `JobCancelled`.

    The speakers say the opening of the request's script, else of the first writer's, else a passage
    that is known in the brief's language. Films are measured by the first local speaker that can.
    """
    return _Comparing(request, writers, speakers, cache, cancel, report, parts).run()


@dataclass
class _Comparing:
    request: Request
    writers: Sequence[Entrant]
    speakers: Sequence[Entrant]
    cache: Cache
    cancel: Cancel
    report: Callable[[Step], None]
    parts: registry.Registry
    notes: dict[str, None] = field(default_factory=dict)
    step: int = 0

    def run(self) -> Compared:
        drafts: list[Draft] = []
        ruler = self._ruler() if self.writers else None
        for entrant in self.writers:
            drafts.append(self._drafted(entrant, ruler))
        takes: list[Take] = []
        passage = self._passage(drafts) if self.speakers else ""
        for entrant in self.speakers:
            takes.append(self._taken(entrant, passage))
        return Compared(tuple(drafts), tuple(takes), passage, tuple(self.notes))

    def _drafted(self, entrant: Entrant, ruler: Speaker | None) -> Draft:
        ctx = self._begin(entrant)
        draft = Draft(entrant)
        try:
            writer = provider_of(entrant, self.request.brief.language, ctx, self.parts)
            assert isinstance(writer, ScriptWriter)
            draft = replace(draft, local=writer.info.local, model=cost.setting(writer, "model") or "")
            if ruler is None:
                raise ProviderError(entrant.name, "no local speaker can measure its script.", remedy="Name one.")
            written = write_script(
                self.request.brief,
                self.request.plan,
                self.request.voice,
                self.request.render,
                self.request.profile,
                writers=[writer],
                seconds_of=lambda texts: self._film_seconds(texts, ruler, ctx),
                ctx=ctx,
            )
        except JobCancelled:
            raise
        except AuraError as error:
            return replace(draft, failure=_said(error), remedy=error.remedy)
        return replace(
            draft,
            script=written.script,
            film_seconds=written.seconds,
            used=written.used,
            cost=cost.writing(writer, written.used),
            seconds=written.took,
            cached=written.cached,
        )

    def _taken(self, entrant: Entrant, passage: str) -> Take:
        ctx = self._begin(entrant)
        take = Take(entrant)
        language = self.request.brief.language
        try:
            speaker = provider_of(entrant, language, ctx, self.parts)
            assert isinstance(speaker, Speaker)
            voice = self.request.voice
            if entrant.variant:
                voice = voice.model_copy(update={"name": entrant.variant})
            with calling(speaker, ctx):
                name = voice_named(voice.name, speaker) if voice.name else None
                take = replace(take, local=speaker.info.local, voice=name or speaker.voices()[0])
            asked: dict[str, Any] = {"voice": voice, "language": language, "rate": self.request.rate, "ctx": ctx}
            cached = is_spoken(passage, speaker=speaker, **asked)
            if speaker.info.local and not cached:
                self._warm_up(speaker, passage, voice, ctx)
            narration = narrate_scene(passage, speakers=[speaker], **asked)
            heard = sampled(narration, ctx)
        except JobCancelled:
            raise
        except AuraError as error:
            return replace(take, failure=_said(error), remedy=error.remedy)
        characters = len(speak_out(passage, language).text)
        return replace(
            take,
            audio_seconds=narration.seconds,
            words_per_minute=words_per_minute(passage, language, narration.seconds),
            loudness=heard.loudness,
            peak=heard.peak,
            recognised=self._recognised(narration, passage, ctx),
            characters=characters,
            aligned=narration.aligned,
            cost=cost.speaking(speaker, characters),
            seconds=narration.took,
            cached=cached,
            sample=heard.path,
        )

    def _begin(self, entrant: Entrant) -> Context:
        """Say who is at work now; what it is to be given."""
        self.cancel.check()
        self.step += 1
        now = Step(self.step, len(self.writers) + len(self.speakers), entrant.label, DOES[entrant.socket])
        self.report(now)
        return Context(
            self.cache,
            self.cancel,
            progress=lambda fraction: self.report(replace(now, fraction=fraction)),
            warn=lambda message: self._note(entrant.label, message),
        )

    def _note(self, label: str, message: str) -> None:
        self.notes[message if message.startswith(label) else f"{label}: {message}"] = None

    def _ruler(self) -> Speaker | None:
        """The speaker by which all scripts are fitted to their length: the first local one that can."""
        names = [*(one.name for one in self.speakers), *self.request.profile.speaker, "espeak"]
        for name in dict.fromkeys(names):
            ctx = Context(self.cache, self.cancel)
            try:
                speaker = self.parts.get("speaker", name)
                with calling(speaker, ctx):
                    able = speaker.info.local and lack(speaker, "speaker", self.request.brief.language) is None
                if able:
                    self._film_seconds([self.request.brief.topic], speaker, ctx)
                    self.notes[f"The films' lengths are measured as {name} speaks."] = None
                    return speaker
            except JobCancelled:
                raise
            except AuraError:
                continue
        return None

    def _film_seconds(self, texts: Sequence[str], ruler: Speaker, ctx: Context) -> float:
        request = self.request
        spoken = [
            spoken_seconds(
                text,
                voice=request.voice,
                language=request.brief.language,
                rate=request.rate,
                speakers=[ruler],
                ctx=ctx,
            )
            for text in texts
        ]
        return film_seconds(spoken, request.voice.pause, request.render)

    def _passage(self, drafts: Sequence[Draft]) -> str:
        script = self.request.script
        if script is not None:
            self.notes["The speakers say the script's opening."] = None
            return opening(script)
        for draft in drafts:
            if draft.script is not None:
                self.notes[f"The speakers say the opening of {draft.entrant.label}'s script."] = None
                return opening(draft.script)
        return known(self.request.brief)

    def _warm_up(self, speaker: Speaker, passage: str, voice: Voice, ctx: Context) -> None:
        """Have a speaker load what it needs, which is no part of how fast it speaks."""
        words = " ".join(passage.split()[:3])
        voice = voice.model_copy(update={"name": voice_named(voice.name, speaker) if voice.name else None})
        with calling(speaker, ctx):
            speaker.speak(words, voice, language=self.request.brief.language, rate=1.0, cancel=ctx.cancel)

    def _recognised(self, narration: Narration, passage: str, ctx: Context) -> float | None:
        """The share of the passage that is heard, None where nobody can listen."""
        if not recogniser.understands(self.request.brief.language):
            self.notes["How much is recognised is known of English only."] = None
            return None
        try:
            return recognised(narration, passage, ctx)
        except ProviderError as error:
            self.notes[f"How much is recognised is not known. {error}"] = None
            return None


def _said(error: AuraError) -> str:
    return " ".join(error.message.split())
