"""A provider's settings: declared as fields, found where users keep them, and secrets never shown.

A provider declares its fields in `ProviderInfo.fields` and takes `config: Config | None` when it is
made. Without one it should resolve at each use, not once: a key that is set after the first look
must count without a new kernel.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, Self

from pydantic import SecretStr

from aura_nb.errors import AuraError

SERVICE = "aura_nb"
"""The keyring service keys are kept under; the user name is `provider.field`."""

HIDDEN = "**********"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a field: a stable code (REQUIRED, INVALID_FORMAT …), why, and the remedy."""

    code: str
    message: str
    remedy: str


Check = Callable[[str, "Config"], Fault | None]
"""What a field asks of its value; the whole configuration is at hand, for rules between fields."""


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of a provider.

    Parameters
    ----------
    name:
        As in Python: `api_key`. On the wire it is `ApiKey`; both spellings are understood.
    required:
        Whether the provider cannot work without it.
    secret:
        Whether it must never be shown; only secrets are looked for in the keyring.
    env:
        The vendor's own environment variables. `AURA_NB_<PROVIDER>_<FIELD>` always counts first.
    default:
        What holds when nothing else is said.
    help:
        What it is, in one sentence.
    check:
        What its value must be, e.g. one of `checks`; only called with a value.
    """

    name: str
    required: bool = False
    secret: bool = False
    env: tuple[str, ...] = ()
    default: str | None = None
    help: str = ""
    check: Check | None = None

    @property
    def wire(self) -> str:
        """The name in JSON: `api_key` → `ApiKey`."""
        return "".join(word.capitalize() for word in self.name.split("_"))

    def variables(self, provider: str) -> tuple[str, ...]:
        """The environment variables it is read from, in order."""
        own = f"AURA_NB_{provider}_{self.name}".upper().replace("-", "_")
        return (own, *self.env)


class Keyring(Protocol):
    """What is asked of the `keyring` package."""

    def get_password(self, service_name: str, username: str, /) -> str | None: ...


class Config:
    """The settings of one provider, resolved and immutable.

    `get` is the only way to a secret. Printing, logging or pickling one never shows it: a pickled
    configuration leaves the secrets behind and finds those of the machine it is loaded on.
    """

    __slots__ = ("_fields", "_provider", "_values")
    _provider: str
    _fields: tuple[Field, ...]
    _values: Mapping[str, str | SecretStr]

    def __init__(self, provider: str, fields: Sequence[Field], values: Mapping[str, str]) -> None:
        hidden = {field.name for field in fields if field.secret}
        held = {name: SecretStr(value) if name in hidden else value for name, value in values.items()}
        for slot, content in (("_provider", provider), ("_fields", tuple(fields)), ("_values", held)):
            object.__setattr__(self, slot, content)

    @classmethod
    def resolve(
        cls,
        provider: str,
        fields: Sequence[Field],
        given: Mapping[str, str] | None = None,
        *,
        environ: Mapping[str, str] = os.environ,
        keyring: Keyring | None = None,
    ) -> Self:
        """Find the value of each field.

        Order: `given`, `AURA_NB_<PROVIDER>_<FIELD>`, the vendor's variables, the keyring (secrets
        only; without one passed, the `keyring` package if it is installed), the default. A blank
        variable counts as unset; a blank value given means none, not even from the environment.

        Raises `AuraError` for a name in `given` that is no field's.
        """
        named = match(provider, fields, given or {})
        values: dict[str, str] = {}
        for field in fields:
            sources: Iterable[Callable[[], str | None]]
            if field.name in named:
                sources = [partial(str, named[field.name])]
            else:
                sources = [partial(environ.get, variable) for variable in field.variables(provider)]
                if field.secret:
                    sources.append(partial(_from_keyring, f"{provider}.{field.name}", keyring))
            found = next((value for source in sources if (value := (source() or "").strip())), field.default)
            if found:
                values[field.name] = found
        return cls(provider, fields, values)

    @property
    def provider(self) -> str:
        """Whose settings these are."""
        return self._provider

    @property
    def fields(self) -> tuple[Field, ...]:
        """What can be set."""
        return self._fields

    def get(self, name: str) -> str | None:
        """The value of a field, None when it has none; a secret is revealed. KeyError for no field."""
        if all(field.name != name for field in self._fields):
            raise KeyError(name)
        value = self._values.get(name)
        return value.get_secret_value() if isinstance(value, SecretStr) else value

    def faults(self) -> dict[str, Fault]:
        """What is wrong, by field name: every missing and every malformed field at once."""
        found: dict[str, Fault] = {}
        for field in self._fields:
            value = self.get(field.name)
            if value is None:
                fault = _required(field, self._provider) if field.required else None
            else:
                fault = field.check(value, self) if field.check else None
            if fault:
                found[field.name] = fault
        return found

    def missing(self) -> str | None:
        """What `Provider.missing` should say of these settings: None, or how to mend them all."""
        return " ".join(fault.remedy for fault in self.faults().values()) or None

    def redact(self, text: str) -> str:
        """`text` without the secrets, e.g. a server's complaint that quotes the key."""
        for value in self._values.values():
            if isinstance(value, SecretStr):
                text = text.replace(value.get_secret_value(), HIDDEN)
        return text

    def __repr__(self) -> str:
        shown = (f"{name}={str(value)!r}" for name, value in self._values.items())
        return f"Config({', '.join((repr(self._provider), *shown))})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Config):
            return NotImplemented
        mine, others = ((one._provider, one._fields, one._values) for one in (self, other))
        return mine == others

    def __hash__(self) -> int:
        return hash((self._provider, self._fields))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("A Config cannot be changed; resolve another.")

    def __reduce__(self) -> tuple[Any, ...]:
        plain = {name: value for name, value in self._values.items() if isinstance(value, str)}
        return (Config.resolve, (self._provider, self._fields, plain))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


def match(provider: str, fields: Sequence[Field], given: Mapping[str, str]) -> dict[str, str]:
    """`given` by the names of `fields`, however they are spelt: `api_key`, `apiKey`, `ApiKey`.

    Raises `AuraError` naming the known fields for one that is none.
    """
    known = {folded(field.name): field.name for field in fields}
    named: dict[str, str] = {}
    for name, value in given.items():
        if folded(name) not in known:
            choice = f"Choose from {', '.join(known.values())}." if known else "Give none."
            raise AuraError(f"{provider} has no field {name!r}.", remedy=choice)
        named[known[folded(name)]] = value
    return named


def _required(field: Field, provider: str) -> Fault:
    variable = (field.env or field.variables(provider))[0]
    return Fault("REQUIRED", f"{field.wire} is required.", f"Set {variable}.")


def _from_keyring(user: str, keyring: Keyring | None) -> str | None:
    if keyring is None:
        try:
            import keyring as installed
        except ImportError:
            return None
        keyring = installed
    try:
        return keyring.get_password(SERVICE, user)
    except Exception:
        # No backend, locked, refused, or whatever a backend raises: a key that cannot be had is not there.
        return None


def folded(name: str) -> str:
    """A name of a field or provider, alike for all its spellings."""
    return name.replace("_", "").replace("-", "").casefold()
