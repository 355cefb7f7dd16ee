"""What remote work costs: by what was counted, at the prices the user has set. Nothing is guessed.

Local work costs 0; where a count or a price is not known, neither is the cost.
"""

from __future__ import annotations

from aura_nb.providers.base import Provider, ScriptWriter, Speaker, Usage
from aura_nb.providers.config import Config
from aura_nb.providers.remote import Remote

MILLION = 1_000_000


def writing(writer: ScriptWriter, used: Usage | None) -> float | None:
    """USD for the tokens `used`, by the writer's settings `price_in` and `price_out`; None if not known."""
    if writer.info.local:
        return 0.0
    price_in, price_out = setting(writer, "price_in"), setting(writer, "price_out")
    if used is None or not price_in or not price_out:
        return None
    return (used.tokens_in * float(price_in) + used.tokens_out * float(price_out)) / MILLION


def speaking(speaker: Speaker, characters: int) -> float | None:
    """USD for so many `characters` spoken, by the speaker's setting `price`; None if not known."""
    if speaker.info.local:
        return 0.0
    price = setting(speaker, "price")
    return characters * float(price) / MILLION if price else None


def setting(provider: Provider, name: str) -> str | None:
    """What is set of a provider, None for nothing, a secret, or what it does not have."""
    info = provider.info
    plain = [declared for declared in info.fields if declared.name == name and not declared.secret]
    if not plain:
        return None
    config = provider.shown if isinstance(provider, Remote) else Config.resolve(info.name, plain)
    return config.get(name)
