"""The exceptions users meet: one small tree, each message saying what, where, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldIssue:
    """One thing wrong with one field: its dotted path, what is wrong, and the remedy."""

    field: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}. {self.remedy}"


class AuraError(Exception):
    """Base of everything `aura_nb` raises on purpose.

    Parameters
    ----------
    message:
        What went wrong and where (the field, file or provider by name).
    remedy:
        What the user can do about it, as one imperative sentence.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        # By its state: the arguments of `__init__` differ from class to class.
        return (_rebuilt, (type(self), self.args, self.__dict__))


def _rebuilt(kind: type[AuraError], args: tuple[object, ...], state: dict[str, object]) -> AuraError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InvalidBrief(AuraError):
    """A brief, plan, voice, render or script that cannot be made; lists every bad field at once."""

    def __init__(self, issues: Sequence[FieldIssue], *, subject: str = "brief") -> None:
        self.issues = tuple(issues)
        self.subject = subject
        lines = "".join(f"\n  - {issue}" for issue in self.issues)
        count = f"{len(self.issues)} field{'s' if len(self.issues) != 1 else ''}"
        super().__init__(f"This {subject} has {count} to mend:{lines}")


class PreflightFailed(AuraError):
    """The machine cannot make this film now (no ffmpeg, disk short, output not writable …)."""


class ProviderError(AuraError):
    """A writer, speaker or illustrator failed; the next in its chain is tried."""

    def __init__(self, provider: str, message: str, *, remedy: str = "") -> None:
        super().__init__(f"{provider}: {message}", remedy=remedy)
        self.provider = provider


class UnknownProvider(AuraError):
    """No provider has this name; the remedy lists those there are. `code` is what HTTP answers, with 400."""

    code = "UNKNOWN_PROVIDER"


class RenderError(AuraError):
    """ffmpeg, the encoder or the typesetter failed; the message carries its last words."""


class VerificationFailed(RenderError):
    """The finished film is not what was planned; names each check that failed."""


class JobCancelled(AuraError):
    """The job was cancelled (by the user, an interrupt, or the kernel's end)."""

    def __init__(self, message: str = "The job was cancelled.", *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: somebody wanted this, nothing went wrong anywhere."""
        return [f"{type(self).__name__}: {self}"]


class JobFailed(AuraError):
    """A past job (perhaps of another kernel) ended without a film; carries its recorded reason."""
