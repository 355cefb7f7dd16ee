"""What the operating system's voices are, or one utterance of one of them, in a process of its own.

A JSON request on stdin, a JSON answer on stdout. Run as a file with `python -P`, so that it shares
nothing with the kernel: pyttsx3's loop belongs to one thread, can hang, and espeak repeats itself only
in a fresh process.
"""

from __future__ import annotations

import faulthandler
import json
import sys
from contextlib import redirect_stdout
from typing import Any


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The voices (`text` is None), else `text` spoken into the sound file `out`."""
    import pyttsx3

    engine = pyttsx3.init()
    voices = [
        {"id": voice.id, "name": voice.name or voice.id, "languages": [str(tag) for tag in voice.languages or []]}
        for voice in engine.getProperty("voices")
    ]
    if request["text"] is None:
        return {"voices": voices, "default": engine.getProperty("voice")}
    failed: list[str] = []
    engine.connect("error", lambda name=None, exception=None: failed.append(str(exception)))
    engine.setProperty("voice", request["voice"])
    engine.setProperty("rate", request["rate"])
    if request["pitch"] is not None:
        engine.setProperty("pitch", request["pitch"])
    engine.save_to_file(request["text"], request["out"])
    if sys.platform in ("win32", "darwin"):
        engine.runAndWait()
    else:
        # espeak's driver ends its loop itself, once the file is written; `runAndWait` would stop it before.
        engine.startLoop()
    # A voice that is not chosen is passed over in silence, and another speaks.
    if (spoke := engine.getProperty("voice")) != request["voice"]:
        failed.append(f"{spoke} spoke instead of {request['voice']}")
    if failed:
        raise RuntimeError(failed[0])
    return {}


PATIENCE_SECONDS = 180
"""Longer than anybody waits: a driver that hangs is not to outlive a kernel that was killed."""

if __name__ == "__main__":
    faulthandler.dump_traceback_later(PATIENCE_SECONDS, exit=True)
    try:
        # The drivers print what they do.
        with redirect_stdout(sys.stderr):
            result = answer(json.loads(sys.stdin.buffer.read()))
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")
    sys.stdout.write(json.dumps(result))
