"""ffmpeg: find one that works, and run graphs built with ffmpeg-python so that they can be stopped.

Our graphs only mix sound and mux: they run for seconds and write into temporary folders. A kernel
that is killed outright therefore leaves at most one short-lived process behind, which ends by itself;
tying it to the kernel (PR_SET_PDEATHSIG) would need code between fork and exec, unsafe with threads.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Self

from aura_nb.cancel import Cancel
from aura_nb.errors import PreflightFailed, RenderError
from aura_nb.settings import Settings
from aura_nb.usage import Metered

REMEDY = (
    "Run `pip install imageio-ffmpeg`, or install ffmpeg 5 or newer with your package manager, or set "
    "AURA_NB_FFMPEG to the path of one."
)
PROTOCOLS = "file,pipe"

# Everything we ask of ffmpeg, in one run of a tenth of a second: being listed proves nothing.
_PROOF = (
    *("-f", "lavfi", "-i", "anullsrc=r=48000:cl=mono:d=0.1"),
    *("-f", "srt", "-i", "pipe:0", "-map", "0:a", "-map", "1:s", "-af"),
    "pan=stereo|c0=c0|c1=c0,volume=1dB,aresample=192000,alimiter=limit=0.8:level=0:latency=1,"
    "aresample=48000,ebur128=peak=true:framelog=quiet",
    *("-c:a", "aac", "-c:s", "mov_text", "-f", "null", "-"),
)
_PROOF_INPUT = "1\n00:00:00,000 --> 00:00:00,100\naura\n\n"


@dataclass(frozen=True, slots=True)
class Binary:
    """An ffmpeg that was proved to work: its path, its version, and where it came from."""

    path: Path
    version: str
    source: str

    @classmethod
    def of(cls, plain: Mapping[str, str] | None) -> Self | None:
        """What `plain` was made from."""
        return cls(Path(plain["path"]), plain["version"], plain["source"]) if plain else None

    def plain(self) -> dict[str, str]:
        """As plain data, for another process."""
        return {"path": str(self.path), "version": self.version, "source": self.source}


def find(setting: Path | None = None) -> Binary:
    """The ffmpeg to use: `setting` (default: AURA_NB_FFMPEG), else imageio-ffmpeg's, else PATH's.

    Each candidate is proved by a run of all we need of it, once a process. Raises `PreflightFailed`
    with the remedy; a setting that does not work is an error and not passed over.
    """
    setting = setting or Settings().ffmpeg
    if setting is not None:
        candidates = [(setting, "AURA_NB_FFMPEG")]
    else:
        candidates = [
            (path, source) for source, path in (("imageio-ffmpeg", _bundled()), ("PATH", _on_path())) if path
        ]
    problems = []
    for path, source in candidates:
        try:
            stat = path.stat()
            return Binary(path, _prove(path, stat.st_mtime_ns, stat.st_size), source)
        except (OSError, subprocess.TimeoutExpired, RenderError) as error:
            problems.append(f"{path} ({source}): {error}")
    why = "; ".join(problems) or "neither imageio-ffmpeg nor PATH has one"
    raise PreflightFailed(f"No working ffmpeg: {why}.", remedy=REMEDY)


def _bundled() -> Path | None:
    try:
        import imageio_ffmpeg

        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None


def _on_path() -> Path | None:
    found = shutil.which("ffmpeg")
    return Path(found) if found else None


@lru_cache
def _prove(path: Path, modified: int, size: int) -> str:
    """The version of the ffmpeg at `path`; raise RenderError when it cannot do what we need."""
    done = subprocess.run(
        [str(path), *_PROOF],
        input=_PROOF_INPUT,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise RenderError(f"it cannot do what is needed: {_last_words(done.stderr.splitlines())}")
    version = re.search(r"^ffmpeg version (\S+)", done.stderr, re.MULTILINE)
    return version[1] if version else "unknown"


def source(path: Path, **options: Any) -> Any:
    """An ffmpeg-python input that is a file, whatever its name looks like, and may open no network."""
    import ffmpeg

    return ffmpeg.input(f"file:{path}", protocol_whitelist=PROTOCOLS, **options)


def target(path: Path) -> str:
    """`path` as ffmpeg and PyAV take it for a file, whatever its name looks like."""
    return f"file:{path}"


def run(
    graph: Any,
    *,
    cancel: Cancel,
    progress: Callable[[float], None] = lambda fraction: None,
    seconds: float = 0.0,
    binary: Binary | None = None,
    feed: Iterable[bytes] | None = None,
) -> str:
    """Run `graph` (an ffmpeg-python output) and return what ffmpeg said on stderr.

    `progress` is called with 0–1 as the output grows towards `seconds`. `feed` is what it reads from
    `pipe:0`; what that raises ends the process and goes through. `cancel` kills the process at once.
    Raises `JobCancelled`, or `RenderError` with ffmpeg's last words.
    """
    import ffmpeg

    command, *args = ffmpeg.compile(graph, cmd=str((binary or find()).path), overwrite_output=True)
    cancel.check()
    process = _spawn(
        [command, "-nostdin", "-hide_banner", "-nostats", "-stats_period", "0.2", "-progress", "pipe:1", *args],
        fed=feed is not None,
    )

    def kill() -> None:
        if process.poll() is None:
            _kill(process)

    said: deque[str] = deque(maxlen=400)
    assert process.stderr is not None
    listener = threading.Thread(target=_listen, args=(process.stderr, said), daemon=True)
    listener.start()
    try:
        with cancel.stopping(kill):
            _feed(process, feed or ())
            for line in process.stdout or ():
                name, _, value = line.strip().partition("=")
                if name == "out_time_us" and seconds > 0 and value.lstrip("-").isdigit():
                    progress(min(1.0, max(0.0, int(value) / 1e6 / seconds)))
            process.wait()
    finally:
        kill()
        process.wait()
        listener.join()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    cancel.check()
    if process.returncode:
        raise RenderError(f"ffmpeg ended with code {process.returncode}: {_last_words(said)}")
    progress(1.0)
    return "\n".join(said)


def _feed(process: subprocess.Popen[str], chunks: Iterable[bytes]) -> None:
    if not isinstance(process.stdin, io.TextIOWrapper):
        return
    # One that ended early has its reason, which its code and its last words tell.
    with contextlib.suppress(BrokenPipeError), process.stdin:
        for chunk in chunks:
            process.stdin.buffer.write(chunk)


def _listen(stream: IO[str], said: deque[str]) -> None:
    for line in stream:
        said.append(line.rstrip())


def _last_words(lines: Sequence[str] | deque[str]) -> str:
    return " | ".join(line.strip() for line in list(lines)[-6:] if line.strip()) or "it said nothing"


def _spawn(args: list[str], *, fed: bool) -> subprocess.Popen[str]:
    """Start `args` in a process group of its own, so that an interrupt of the kernel does not reach it.

    One that is fed is not listened to: nobody could do both.
    """
    own_group: dict[str, Any]
    if sys.platform == "win32":
        own_group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    else:
        own_group = {"start_new_session": True}
    return Metered(
        args,
        stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if fed else subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        **own_group,
    )


def _kill(process: subprocess.Popen[str]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
