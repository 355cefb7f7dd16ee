"""Write one scene of a script anew, and leave the others alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from aura_nb.pipeline.chain import calling, first_able
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.write import write_script
from aura_nb.providers.base import Rewriting, ScriptWriter, WriteRequest
from aura_nb.script import FigureCard, Scene, Script


def rewrite_scene(
    script: Script,
    number: int,
    *,
    writers: Sequence[ScriptWriter],
    seconds_of: Callable[[Sequence[str]], float],
    ctx: Context,
) -> Scene:
    """Scene `number` of `script` anew, by the first of `writers` that does not fail.

    A writer that is `Rewriting` writes another one. Any other writes the film of the brief as it would
    now, and what it has at that place is taken: of the rule-based writer that is the same scene as long
    as the brief is. A figure is the user's own and stays. Raises `ProviderError`, `InvalidBrief`,
    `JobCancelled`.
    """

    def rewritten(writer: ScriptWriter) -> Scene:
        if isinstance(writer, Rewriting):
            request = WriteRequest(script.brief, script.plan, seconds_of, ctx.cancel, ctx.progress)
            with calling(writer, ctx):
                return writer.rewrite(request, script, number)
        film = write_script(
            *(script.brief, script.plan, script.voice, script.render, script.profile),
            writers=[writer],
            seconds_of=seconds_of,
            # Of a film that is not made no shortcomings are told.
            ctx=replace(ctx, warn=lambda message: None),
        )
        return _at_the_place_of(script.scenes[number], number, film.script.scenes)

    scene = first_able("writer", writers, rewritten, ctx)
    kept = script.scenes[number].picture
    return Scene(heading=scene.heading, text=scene.text, picture=kept) if isinstance(kept, FigureCard) else scene


def _at_the_place_of(old: Scene, number: int, scenes: Sequence[Scene]) -> Scene:
    """What of `scenes` tells what `old` told: the one of its heading, else the one of its number."""
    alike = [scene for scene in scenes if scene.heading == old.heading]
    return alike[0] if alike else scenes[min(number, len(scenes) - 1)]
