from __future__ import annotations

import errno
import io
from pathlib import Path

import numpy as np
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, RenderError
from aura_nb.media import audio, ffmpeg, probe
from aura_nb.media.audio import RATE, Voice
from tests.media.sounds import babble, write_wav


def mixed(folder: Path, voices: list[Voice], seconds: float):
    track = io.BytesIO()
    audio.mix(voices, seconds, track, cancel=Cancel())
    return np.frombuffer(track.getvalue(), np.float32)


def encoded(folder: Path, samples, **options):
    track, out = folder / "mix.f32", folder / "sound.m4a"
    np.asarray(samples, np.float32).tofile(track)
    options = {"silent": False, "cancel": Cancel()} | options
    return audio.encode(track, len(samples) / RATE, out, **options), out


def tone(seconds: float, level: float = 0.3):
    return level * np.sin(2 * np.pi * 440 * np.arange(round(seconds * RATE)) / RATE)


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 44_100, 48_000])
def test_a_voice_starts_at_its_sample_whatever_its_rate(tmp_path: Path, rate: int):
    click = np.zeros(rate)
    click[rate // 2] = 0.9
    track = mixed(tmp_path, [Voice(write_wav(tmp_path / "v.wav", click, rate), 1.2345)], 4.0)
    assert len(track) == 4 * RATE
    assert abs(int(np.abs(track).argmax()) - round((1.2345 + 0.5) * RATE)) <= 1


def test_all_voices_are_whole_and_none_is_turned_down(tmp_path: Path):
    # Fault 9: mixing cut the narration at the shortest input and dropped it by 6 dB.
    one = write_wav(tmp_path / "one.wav", tone(0.5), RATE)
    two = write_wav(tmp_path / "two.wav", tone(1.5), RATE)
    track = mixed(tmp_path, [Voice(one, 0.25), Voice(two, 1.0)], 3.0)
    heard = np.flatnonzero(np.abs(track) > 0.01) / RATE
    assert heard[0] == pytest.approx(0.25, abs=0.01)
    assert heard[-1] == pytest.approx(2.5, abs=0.01)
    for start, end in ((0.3, 0.7), (1.1, 2.4)):
        part = track[round(start * RATE) : round(end * RATE)]
        assert np.abs(part).max() == pytest.approx(0.3, abs=0.001)
    assert not track[round(0.76 * RATE) : round(0.99 * RATE)].any()


def test_joins_do_not_click(tmp_path: Path):
    loud = write_wav(tmp_path / "loud.wav", np.full(RATE // 2, 0.8), RATE)
    track = mixed(tmp_path, [Voice(loud, 0.1), Voice(loud, 0.7)], 2.0)
    assert np.abs(np.diff(track)).max() < 0.01


def test_a_voice_longer_than_its_film_is_an_error(tmp_path: Path):
    long = write_wav(tmp_path / "long.wav", tone(1.0), RATE)
    with pytest.raises(RenderError, match=r"long\.wav speaks from 0\.50 to 1\.50 s in a film of 1\.20 s"):
        mixed(tmp_path, [Voice(long, 0.5)], 1.2)


def test_a_voice_that_begins_before_the_last_has_ended_is_an_error(tmp_path: Path):
    long = write_wav(tmp_path / "long.wav", tone(1.0), RATE)
    with pytest.raises(RenderError, match=r"from 0\.50 to 1\.50 s .* taken until 1\.00 s"):
        mixed(tmp_path, [Voice(long, 0), Voice(long, 0.5)], 3)


class SmallDisk(io.BytesIO):
    """A disk that is full after two seconds of sound."""

    def write(self, data):
        if self.tell() + len(data) > 2 * RATE * 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("start", [0.0, 1.5, 3.0])
def test_a_full_disk_is_an_error_and_not_the_end_of_the_kernel(tmp_path: Path, start: float):
    # A sparse file mapped into memory died of SIGBUS at the first page that found no room.
    voice = write_wav(tmp_path / "v.wav", tone(1.0), RATE)
    with pytest.raises(OSError, match="No space left"):
        audio.mix([Voice(voice, start)], 5, SmallDisk(), cancel=Cancel())


def test_a_sound_that_is_none_is_an_error(tmp_path: Path):
    (tmp_path / "no.wav").write_bytes(b"no sound")
    with pytest.raises(RenderError, match=r"no\.wav cannot be read"):
        mixed(tmp_path, [Voice(tmp_path / "no.wav", 0)], 1)


@pytest.mark.parametrize("level", [0.003, 0.1, 0.9])
def test_the_encoded_sound_is_at_minus_14_lufs_with_peaks_under_minus_1(tmp_path: Path, level: float):
    told, out = encoded(tmp_path, babble(4, rate=RATE, level=level))
    for found in (told, audio.measure(ffmpeg.source(out).audio, 4, cancel=Cancel())):
        assert found is not None
        assert found.integrated == pytest.approx(-14, abs=0.5)
        assert found.peak <= -1.0
    contents = probe.probe(out)
    assert contents.audio is not None
    assert (contents.audio.codec, contents.audio.rate, contents.audio.channels) == ("aac", RATE, 2)
    assert contents.audio.seconds == pytest.approx(4, abs=0.001)


def test_peaks_that_encoding_adds_are_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(audio, "_FIRST_CEILING", -0.5)
    bursts = np.repeat(np.random.default_rng(1).random(60) ** 4, RATE // 20)
    told, _ = encoded(tmp_path, bursts * np.random.default_rng(2).normal(0, 0.2, len(bursts)))
    assert told is not None
    assert told.peak <= -1.0
    assert told.integrated == pytest.approx(-14, abs=0.5)


def test_encoding_neither_delays_nor_differs_from_run_to_run(tmp_path: Path):
    samples = babble(2, rate=RATE)
    _, out = encoded(tmp_path, samples)
    first = out.read_bytes()
    heard = np.concatenate(list(probe.sound(out)))[: len(samples)]
    spectrum = np.fft.rfft(samples, 2 * len(samples)).conj() * np.fft.rfft(heard, 2 * len(samples))
    assert int(np.fft.irfft(spectrum).argmax()) == 0
    assert encoded(tmp_path, samples)[1].read_bytes() == first


def test_a_silent_film_has_silence_and_no_loudness(tmp_path: Path):
    told, out = encoded(tmp_path, np.zeros(RATE), silent=True)
    assert told is None
    assert not np.concatenate(list(probe.sound(out))).any()


def test_a_narration_that_is_silence_is_an_error(tmp_path: Path):
    with pytest.raises(RenderError, match="The narration is silent"):
        encoded(tmp_path, np.zeros(2 * RATE))


def test_progress_rises_to_one(tmp_path: Path):
    seen: list[float] = []
    encoded(tmp_path, babble(3, rate=RATE), progress=seen.append)
    assert seen == sorted(seen)
    assert len(set(seen)) >= 4
    assert seen[-1] == 1.0


def test_cancelling_stops_mixing_and_encoding(tmp_path: Path):
    cancel = Cancel()
    with pytest.raises(JobCancelled):
        encoded(tmp_path, babble(3, rate=RATE), cancel=cancel, progress=lambda _: cancel.set())
    with pytest.raises(JobCancelled):
        audio.mix([Voice(tmp_path / "v.wav", 0)], 1, io.BytesIO(), cancel=cancel)
