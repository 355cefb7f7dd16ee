"""Who exactly does the work, where only a server knows; and who did it before, when that is silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from aura_nb.errors import ProviderError
from aura_nb.pipeline.cache import digest
from aura_nb.pipeline.chain import calling
from aura_nb.pipeline.context import Context
from aura_nb.providers.base import Identified, Provider, ProviderInfo


def identified(
    provider: Provider, key: Callable[[ProviderInfo], str], ctx: Context, *, before: str
) -> ProviderInfo:
    """Who will do the work under the cache's `key`, asked of its server.

    When that does not answer, whoever did this very work before: what is in the cache is not lost
    because the server that made it is down today. `before` tells the user so. Raises ProviderError.
    """
    if not isinstance(provider, Identified):
        return provider.info
    note = digest("identity", provider.info.socket, provider.info.name)
    try:
        with calling(provider, ctx):
            provider.identify(ctx.cancel)
    except ProviderError as error:
        folder = ctx.cache.find(note)
        known = (folder / "version.txt").read_text(encoding="utf-8") if folder else ""
        info = replace(provider.info, version=known)
        if not known or ctx.cache.find(key(info)) is None:
            raise
        ctx.warn(f"{error} {before}")
        return info
    version = provider.info.version

    def keep(folder: Path) -> None:
        (folder / "version.txt").write_text(version, encoding="utf-8")

    folder, known_already = ctx.cache.get(note, keep)
    if known_already and (folder / "version.txt").read_text(encoding="utf-8") != version:
        ctx.cache.drop(note)
        ctx.cache.get(note, keep)
    return provider.info
