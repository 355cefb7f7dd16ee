"""Which encoders work here, proved by encoding frames with them: being listed proves nothing.

A build of ffmpeg lists encoders of GPUs that no machine of its user has. Each is tried in a child process,
which may hang or crash without harm, once a process and build of PyAV and ffmpeg.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from aura_nb.codecs import ENCODERS
from aura_nb.media import ffmpeg
from aura_nb.media.child import module, running

PATIENCE_SECONDS = 20.0
"""For one encoder, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of trying an encoder: `why` it cannot be used, empty where it can.

    `binary` is the ffmpeg that has it, None for PyAV; `version` that of the encoder or of what carries it.
    """

    encoder: str
    why: str = ""
    version: str = ""
    binary: ffmpeg.Binary | None = None

    @property
    def usable(self) -> bool:
        """Whether it encoded."""
        return not self.why


_proofs: dict[tuple[str, ffmpeg.Binary | None], Proof] = {}
_lock = threading.Lock()


def prove(
    encoders: Iterable[str] = tuple(ENCODERS),
    *,
    binary: ffmpeg.Binary | None = None,
    seconds: float = PATIENCE_SECONDS,
    command: Sequence[str] = module("proof_child"),
    known: dict[tuple[str, ffmpeg.Binary | None], Proof] = _proofs,
) -> dict[str, Proof]:
    """Try `encoders`, by PyAV or else by the ffmpeg `binary`; at most `seconds` for each.

    `known` keeps what was found, for as long as the process lives.
    """
    asked = [*dict.fromkeys(encoders)]
    # One at a time: encoders of one GPU may have a single session between them.
    with _lock:
        left = [name for name in asked if (name, binary) not in known]
        while left:
            for proof in _answers(left, binary, seconds, command):
                known[proof.encoder, binary] = proof
            left = [name for name in left if (name, binary) not in known]
    return {name: known[name, binary] for name in asked}


def _answers(
    encoders: Sequence[str], binary: ffmpeg.Binary | None, seconds: float, command: Sequence[str]
) -> Iterator[Proof]:
    """What one child finds out: a proof for each, up to and with the first that it does not survive."""
    request = {"encoders": encoders, "ffmpeg": binary and binary.plain(), "seconds": seconds}
    # SVT-AV1 says which build it is.
    with running(command, request, SVT_LOG="3") as child:
        for encoder in encoders:
            try:
                # Its own limit ends an ffmpeg that hangs; ours, the child itself.
                answer = child.answer(seconds + 1)
            except TimeoutError:
                yield Proof(encoder, f"no answer within {seconds:g} s")
                return
            if answer is None:
                yield Proof(encoder, f"it crashed with {child.last_words()}")
                return
            by_ffmpeg = binary if answer["by"] == "ffmpeg" else None
            yield Proof(answer["encoder"], answer["why"], answer["version"], by_ffmpeg)
