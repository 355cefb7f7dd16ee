"""The first stage: a brief becomes a script, by the first writer of the chain that can."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from aura_nb.pipeline.cache import digest
from aura_nb.pipeline.chain import calling, first_able
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.identity import identified
from aura_nb.providers.base import ProviderInfo, ScriptWriter, Usage, WriteRequest
from aura_nb.script import Scene, Script
from aura_nb.spec import Brief, Plan, Profile, Render, Voice

VERSION = 3
TOLERANCE = 0.1
# How long these take to say tells one speaker, voice and version from another: for each, other
# sentences fit the time.
FINGERPRINT = ("The quick brown fox jumps over the lazy dog.", "Pack my box with five dozen liquor jugs.")


@dataclass(frozen=True, slots=True)
class Written:
    """A script, how many seconds it lasts as spoken, and whether the cache had it.

    `took` is how many seconds its writer worked on it, whenever that was, without the time spent
    measuring speech; `used` the tokens that cost, None of a writer that tells of none.
    """

    script: Script
    seconds: float
    cached: bool
    took: float = 0.0
    used: Usage | None = None


def write_script(
    brief: Brief,
    plan: Plan,
    voice: Voice,
    render: Render,
    profile: Profile,
    *,
    writers: Sequence[ScriptWriter],
    seconds_of: Callable[[Sequence[str]], float],
    ctx: Context,
) -> Written:
    """The script of `brief` by the first of `writers` that does not fail, checked and measured.

    `seconds_of` is as in `WriteRequest`. A failing writer, and a film more than 10 % off the plan's
    length, are warnings. Raises `ProviderError` when every writer fails, `InvalidBrief` for a brief
    or script that cannot be made, `JobCancelled`.
    """
    pace = [seconds_of([text]) for text in (brief.topic, *FINGERPRINT)]

    def key(info: ProviderInfo) -> str:
        return digest(
            *("write", VERSION, info.name, info.version),
            *(brief, plan, voice, render.fps, render.transition, pace),
        )

    def written(writer: ScriptWriter) -> Written:
        def make(folder: Path) -> None:
            warnings: list[str] = []
            used: list[Usage] = []
            measuring = 0.0

            def measure(texts: Sequence[str]) -> float:
                nonlocal measuring
                began = time.perf_counter()
                try:
                    return seconds_of(texts)
                finally:
                    measuring += time.perf_counter() - began

            request = WriteRequest(
                brief, plan, measure, ctx.cancel, ctx.progress, warnings.append, used=used.append
            )
            began = time.perf_counter()
            with calling(writer, ctx):
                script = writer.write(request)
            took = time.perf_counter() - began - measuring
            seconds = seconds_of([scene.text for scene in script.scenes]) if script.scenes else 0.0
            scenes = [scene.model_dump(mode="json") for scene in script.scenes]
            total = astuple(sum(used, Usage())) if used else None
            made = {"seconds": seconds, "scenes": scenes, "warnings": warnings, "took": took, "used": total}
            (folder / "script.json").write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")

        before = f"The script {writer.info.name} wrote for this brief before is used."
        folder, cached = ctx.cache.get(key(identified(writer, key, ctx, before=before)), make)
        made = json.loads((folder / "script.json").read_text(encoding="utf-8"))
        script = Script(
            brief=brief,
            plan=plan,
            voice=voice,
            render=render,
            profile=profile,
            writer=writer.info.name,
            scenes=[Scene.model_validate(scene) for scene in made["scenes"]],
        ).check()
        for warning in made["warnings"]:
            ctx.warn(warning)
        _warn_of_length(made["seconds"], plan, ctx)
        ctx.progress(1.0)
        tokens = Usage(*made["used"]) if made["used"] else None
        return Written(script, made["seconds"], cached, made["took"], tokens)

    return first_able("writer", writers, written, ctx)


def _warn_of_length(seconds: float, plan: Plan, ctx: Context) -> None:
    if abs(seconds - plan.seconds) <= TOLERANCE * plan.seconds:
        return
    remedy = "give more points or notes" if seconds < plan.seconds else "give fewer or shorter points"
    possible = min(max(round(seconds), 10), 1800)
    ctx.warn(
        f"The film will last {seconds:.0f} s, not {plan.seconds:.0f} s: "
        f"{remedy}, or plan for Plan(seconds={possible})."
    )
