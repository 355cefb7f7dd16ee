"""A film's flow: how each work of its graph is done, from a request to the finished film."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from aura_nb.cancel import Cancel
from aura_nb.film import Film
from aura_nb.manifest import EncoderEntry
from aura_nb.media.encode import EncoderFailed
from aura_nb.media.overlay import Overlay
from aura_nb.media.progress import part
from aura_nb.media.proof import prove as prove_encoders
from aura_nb.pipeline.author import written_by
from aura_nb.pipeline.burn import burn
from aura_nb.pipeline.cache import Cache, digest
from aura_nb.pipeline.caption import cues, place, read_silently
from aura_nb.pipeline.cast import Cast
from aura_nb.pipeline.cast import Parts as Providers
from aura_nb.pipeline.compose import Composed, Shot, compose_segment, let_go
from aura_nb.pipeline.context import Context, Reporter
from aura_nb.pipeline.credits import LIKELY_SECONDS, MOST_ZOOM, Credits, draw_credits, typesetter
from aura_nb.pipeline.encoding import FilmEncoder, Prover
from aura_nb.pipeline.engine import Engine, Outcome, Task
from aura_nb.pipeline.finish import Parts, finish
from aura_nb.pipeline.graph import film_works, forecast, megapixels, settled, write_work
from aura_nb.pipeline.narrate import Narration
from aura_nb.pipeline.picture import Drawn, picture_size, thumbnail
from aura_nb.pipeline.progress import Rates, Work
from aura_nb.pipeline.scene import draw, reading_seconds, speak
from aura_nb.pipeline.sound import make_sound
from aura_nb.pipeline.subtitles import keep_vtt
from aura_nb.pipeline.timeline import Segment, Timeline, lay_out
from aura_nb.providers import guard, registry
from aura_nb.providers.base import Credit, ProviderInfo
from aura_nb.request import Request
from aura_nb.script import Script

WATCHED = "libx264"
"""Whose pieces can be watched while the film is made."""


def make_film(
    request: Request,
    output: Path,
    *,
    cache: Cache,
    rates: Rates,
    workers: int,
    cancel: Cancel,
    report: Reporter,
    parts: Providers = registry.default,
    prove: Prover = prove_encoders,
) -> Film:
    """Make the film of `request` at `output` by `parts`; everything that happens goes to `report`.

    Raises InvalidBrief, ProviderError, RenderError, VerificationFailed or JobCancelled.
    """
    cast_ = Cast.of(request, parts)
    cache.sweep()
    engine = Engine(cache=cache, cancel=cancel, report=report, rates=rates, workers=workers)
    for note in cast_.passed:
        engine.log("write", note)
    with guard.default.watching(partial(_breaker_changed, cast_, engine)):
        if request.script is not None:
            engine.skip("write")
        script = request.script or _written(request, cast_, engine)
        encoder = FilmEncoder(request.render, partial(engine.warn, "compose"), prove=prove)
        try:
            film = _Flow(request, cast_, script, engine, encoder).run(output)
        finally:
            let_go()
    rates.save()
    return replace(film, warnings=tuple(engine.warnings), stages=engine.timings(), took=round(engine.elapsed, 3))


def film_name(request: Request) -> str:
    """A file name for the film, of its topic and a short hash of all that is asked for."""
    # Marks belong to their letters: without them a word of Hindi or Thai falls apart.
    letters = "".join(
        c if unicodedata.category(c)[0] in "LNM" else " "
        for c in unicodedata.normalize("NFC", request.brief.topic.lower())
    )
    slug = "-".join(letters.split())
    return f"{slug[:60].strip('-') or 'film'}-{digest(request.subject, request.parts)[:6]}.mp4"


def _breaker_changed(cast_: Cast, engine: Engine, change: guard.Change) -> None:
    stage = cast_.stage_of(change.provider)
    if stage is not None:
        engine.log(
            stage, change.message, {"provider": change.provider, "breaker": change.now, "before": change.was}
        )


def _written(request: Request, cast_: Cast, engine: Engine) -> Script:
    def run(ctx: Context, _: Mapping[str, Any]) -> Outcome:
        written = written_by(request, cast_, ctx)
        count, seconds = len(written.script.scenes), written.seconds
        engine.log("write", f"{count} scenes by {written.script.writer}, {seconds:.1f} s as spoken.")
        return Outcome(written.script, written.cached, written.script.writer)

    works = forecast(request, _speaker(cast_), _likely_cards(cast_))
    return cast(
        "Script", engine.run([Task(write_work(request), run, "Writing the script")], likely=works)["write"]
    )


def _speaker(cast_: Cast) -> str:
    return cast_.speakers[0].info.name if cast_.speakers else "silent"


def _likely_cards(cast_: Cast) -> list[float] | None:
    """The seconds of the cards that will probably end the film, None when nobody can be there to credit."""
    return [LIKELY_SECONDS] if any(one.info.credits for one in cast_.illustrators) else None


class _Flow:
    """One film being made of `script`. What is known of each scene grows as its works are done."""

    def __init__(
        self, request: Request, cast_: Cast, script: Script, engine: Engine, encoder: FilmEncoder
    ) -> None:
        self.encoder = encoder
        self.request = request
        self.cast = cast_
        self.script = script
        self.engine = engine
        # Until a scene is spoken it counts as read in silence, which is what a silent film keeps.
        self.spoken = [reading_seconds(scene.text, request) for scene in script.scenes]
        self.words = [read_silently(scene.text, s) for scene, s in zip(script.scenes, self.spoken, strict=True)]
        self.shots: dict[int, Shot] = {}
        # The seconds of the cards at the end: likely ones, until it is known whom the pictures credit.
        self.cards = _likely_cards(cast_)

    def run(self, output: Path) -> Film:
        """Do all the work; the film lies at `output` when this returns."""
        works = self.works()
        first = works if self.cards is None else settled(works)
        return cast("Film", self.engine.run([self.task(work, output) for work in first], likely=works)["finish"])

    def works(self) -> list[Work]:
        """The works of the film by what is known so far."""
        return film_works(self.request, self.spoken, _speaker(self.cast), self.cards)

    def task(self, work: Work, output: Path) -> Task:
        """The task of `work`: its id says what is to be done, and for which scene."""
        kind, _, number = work.id.partition(":")
        if kind == "finish":
            return Task(
                work, lambda ctx, results: self.finish(results, output, ctx), "Joining and checking the film"
            )
        if kind == "sound":
            return Task(work, lambda ctx, results: self.sound(results, ctx), "Mixing the sound")
        if kind == "credits":
            return Task(
                work,
                lambda ctx, results: self.credits(results, ctx),
                "Drawing the credits",
                lambda credits: self.credited(credits, output),
            )
        scene = int(number)
        of = f"scene {scene + 1} of {len(self.script.scenes)}"
        match kind:
            case "narrate":
                return Task(
                    work,
                    lambda ctx, _: self.narrate(scene, ctx),
                    f"Speaking {of}",
                    lambda narration: self.measured(scene, narration),
                )
            case "picture":
                return Task(work, lambda ctx, _: self.draw(scene, ctx), f"Drawing {of}")
            case "caption":
                return Task(
                    work,
                    lambda ctx, results: self.caption(scene, results[f"picture:{scene}"], ctx),
                    f"Timing the captions of {of}",
                )
            case _:
                message = f"Composing {of}" if kind == "body" else f"Fading from {of}"
                return Task(work, lambda ctx, _: self.compose(kind, scene, ctx), message)

    def narrate(self, scene: int, ctx: Context) -> Outcome:
        """Speak a scene."""
        if self.request.voice.silent:
            return Outcome(None)
        narration = speak(self.script.scenes[scene], self.request, self.cast, ctx)
        return Outcome(narration, narration.cached, narration.speaker, narration.fresh)

    def measured(self, scene: int, narration: Narration | None) -> None:
        """A scene is spoken: keep its times, and tell the engine how much there is to compose."""
        if narration is None:
            return
        heading = self.script.scenes[scene].heading
        self.engine.log("narrate", f"“{heading}” is spoken by {narration.speaker} in {narration.seconds:.1f} s.")
        self.spoken[scene] = narration.seconds
        self.words[scene] = narration.words
        for segment in self.timeline.segments:
            if scene in (segment.scene, segment.scene + 1):
                self.engine.refine(f"{segment.kind}:{segment.scene}", megapixels(segment.frames, self.request))

    @property
    def timeline(self) -> Timeline:
        """The film laid out by what is known of its scenes' and cards' lengths so far."""
        return lay_out(self.spoken, self.request.voice.pause, self.request.render, self.cards or ())

    def draw(self, scene: int, ctx: Context) -> Outcome:
        """Draw a scene's picture, and let it be seen."""
        drawn = draw(self.script.scenes[scene], self.request, self.cast, ctx)
        data = {
            "scene": scene,
            "heading": self.script.scenes[scene].heading,
            "thumbnail": base64.b64encode(thumbnail(drawn, ctx)).decode("ascii"),
            "cached": drawn.cached,
        }
        self.engine.scene_ready("picture", data)
        return Outcome(drawn, drawn.cached, drawn.provider)

    def caption(self, scene: int, drawn: Drawn, ctx: Context) -> Outcome:
        """Cut a scene's captions; its shot is complete then."""
        captions = cues(self.words[scene], self.request.brief.aspect)
        span, render = self.timeline.spans[scene], self.request.render
        frames, voice = span.frames, round(span.voice * render.fps) - span.start
        overlays: tuple[Overlay, ...] = ()
        if render.captions == "burnt":
            overlays = burn(captions, voice, frames, render, self.request.size, self.request.brief.language, ctx)
        self.shots[scene] = Shot(drawn.picture, drawn.key, frames, overlays)
        return Outcome(captions)

    def credits(self, results: Mapping[str, Any], ctx: Context) -> Outcome:
        """Draw the cards that name whose work the pictures are."""
        render, brief = self.request.render, self.request.brief
        credits = draw_credits(
            self.whom(results),
            size=picture_size(render, brief.aspect),
            theme=render.theme,
            language=brief.language,
            ctx=ctx,
        )
        return Outcome(credits, credits.cached)

    def credited(self, credits: Credits, output: Path) -> list[Task]:
        """It is known which cards end the film: give the tasks that waited for that."""
        self.cards = [card.seconds for card in credits.cards]
        for span, card in zip(self.timeline.cards, credits.cards, strict=True):
            self.shots[span.scene] = Shot(card.picture, card.key, span.frames, zoom=MOST_ZOOM)
        works = self.works()
        before = {work.id for work in settled(works)}
        return [self.task(work, output) for work in works if work.id not in before]

    def whom(self, results: Mapping[str, Any]) -> list[Credit]:
        """Whose work the pictures are: each credit once, in the order of the scenes."""
        drawn: list[Drawn] = [results[f"picture:{scene}"] for scene in range(len(self.script.scenes))]
        return [*dict.fromkeys(credit for one in drawn for credit in one.credits)]

    def compose(self, kind: str, scene: int, ctx: Context) -> Outcome:
        """Encode one segment. What it shows depends on its own scenes alone, which are known by now."""
        timeline = self.timeline
        (segment,) = (s for s in timeline.segments if (s.kind, s.scene) == (kind, scene))
        composed = self.encoded(segment, ctx)
        # Voices are spoken in order: whatever comes before this segment has its length by now. Players take
        # pieces of a film only while all are of one encoder, and most know no other codec in pieces.
        if composed.by.encoder.name == WATCHED:
            key = composed.path.parent.name
            self.ready(kind, key, segment.start, segment.frames, timeline.fps, scene=scene)
        return Outcome(composed, composed.cached)

    def encoded(self, segment: Segment, ctx: Context) -> Composed:
        """A segment by the film's encoder, and by who stands in where that gives up."""
        while True:
            by = self.encoder.now
            try:
                return compose_segment(segment, self.shots, self.request.render, self.request.size, ctx, by)
            except EncoderFailed as error:
                self.encoder.gave_up(by, error)

    def agreeing(self, composed: Sequence[Composed], ctx: Context) -> list[Path]:
        """The segments, of one encoder all: what one that gave up had made is made again."""
        while odd := [number for number, one in enumerate(composed) if one.by != self.encoder.now]:
            made = list(composed)
            for done, number in enumerate(odd):
                share = replace(ctx, progress=part(ctx.progress, done / len(odd), 1 / len(odd)))
                made[number] = self.encoded(self.timeline.segments[number], share)
            composed = made
        return [one.path for one in composed]

    def ready(self, kind: str, key: str, start: int, frames: int, fps: int, **of: int) -> None:
        """Tell that `frames` of the film from frame `start` on can be watched, or heard, under a cache key."""
        data = {"kind": kind, "segment": key, "start": start, "frames": frames, "fps": fps}
        self.engine.scene_ready("compose", data | of)

    def sound(self, results: Mapping[str, Any], ctx: Context) -> Outcome:
        """Mix the voices, which needs no pictures; `finish` finds the track in the cache."""
        timeline = self.timeline
        sound = make_sound(self.narrations(results), timeline, silent=self.request.voice.silent, ctx=ctx)
        if self.request.render.captions == "soft":
            # Every scene is spoken. Told first: whoever watches begins with the sound, and looks once.
            shown = place([cues(words, self.request.brief.aspect) for words in self.words], timeline)
            self.ready("captions", keep_vtt(shown, ctx.cache), 0, timeline.frames, timeline.fps)
        self.ready("sound", sound.key, 0, timeline.frames, timeline.fps)
        return Outcome(sound, sound.cached)

    def narrations(self, results: Mapping[str, Any]) -> list[Narration | None]:
        """The scenes' narrations in order."""
        return [results[f"narrate:{scene}"] for scene in range(len(self.script.scenes))]

    def finish(self, results: Mapping[str, Any], output: Path, ctx: Context) -> Outcome:
        """Join, mux, verify and publish."""
        scenes = range(len(self.script.scenes))
        composed: list[Composed] = [results[f"{s.kind}:{s.scene}"] for s in self.timeline.segments]
        again = 0.5 if any(one.by != self.encoder.now for one in composed) else 0.0
        segments = self.agreeing(composed, replace(ctx, progress=part(ctx.progress, 0.0, again)))
        by = self.encoder.now
        narrations = self.narrations(results)
        pictures: list[Drawn] = [results[f"picture:{scene}"] for scene in scenes]
        credits: Credits | None = results.get("credits")
        cards = [card.key for card in credits.cards] if credits else []
        finished = finish(
            Parts(
                self.script,
                self.timeline,
                segments,
                narrations,
                captions=[results[f"caption:{scene}"] for scene in scenes],
                pictures=[drawn.picture for drawn in pictures],
                providers=self.providers(narrations, pictures, [typesetter()] if cards else []),
                falls=sorted(self.engine.falls, key=lambda fell: (fell[0], astuple(fell[1]))),
                credits=self.whom(results),
                keys={
                    "narrate": [narration.key for narration in narrations if narration],
                    "picture": [drawn.key for drawn in pictures],
                    **({"credits": cards} if cards else {}),
                    "compose": [segment.parent.name for segment in segments],
                },
                encoder=EncoderEntry(codec=by.encoder.codec, name=by.encoder.name, version=by.version),
            ),
            output,
            replace(ctx, progress=part(ctx.progress, again, 1.0 - again)),
        )
        return Outcome(finished.film, finished.cached)

    def providers(
        self, narrations: Sequence[Narration | None], pictures: Sequence[Drawn], besides: Sequence[ProviderInfo]
    ) -> list[ProviderInfo]:
        """The providers that really did the work, in the order of the sockets, and those `besides`."""
        used = {self.script.writer}, {n.speaker for n in narrations if n}, {drawn.provider for drawn in pictures}
        chains = self.cast.writers, self.cast.speakers, self.cast.illustrators
        chosen = [
            provider.info
            for chain, names in zip(chains, used, strict=True)
            for provider in chain
            if provider.info.name in names
        ]
        return [*chosen, *(info for info in besides if info.name not in used[-1])]
