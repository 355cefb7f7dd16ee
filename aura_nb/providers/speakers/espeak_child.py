"""One espeak-ng utterance in a process of its own: a JSON request on stdin, events and PCM on stdout.

Run as a file with `python -I -S`, so it must import nothing but the standard library. The process
starts in the folder that holds `espeak-ng-data` and names it relatively: espeak-ng copies the path
into a buffer of 160 bytes and reads it as ANSI on Windows, and a relative one is always short ASCII.

Constants and `Event` are those of espeak-ng's `speak_lib.h` (API revision 12).
"""

import ctypes
import json
import sys
from typing import Any

DATA = b"espeak-ng-data"
SYNCHRONOUS = 2
DONT_EXIT = 0x8000
CHARS_UTF8 = 1
POS_CHARACTER = 1
RATE, PITCH, WORD_GAP = 1, 3, 7
LIST_TERMINATED, WORD = 0, 1


class Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    ]


Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(Event))


def speak(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Say `request["text"]`: the rate in Hz and (character, sample) of each word, and 16-bit mono PCM."""
    library = ctypes.CDLL(request["library"])
    rate = library.espeak_Initialize(SYNCHRONOUS, 0, DATA, DONT_EXIT)
    if rate <= 0:
        raise RuntimeError("espeak-ng did not start; its data folder may be damaged")
    if library.espeak_SetVoiceByName(request["voice"].encode()) != 0:
        raise RuntimeError(f"espeak-ng has no voice {request['voice']!r}")
    library.espeak_SetParameter(RATE, request["rate"], 0)
    library.espeak_SetParameter(PITCH, request["pitch"], 0)
    library.espeak_SetParameter(WORD_GAP, request["gap"], 0)
    pcm = bytearray()
    words: list[tuple[int, int]] = []

    def collect(samples: int, count: int, events: "ctypes._Pointer[Event]") -> int:
        if samples and count > 0:
            pcm.extend(ctypes.string_at(samples, count * 2))
        index = 0
        while events[index].type != LIST_TERMINATED:
            if events[index].type == WORD:
                words.append((events[index].text_position - 1, events[index].sample))
            index += 1
        return 0

    callback = Callback(collect)
    library.espeak_SetSynthCallback(callback)
    text = request["text"].encode() + b"\0"
    status = library.espeak_Synth(text, ctypes.c_size_t(len(text)), 0, POS_CHARACTER, 0, CHARS_UTF8, None, None)
    if status != 0:
        raise RuntimeError(f"espeak-ng stopped with status {status}")
    return {"rate": rate, "words": words}, bytes(pcm)


if __name__ == "__main__":
    try:
        events, audio = speak(json.loads(sys.stdin.buffer.read()))
    except (RuntimeError, OSError) as error:
        sys.exit(str(error))
    sys.stdout.buffer.write(json.dumps(events).encode() + b"\n" + audio)
