"""A Python process of our own beside this one, for what may hang, crash, or is to be measured alone."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

CREATE_NO_WINDOW = 0x08000000  # subprocess.CREATE_NO_WINDOW, which only exists on Windows


class Child:
    """A module's run: it was given a request and answers in lines of JSON."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def answer(self, seconds: float | None = None) -> Any:
        """The next answer, None when there are no more. Raises `TimeoutError` after `seconds`."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError(f"no answer within {seconds:g} s") from None
        return json.loads(line) if line else None

    def last_words(self) -> str:
        """How it ended, and the last that it said."""
        assert self._process.stderr is not None
        code, words = self._process.wait(), self._process.stderr.read().strip().splitlines()
        return f"code {code}{f': {words[-1]}' if words else ''}"

    def kill(self) -> None:
        """End it now."""
        self._process.kill()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _close(self) -> None:
        self.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()


def module(name: str) -> tuple[str, ...]:
    """The command that runs the module `name` of this package."""
    return (sys.executable, "-P", "-m", f"aura_nb.media.{name}")


@contextmanager
def running(command: Sequence[str], request: Mapping[str, Any], **environment: str) -> Iterator[Child]:
    """Run `command` with `request` as JSON for its last argument; it is gone when this ends."""
    windows = sys.platform == "win32"
    child = Child(
        subprocess.Popen(
            [*command, json.dumps(request)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            # It finds what we find.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment},
            # A Ctrl-C meant for the kernel does not reach it: who waits for it decides.
            process_group=None if windows else 0,
            creationflags=CREATE_NO_WINDOW if windows else 0,
        )
    )
    try:
        yield child
    finally:
        child._close()
