import av
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled
from aura_nb.media.sample import MOST_SECONDS, encode_sample
from tests.media.sounds import babble, write_wav


def test_a_sample_is_small_and_whole(tmp_path):
    write_wav(tmp_path / "speech.wav", babble(2.0))
    encode_sample(tmp_path / "speech.wav", tmp_path / "sample.m4a", cancel=Cancel())
    with av.open(tmp_path / "sample.m4a") as file:
        stream = file.streams.audio[0]
        assert (stream.codec_context.name, stream.codec_context.channels) == ("aac", 1)
        assert float(stream.duration * stream.time_base) == pytest.approx(2.0, abs=0.1)
    assert (tmp_path / "sample.m4a").stat().st_size < 20_000


def test_of_long_speech_it_is_a_minute(tmp_path):
    write_wav(tmp_path / "speech.wav", babble(MOST_SECONDS + 5))
    encode_sample(tmp_path / "speech.wav", tmp_path / "sample.m4a", cancel=Cancel())
    with av.open(tmp_path / "sample.m4a") as file:
        assert file.duration / av.time_base == pytest.approx(MOST_SECONDS, abs=0.1)


def test_it_can_be_cancelled(tmp_path):
    write_wav(tmp_path / "speech.wav", babble(1.0))
    cancel = Cancel()
    cancel.set()
    with pytest.raises(JobCancelled):
        encode_sample(tmp_path / "speech.wav", tmp_path / "sample.m4a", cancel=cancel)
