"""A process of its own that encodes a file of raw frames, so that what it costs is the encoder's alone.

`python -m aura_nb.media.trial_child '{...}'` writes lines of JSON: how many frames are done, and at the end
`seconds` and `cpu_seconds`, or `failure`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from aura_nb.media.colour import Yuv, unpacked
from aura_nb.media.encode import EncoderFailed, encode
from aura_nb.media.ffmpeg import Binary

_REPORT_EVERY = 8  # frames


def main(request: dict[str, Any]) -> None:
    """Encode as `request` says; its keys are the parameters of `encode`, the frames' file, and `out`."""
    width, height = request["size"]
    frames = _frames(Path(request["frames"]), (width, height))
    began, spent = time.perf_counter(), _cpu_seconds()
    try:
        encode(
            Path(request["out"]),
            frames,
            size=(width, height),
            fps=request["fps"],
            crf=request["crf"],
            encoder=request["encoder"],
            max_kbps=request["max_kbps"],
            binary=Binary.of(request["ffmpeg"]),
        )
    except EncoderFailed as error:
        _tell(failure=error.message)
        return
    _tell(seconds=time.perf_counter() - began, cpu_seconds=_cpu_seconds() - spent)


def _cpu_seconds() -> float:
    """Of all threads of this process, and of an ffmpeg that it started and that has ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _frames(path: Path, size: tuple[int, int]) -> Iterator[Yuv]:
    count, length = 0, size[0] * size[1] * 3 // 2
    with path.open("rb") as file:
        while len(data := file.read(length)) == length:
            if count % _REPORT_EVERY == 0:
                _tell(done=count)
            count += 1
            yield unpacked(np.frombuffer(data, np.uint8), size)


def _tell(**answer: Any) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
