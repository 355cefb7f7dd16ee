"""The script of a request, by the writers of its cast: whole, or one scene of it anew."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

from aura_nb.cancel import Cancel
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.cast import Cast
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.rewrite import rewrite_scene
from aura_nb.pipeline.scene import seconds
from aura_nb.pipeline.timeline import film_seconds
from aura_nb.pipeline.write import Written, write_script
from aura_nb.request import Request
from aura_nb.script import Scene, Script


def write(request: Request, *, cache: Cache, cancel: Cancel, warn: Callable[[str], None] | None = None) -> Script:
    """Write the script of `request`, without making anything of it.

    What falls short is told by `warn`, without one as a `UserWarning`.
    """
    ctx = Context(cache, cancel, warn=warn or (lambda message: warnings.warn(message, stacklevel=2)))
    return written_by(request, Cast.of(request), ctx).script


def rewrite(request: Request, number: int, *, cache: Cache, cancel: Cancel) -> Scene:
    """Scene `number` of the script of `request` written anew, the others left as they are.

    Raises as `rewrite_scene`, and `InvalidBrief` when no writer of the profile can do it.
    """
    assert request.script is not None
    cast = Cast.of(replace(request, subject=request.brief))
    ctx = Context(cache, cancel)
    return rewrite_scene(
        request.script, number, writers=cast.writers, seconds_of=_seconds_of(request, cast, ctx), ctx=ctx
    )


def written_by(request: Request, cast: Cast, ctx: Context) -> Written:
    """Have `cast` write the script of `request`, as long as its speakers would take to say it."""
    return write_script(
        request.brief,
        request.plan,
        request.voice,
        request.render,
        request.profile,
        writers=cast.writers,
        seconds_of=_seconds_of(request, cast, ctx),
        ctx=ctx,
    )


def _seconds_of(request: Request, cast: Cast, ctx: Context) -> Callable[[Sequence[str]], float]:
    """What tells the length of the film that says some texts, as the cast would speak it."""

    def seconds_of(texts: Sequence[str]) -> float:
        spoken = [seconds(text, request, cast, ctx) for text in texts]
        return film_seconds(spoken, request.voice.pause, request.render)

    return seconds_of
