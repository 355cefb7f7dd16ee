import threading
from contextlib import contextmanager

import numpy as np
import psutil
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, ProviderError
from aura_nb.providers.speakers import system
from aura_nb.providers.speakers.system import System
from aura_nb.spec import Voice


@pytest.fixture(scope="module")
def own():
    """One for all: finding a voice's pace takes a while."""
    return System()


def speak(text, voice=None, *, language="en", rate=1.0, cancel=None, speaker=None):
    return (speaker or System()).speak(
        text, voice or Voice(), language=language, rate=rate, cancel=cancel or Cancel()
    )


def test_it_says_what_it_lacks(monkeypatch):
    monkeypatch.setattr(system, "PLATFORMS", {})
    monkeypatch.setattr(system, "ESPEAK", ("libnowhere.so",))
    system._known_espeak.cache_clear()
    assert System().missing() == "sudo apt install espeak-ng"
    assert System().voices() == ()
    assert not System().speaks("en")
    monkeypatch.setattr(system, "find_spec", lambda name: None)
    assert System().missing() == "pip install 'aura-nb[system]'"
    assert System().info.version.endswith("/absent")
    with pytest.raises(ProviderError, match=r"pip install 'aura-nb\[system\]'"):
        speak("Hello.")


def test_the_systems_default_voice_comes_first_and_each_has_its_language(own):
    speaker = own
    default = speaker.voices()[0]
    assert speaker._named(None, speaker._voices()[default].languages[0]) == default
    assert speaker.speaks("de-AT")
    german = speaker._named(None, "de-AT")
    assert any(tag.startswith("de") for tag in speaker._voices()[german].languages)
    assert len(set(speaker.voices())) == len(speaker.voices()) > 1


def test_the_voice_that_is_asked_for_speaks(own):
    speaker = own
    german = speaker._named(None, "de")
    one = speak("Der Himmel ist blau.", Voice(name=german), language="de", speaker=speaker)
    same = speak("Der Himmel ist blau.", Voice(name=german.upper()), language="de", speaker=speaker)
    other = speak("Der Himmel ist blau.", Voice(name=speaker.voices()[0]), language="de", speaker=speaker)
    assert np.array_equal(one.audio, same.audio)
    assert not np.array_equal(one.audio, other.audio)


def test_its_times_are_said_to_be_estimates(own):
    assert not speak("Some words.", speaker=own).aligned


def test_what_an_engine_would_take_for_a_command_is_not_handed_to_it(own, monkeypatch, tmp_path):
    speak("So ist es.", language="de", speaker=own)
    parrot = tmp_path / "parrot_child.py"
    parrot.write_text("import json, sys\nsys.exit(json.load(sys.stdin)['text'])\n", encoding="utf-8")
    monkeypatch.setattr(system, "CHILD", parrot)
    with pytest.raises(ProviderError) as raised:
        speak("So x[[rate 9]]y ist<b> es.", language="de", speaker=own)
    assert "x rate 9 y" in " ".join(raised.value.message.split())
    assert not any(mark in raised.value.message for mark in ("[[", "]]", "<"))


@pytest.mark.parametrize("told", ["gmw/nobody", "German"])
def test_a_voice_that_is_passed_over_is_an_error(told):
    """One the driver refuses, and one for which another speaks."""
    speaker = System()
    first = speaker.voices()[0]
    speaker._found[first] = system._Voice(told, ("en",))
    with pytest.raises(ProviderError, match=told):
        speak("Hello.", Voice(name=first), speaker=speaker)


def test_a_system_that_does_not_answer_is_an_error_with_its_last_words(monkeypatch, tmp_path):
    broken = tmp_path / "broken_child.py"
    broken.write_text("import sys\nsys.exit('no speech service')\n", encoding="utf-8")
    monkeypatch.setattr(system, "CHILD", broken)
    assert System().voices() == ()
    with pytest.raises(ProviderError, match="no speech service"):
        speak("Hello.")


class CancelledWhileBusy(Cancel):
    """Is set as soon as something blocks."""

    @contextmanager
    def stopping(self, stop):
        with super().stopping(stop):
            thread = threading.Thread(target=self.set)
            thread.start()
            yield
            thread.join()


def test_cancelling_kills_a_child_that_would_never_end(monkeypatch, tmp_path):
    speaker = System()
    speaker.voices()
    stuck = tmp_path / "stuck_system_child.py"
    stuck.write_text("import threading\nthreading.Event().wait()\n", encoding="utf-8")
    monkeypatch.setattr(system, "CHILD", stuck)
    with pytest.raises(JobCancelled):
        speak("Hello.", cancel=CancelledWhileBusy(), speaker=speaker)
    assert not [child for child in psutil.Process().children() if stuck.name in " ".join(child.cmdline())]


@pytest.mark.parametrize(("platform", "ignores"), [("win32", ("pitch",)), ("darwin", ("pitch",)), ("linux", ())])
def test_each_platform_says_what_its_driver_ignores(platform, ignores):
    assert System(platform).info.ignores == ignores


def test_its_probe_says_a_word_and_gives_up_in_time():
    assert System().probe(timeout=60).status == "Valid"
    with pytest.raises(TimeoutError, match="no answer within"):
        System().probe(timeout=0.001)
