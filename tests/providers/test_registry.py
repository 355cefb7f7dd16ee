from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint

import pytest

from aura_nb.errors import ProviderError, UnknownProvider
from aura_nb.providers import registry
from aura_nb.providers.base import ProviderInfo
from aura_nb.providers.config import Config, Field
from aura_nb.providers.registry import GROUP, SOCKETS, Registry


class Parrot:
    """A speaker's shape, counting how often it is made."""

    made = 0
    lock = threading.Lock()
    info = ProviderInfo("parrot", "speaker", local=True, licence="MIT", version="1")

    def __init__(self) -> None:
        with Parrot.lock:
            Parrot.made += 1

    def missing(self): ...
    def voices(self): ...
    def speaks(self, language): ...
    def speak(self, text, voice, *, language, rate, cancel): ...
    def measure(self, text, voice, *, language, rate, cancel): ...


class Hanging(Parrot):
    """A part that is not made before it may be."""

    may = threading.Event()

    def __init__(self) -> None:
        Hanging.may.wait(30)


class Tuned(Parrot):
    info = ProviderInfo("tuned", "speaker", local=True, licence="MIT", version="1", fields=(Field("pitch"),))

    def __init__(self, config: Config | None = None) -> None:
        self.config = config


class Broken:
    def __init__(self) -> None:
        raise ImportError("no module named libparrot")


class Telling(Parrot):
    """Breaks when it is made, with what it was made with on its lips."""

    info = ProviderInfo(
        "telling", "speaker", local=True, licence="MIT", version="1", fields=(Field("api_key", secret=True),)
    )

    def __init__(self, config: Config | None = None) -> None:
        held = config or Config.resolve("telling", self.info.fields)
        raise ValueError(f"the key {held.get('api_key')} has expired")


def points(**targets: str) -> Registry:
    return Registry(
        lambda: [EntryPoint(key.replace("_", "."), f"{__name__}:{to}", GROUP) for key, to in targets.items()]
    )


def test_built_in_parts_are_named_in_order_of_preference() -> None:
    assert registry.names("writer")[:1] == ("rulebased",)
    assert registry.names("speaker")[:4] == ("kokoro", "piper", "espeak", "system")
    assert registry.names("illustrator")[:2] == ("figures", "cards")


@pytest.mark.parametrize("key", registry.BUILT_IN)
def test_every_built_in_part_can_be_had_and_is_what_it_says(key: str) -> None:
    socket, name = key.split(".")
    assert socket in SOCKETS
    info = registry.get(socket, name).info
    assert (info.socket, info.name) == (socket, name)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownProvider, match=r"no speaker named 'kokoru'.*Choose one of: kokoro, "):
        registry.get("speaker", "kokoru")


def test_a_name_of_another_socket_is_unknown() -> None:
    with pytest.raises(UnknownProvider, match="no writer named 'espeak'"):
        registry.get("writer", "espeak")


def test_chain_keeps_the_order_asked_for() -> None:
    parts = points(speaker_a="Parrot", speaker_b="Parrot")
    assert parts.chain("speaker", ["b", "a"]) == [parts.get("speaker", "b"), parts.get("speaker", "a")]


def test_threads_asking_at_once_get_one_instance() -> None:
    Parrot.made = 0
    parts = points(speaker_parrot="Parrot")
    start = threading.Barrier(16)

    def ask() -> object:
        start.wait()
        return parts.get("speaker", "parrot")

    with ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(ask) for _ in range(16)]
    assert len({id(future.result()) for future in asked}) == 1
    assert Parrot.made == 1


def test_one_that_takes_long_to_make_holds_up_no_other() -> None:
    parts = points(speaker_slow="Hanging", speaker_parrot="Parrot")
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(parts.get, "speaker", "slow")
        try:
            assert pool.submit(parts.get, "speaker", "parrot").result(10).info.name == "parrot"
            assert not slow.done()
        finally:
            Hanging.may.set()
        assert isinstance(slow.result(10), Hanging)


def test_one_with_settings_of_its_own_is_another_instance() -> None:
    parts = points(speaker_tuned="Tuned")
    config = Config.resolve("tuned", Tuned.info.fields, {"pitch": "3"}, environ={})
    made = parts.configured("speaker", config)
    assert isinstance(made, Tuned)
    assert made.config is config
    assert parts.get("speaker", "tuned").config is None
    with pytest.raises(UnknownProvider, match="no writer named 'tuned'"):
        parts.configured("writer", config)


def test_a_plug_in_cannot_take_over_a_built_in_name() -> None:
    taken = EntryPoint("speaker.espeak", f"{__name__}:Parrot", GROUP)
    parts = Registry(lambda: [*registry.installed(), taken])
    assert not isinstance(parts.get("speaker", "espeak"), Parrot)


def test_a_plug_in_that_cannot_be_loaded_names_its_package() -> None:
    with pytest.raises(ProviderError, match=r"broken: cannot be loaded \(no module named libparrot\)"):
        points(speaker_broken="Broken").get("speaker", "broken")


def test_what_a_plug_in_breaks_with_is_told_without_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = points(speaker_telling="Telling")
    monkeypatch.setenv("AURA_NB_TELLING_API_KEY", "canary-1")
    given = Config.resolve("telling", Telling.info.fields, {"api_key": "canary-2"})
    for make in (lambda: parts.get("speaker", "telling"), lambda: parts.configured("speaker", given)):
        with pytest.raises(ProviderError, match=r"the key .* has expired") as caught:
            make()
        assert "canary" not in str(caught.value)
        # Neither in what a debugger or a log of exceptions would show beside it.
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_plug_in_that_is_not_there_any_more_names_its_module() -> None:
    gone = Registry(lambda: [EntryPoint("speaker.gone", "no_such_package.parts:Gone", GROUP)])
    assert gone.names("speaker") == ("gone",)
    with pytest.raises(ProviderError, match=r"No module named 'no_such_package'.*Reinstall no_such_package"):
        gone.get("speaker", "gone")


def test_a_plug_in_in_the_wrong_socket_is_refused() -> None:
    with pytest.raises(ProviderError, match="is no ScriptWriter"):
        points(writer_parrot="Parrot").get("writer", "parrot")


def test_naming_providers_imports_none_of_them() -> None:
    code = (
        "import sys; from aura_nb.providers import registry; registry.names('speaker');"
        "print([m for m in sys.modules if m.startswith('aura_nb.providers.speakers')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"
