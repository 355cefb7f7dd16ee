"""Which encoders work here, proved by encoding frames with them: being listed proves nothing.

A build of ffmpeg lists encoders of GPUs that no machine of its user has. Each is tried in a child process,
which may hang or crash without harm, once a process and build of PyAV and ffmpeg.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aura_nb.codecs import ENCODERS
from aura_nb.media import ffmpeg

PATIENCE_SECONDS = 20.0
"""For one encoder, on a busy machine."""
CHILD = (sys.executable, "-P", "-m", "aura_nb.media.proof_child")


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
    child: Sequence[str] = CHILD,
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
            for proof in _answers(left, binary, seconds, child):
                known[proof.encoder, binary] = proof
            left = [name for name in left if (name, binary) not in known]
    return {name: known[name, binary] for name in asked}


def _answers(
    encoders: Sequence[str], binary: ffmpeg.Binary | None, seconds: float, child: Sequence[str]
) -> Iterable[Proof]:
    """What one child finds out: a proof for each, up to and with the first that it does not survive."""
    told = {"path": str(binary.path), "version": binary.version} if binary else None
    request = json.dumps({"encoders": encoders, "ffmpeg": told, "seconds": seconds})
    process = subprocess.Popen(
        [*child, request],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        # It finds what we find, and hears which build of SVT-AV1 there is.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "SVT_LOG": "3"},
        creationflags=subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0,
    )
    lines: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
    reader.start()
    try:
        for encoder in encoders:
            try:
                # Its own limit ends an ffmpeg that hangs; ours, the child itself.
                line = lines.get(timeout=seconds + 1)
            except queue.Empty:
                yield Proof(encoder, f"no answer within {seconds:g} s")
                return
            if not line:
                assert process.stderr is not None
                code, words = process.wait(), process.stderr.read().strip().splitlines()
                yield Proof(encoder, f"it crashed with code {code}{f': {words[-1]}' if words else ''}")
                return
            answer: dict[str, Any] = json.loads(line)
            by_ffmpeg = binary if answer["by"] == "ffmpeg" else None
            yield Proof(answer["encoder"], answer["why"], answer["version"], by_ffmpeg)
    finally:
        process.kill()
        process.wait()
        reader.join()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _read(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put("")
