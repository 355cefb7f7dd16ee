"""The exceptions users meet: one small tree, each message saying what, where, and what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

WHOLE = "(whole)"
"""The `field` of an issue with all of a part, and not with one field of it."""


@dataclass(frozen=True, slots=True)
class FieldIssue:
    """One thing wrong with one field: its dotted path, what is wrong, and the remedy."""

    field: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}. {self.remedy}"


class AuraError(Exception):
    """Base of everything `aura_nb` raises on purpose. IPython shows its name and message, Python the whole way.

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

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: the message says it all, our code on the way helps nobody."""
        return [f"{type(self).__name__}: {self}"]

    def __reduce__(self) -> tuple[object, ...]:
        # By its state: the arguments of `__init__` differ from class to class.
        return (_rebuilt, (type(self), self.args, self.__dict__))


def _rebuilt(kind: type[AuraError], args: tuple[object, ...], state: dict[str, object]) -> AuraError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InvalidRequest(AuraError):
    """What was asked for is wrong, on whatever machine: ask otherwise. A shell ends with 2, HTTP answers 4xx."""


class InvalidBrief(InvalidRequest):
    """A brief, plan, voice, render, script or argument that is wrong; lists every bad field at once."""

    def __init__(self, issues: Sequence[FieldIssue], *, subject: str = "brief") -> None:
        self.issues = tuple(issues)
        self.subject = subject
        lines = "".join(f"\n  - {issue}" for issue in self.issues)
        count = f"{len(self.issues)} field{'s' if len(self.issues) != 1 else ''}"
        super().__init__(f"This {subject} has {count} to mend:{lines}")


class Faults:
    """What is wrong with the parts of one request, gathered so that all of it is told at once."""

    def __init__(self) -> None:
        self._found: list[InvalidBrief] = []

    @contextmanager
    def within(self, place: str = "") -> Iterator[None]:
        """Keep what an `InvalidBrief` raised inside finds wrong, its fields named below `place`."""
        try:
            yield
        except InvalidBrief as error:
            issues = [replace(issue, field=_below(place, issue.field)) for issue in error.issues]
            self._found.append(InvalidBrief(issues, subject=error.subject))

    def tell(self, subject: str = "request") -> None:
        """Raise all that was found as one `InvalidBrief`: of `subject`, or of the one part that is wrong."""
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            raise InvalidBrief([issue for one in self._found for issue in one.issues], subject=subject)


def _below(place: str, field: str) -> str:
    if field == WHOLE:
        return place or field
    return f"{place}.{field}" if place else field


class PreflightFailed(AuraError):
    """The machine cannot make this film now (no ffmpeg, disk short, output not writable …)."""


class ProviderError(AuraError):
    """A writer, speaker or illustrator failed; the next in its chain is tried."""

    def __init__(self, provider: str, message: str, *, remedy: str = "") -> None:
        super().__init__(f"{provider}: {message}", remedy=remedy)
        self.provider = provider


class UnknownProvider(InvalidRequest):
    """No provider has this name; the remedy lists those there are. `code` is what HTTP answers, with 400."""

    code = "UNKNOWN_PROVIDER"


class NotAFilm(InvalidRequest):
    """What was given as a film of aura_nb is none: nothing is there, it cannot be read, or others made it."""


class RenderError(AuraError):
    """ffmpeg, the encoder or the typesetter failed; the message carries its last words."""


class VerificationFailed(RenderError):
    """The finished film is not what was planned; names each check that failed."""


class JobCancelled(AuraError):
    """The job was cancelled (by the user, an interrupt, or the kernel's end)."""

    def __init__(self, message: str = "The job was cancelled.", *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)


class JobFailed(AuraError):
    """A past job (perhaps of another kernel) ended without a film; carries its recorded reason."""


def refused(error: OSError) -> tuple[str, str]:
    """What the system refused to do with a file, and the remedy: without its number, names and wording."""
    unknown = f"the system says: {error.strerror or error}", "Choose another path."
    return _REFUSED.get(error.errno or 0, unknown)


_FULL = ("the disk is full", "Free some space, or choose another disk.")
_FORBIDDEN = ("permission is denied", "Allow it, or choose another path.")
_REFUSED = {
    errno.ENOENT: ("there is no such file or folder", "Check the path."),
    errno.EISDIR: ("it is a folder", "Give the path of a file."),
    errno.ENOTDIR: ("a part of its path is no folder", "Check the path."),
    errno.EEXIST: ("there is something of that name", "Choose another path."),
    errno.ENAMETOOLONG: ("its name is too long", "Choose a shorter one."),
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: ("the disk may only be read", "Choose another disk."),
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EMFILE: ("too many files are open", "Restart the kernel, or raise `ulimit -n`."),
}
