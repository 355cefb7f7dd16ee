from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from aura_nb.errors import RenderError
from aura_nb.media import probe
from tests.media.sounds import write_wav


def box(kind: bytes, body: bytes = b"", *, wide: bool = False) -> bytes:
    if wide:
        return struct.pack(">I4sQ", 1, kind, 16 + len(body)) + body
    return struct.pack(">I4s", 8 + len(body), kind) + body


@pytest.mark.parametrize(
    ("boxes", "fast"),
    [
        (box(b"ftyp", b"isom") + box(b"moov") + box(b"mdat"), True),
        (box(b"ftyp", b"isom") + box(b"mdat", b"moov") + box(b"moov"), False),
        (box(b"ftyp") + box(b"free", b"x" * 40, wide=True) + box(b"moov"), True),
        (box(b"ftyp") + box(b"mdat", b"x" * 40, wide=True) + box(b"moov"), False),
        (box(b"ftyp"), False),
        (struct.pack(">I4s", 0, b"free"), False),
        (b"\0\0", False),
    ],
)
def test_faststart_is_the_index_before_the_data(tmp_path: Path, boxes: bytes, fast: bool):
    (tmp_path / "f.mp4").write_bytes(boxes)
    assert probe.is_faststart(tmp_path / "f.mp4") is fast


def test_sound_is_mono_at_48_khz_from_time_zero(tmp_path: Path):
    ramp = np.linspace(0, 0.5, 8_000)
    heard = np.concatenate(list(probe.sound(write_wav(tmp_path / "r.wav", ramp, 16_000))))
    assert len(heard) == pytest.approx(24_000, abs=2)
    assert heard[12_000] == pytest.approx(0.25, abs=0.01)


def test_a_name_with_a_colon_is_a_file_and_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_wav(tmp_path / "Talk: one.wav", np.full(16_000, 0.1), 16_000)
    monkeypatch.chdir(tmp_path)
    assert probe.probe(Path("Talk: one.wav")).audio is not None


@pytest.mark.parametrize(
    "read", [probe.probe, lambda path: list(probe.sound(path)), lambda p: list(probe.lumas(p))]
)
def test_what_cannot_be_read_is_one_kind_of_error(tmp_path: Path, read):
    (tmp_path / "f.mp4").write_bytes(b"no film")
    for name in ("f.mp4", "none.mp4"):
        with pytest.raises(RenderError, match=f"{name} cannot be read"):
            read(tmp_path / name)
