"""Who is to be compared: what the user calls them, and the provider each label stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aura_nb.errors import AuraError, FieldIssue, InvalidBrief, ProviderError, UnknownProvider
from aura_nb.pipeline.cast import lack, voice_named
from aura_nb.pipeline.chain import calling
from aura_nb.pipeline.context import Context
from aura_nb.providers import registry, validation
from aura_nb.providers.base import Provider, Socket, Speaker
from aura_nb.providers.config import Config
from aura_nb.request import Request


@dataclass(frozen=True, slots=True)
class Entrant:
    """Who is compared, as `label` calls it: `kokoro`, or `kokoro:jf_alpha` for one voice or model of it."""

    socket: Socket
    label: str
    name: str
    variant: str = ""


def everyone(
    request: Request,
    writers: Sequence[str] | str | None,
    speakers: Sequence[str] | str | None,
    parts: registry.Registry = registry.default,
) -> tuple[tuple[Entrant, ...], tuple[Entrant, ...]]:
    """The writers and the speakers of a comparison, as the user calls them; None stands for all that work here.

    Raises `UnknownProvider` naming all that there are not, `InvalidBrief` when there is nobody to compare
    or a script is to be written again.
    """
    asked: dict[Socket, Sequence[str] | None] = {
        "writer": [writers] if isinstance(writers, str) else writers,
        "speaker": [speakers] if isinstance(speakers, str) else speakers,
    }
    if request.script is not None:
        if asked["writer"]:
            issue = FieldIssue("writers", "a script is written already", "Give its brief, or no writers.")
            raise InvalidBrief([issue], subject="comparison")
        asked["writer"] = []
    found: dict[Socket, tuple[Entrant, ...]] = {}
    unknown: list[UnknownProvider] = []
    for socket, labels in asked.items():
        try:
            found[socket] = entrants(socket, labels, request.brief.language, parts)
        except UnknownProvider as error:
            unknown.append(error)
    if unknown:
        raise UnknownProvider(
            " ".join(error.message for error in unknown), remedy=" ".join(error.remedy for error in unknown)
        )
    if not any(found.values()):
        issue = FieldIssue("writers, speakers", "nobody to compare", "Name one at least.")
        raise InvalidBrief([issue], subject="comparison")
    return found["writer"], found["speaker"]


def entrants(
    socket: Socket, labels: Sequence[str] | None, language: str, parts: registry.Registry = registry.default
) -> tuple[Entrant, ...]:
    """Those the user calls by `labels`; with None all that work here, local ones first.

    Raises `UnknownProvider` naming all labels that fit nobody.
    """
    if labels is None:
        return _working(socket, language, parts)
    found: dict[str, Entrant] = {}
    wrong: list[str] = []
    for label in labels:
        try:
            found[label] = _entrant(socket, label, parts)
        except UnknownProvider as error:
            wrong.append(error.message)
    if wrong:
        raise UnknownProvider(" ".join(wrong), remedy=f"Choose {socket}s from {', '.join(parts.names(socket))}.")
    return tuple(found.values())


def provider_of(entrant: Entrant, language: str, ctx: Context, parts: registry.Registry) -> Provider:
    """The provider of `entrant`, set to its model where one is named.

    Raises `AuraError` with the remedy when it cannot work here, or on a film in `language`.
    """
    provider = parts.get(entrant.socket, entrant.name)
    if entrant.variant and entrant.socket == "writer":
        fields = provider.info.fields
        # What its usual model costs says nothing about another.
        given = {"model": entrant.variant, "price_in": "", "price_out": ""}
        known = {declared.name for declared in fields}
        own = {name: value for name, value in given.items() if name in known}
        provider = parts.configured(entrant.socket, Config.resolve(entrant.name, fields, own))
    with calling(provider, ctx):
        lacking = lack(provider, entrant.socket, language)
    if lacking is not None:
        raise AuraError(f"{lacking.message}.", remedy=lacking.remedy)
    return provider


def _working(socket: Socket, language: str, parts: registry.Registry) -> tuple[Entrant, ...]:
    fit = [
        found
        for found in validation.validate_all(live=False, parts=parts)
        if found.socket == socket and found.is_valid and not found.remedy
    ]
    able = [one for one in fit if lack(parts.get(socket, one.provider), socket, language) is None]
    return tuple(
        Entrant(socket, one.provider, one.provider) for one in sorted(able, key=lambda one: not one.local)
    )


def _entrant(socket: Socket, label: str, parts: registry.Registry) -> Entrant:
    called, _, variant = label.partition(":")
    _, name = validation.find(called, socket, parts)
    if variant:
        try:
            provider = parts.get(socket, name)
        except ProviderError:
            # Told in its row.
            return Entrant(socket, label, name, variant)
        if isinstance(provider, Speaker):
            if provider.missing() is None and voice_named(variant, provider) is None:
                raise UnknownProvider(f"{name} has no voice {variant!r}; `aura-nb voices` lists them.")
        elif all(declared.name != "model" for declared in provider.info.fields):
            raise UnknownProvider(f"{name} has no models to choose from.")
    return Entrant(socket, label, name, variant)
