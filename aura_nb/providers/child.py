"""One question to a child process: JSON in, bytes out, killed the moment the job is cancelled."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, ProviderError
from aura_nb.usage import Metered

TIMEOUT_SECONDS = 120
CREATE_NO_WINDOW = 0x08000000  # subprocess.CREATE_NO_WINDOW, which only exists on Windows


def ask(
    provider: str,
    arguments: Sequence[str],
    request: Mapping[str, Any],
    cancel: Cancel,
    *,
    remedy: str,
    folder: Path | None = None,
    seconds: float = TIMEOUT_SECONDS,
) -> bytes:
    """What `python *arguments` writes when it is given `request`; it starts in `folder`.

    It ends within `seconds`, and with it whatever it started. Raises `ProviderError` with its last words
    and the `remedy` when it fails, `JobCancelled`.
    """
    windows = sys.platform == "win32"
    cancel.check()
    process: Metered[bytes] = Metered(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        # So that a Ctrl-C meant for the kernel does not reach the child: the job decides what stops.
        process_group=None if windows else 0,
        creationflags=CREATE_NO_WINDOW if windows else 0,
    )
    _running.add(process)
    with process:
        try:
            with cancel.stopping(lambda: _kill(process)):
                out, complaint = process.communicate(json.dumps(request).encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            raise ProviderError(provider, f"no answer within {seconds:g} s.") from None
        finally:
            _kill(process)
            _running.discard(process)
    cancel.check()
    if process.returncode != 0:
        reason = complaint.decode(errors="replace").strip() or f"exit status {process.returncode}"
        raise ProviderError(provider, reason, remedy=remedy)
    return out


_running: set[subprocess.Popen[bytes]] = set()


@atexit.register
def _kill_all() -> None:
    """A thread that nobody waits for any more does not come to the end of `ask` when the interpreter ends."""
    for process in tuple(_running):
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the child, and first what it started: a browser outlives its parent."""
    if process.poll() is not None:
        return
    try:
        started = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        started = []
    process.kill()
    for one in started:
        with suppress(psutil.Error):
            one.kill()


@contextmanager
def within(seconds: float) -> Iterator[Cancel]:
    """A token that is set after so many seconds; what it stops is a `TimeoutError`."""
    cancel = Cancel()
    late = threading.Timer(seconds, cancel.set)
    # What hangs in here must not keep the process alive.
    late.daemon = True
    late.start()
    try:
        yield cancel
    except JobCancelled:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    finally:
        late.cancel()
