"""A chain of providers: the first that can does the work; one that fails is replaced, and that is told."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from aura_nb.errors import AuraError, ProviderError
from aura_nb.pipeline.context import Context, Fall
from aura_nb.providers import failures
from aura_nb.providers.base import Provider, Socket
from aura_nb.providers.config import Config

P = TypeVar("P", bound=Provider)
T = TypeVar("T")

DOES: dict[Socket, str] = {"writer": "writes", "speaker": "speaks", "illustrator": "draws"}
# The service is to blame and not what it was asked: the next scene would only wait for the same.
_LASTING = (
    failures.CircuitOpen,
    failures.RateLimited,
    failures.ServerFault,
    failures.TimedOut,
    failures.Unauthorized,
    failures.Unreachable,
)
# What a full disk says, or one that may not be written: no provider's fault.
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


def first_able(
    socket: Socket,
    providers: Sequence[P],
    work: Callable[[P], T],
    ctx: Context,
    *,
    of: str = "",
    quiet: bool = False,
) -> T:
    """What `work` gives with the first of `providers` that neither lacks anything nor fails.

    Unless `quiet`, a replacement is told by `ctx.warn` and `ctx.fell`; `of` says of which scene.
    Raises `ProviderError` when none is left (of one alone, its own), and whatever else `work` raises.
    """
    lacking: list[str] = []
    failed: list[tuple[str, ProviderError]] = []
    for provider in providers:
        name = provider.info.name
        try:
            remedy = provider.missing()
        except Exception as broken:
            # A plug-in of somebody's: only its kind of failure is told, its words may hold a key.
            remedy = f"it cannot say what it lacks: {type(broken).__name__}"
        if remedy:
            lacking.append(f"{name} is not ready ({remedy}).")
            continue
        if failed and not quiet:
            loser, error = failed[-1]
            where = f"“{of}”: " if of and not isinstance(error, _LASTING) else ""
            ctx.warn(f"{where}{error} {name} {DOES[socket]} instead.")
            ctx.fell(Fall(loser, name, type(error).__name__))
        try:
            return work(provider)
        except ProviderError as error:
            failed.append((name, error))
    if failed and len(providers) == 1:
        raise failed[0][1]
    names = ", ".join(provider.info.name for provider in providers)
    why = " ".join([*(str(error) for _, error in failed), *lacking])
    raise ProviderError(
        socket, f"none of {names} could do it. {why}", remedy="Mend one of them, or name another in the profile."
    )


@contextmanager
def calling(provider: Provider, ctx: Context) -> Iterator[None]:
    """Around every call into a provider: whatever it raises that is no error of ours is its failure.

    A provider that is itself to blame for a failure (not there, no key, too slow) is not called again
    in this job: it fails at once, so that a film of twenty scenes does not wait for it twenty times.
    What the cache has of its work still counts. A foreign exception is told without the provider's
    secrets, and without its traceback, which would show them. Raises `ProviderError`.
    """
    info = provider.info
    who = (info.socket, info.name)
    if (known := ctx.benched.get(who)) is not None:
        raise known
    try:
        yield
    except ProviderError as error:
        if isinstance(error, _LASTING):
            ctx.benched[who] = error
        raise
    except AuraError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _DISK:
            raise
        said = Config.resolve(info.name, info.fields).redact(" ".join(str(error).split()))[:300]
        place = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__}: {said}" if said else type(error).__name__
        raise ProviderError(
            info.name,
            f"broke with {what} ({Path(place.filename).name}, line {place.lineno}).",
            remedy="Tell its author.",
        ) from None
