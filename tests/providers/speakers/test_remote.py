"""The speakers that are services, by their vendors' own clients over real sockets, against fakes that speak."""

from __future__ import annotations

import logging
import pickle
import threading
import time
import traceback

import numpy as np
import pytest

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled, ProviderError
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.context import Context
from aura_nb.pipeline.narrate import narrate_scene, spoken_seconds
from aura_nb.providers import failures, registry, validation
from aura_nb.providers.base import Accepting, Speaker
from aura_nb.providers.config import Config
from aura_nb.providers.guard import Guard, Retries
from aura_nb.providers.speakers.elevenlabs import PREMADE, ElevenLabs
from aura_nb.providers.speakers.espeak import Espeak
from aura_nb.providers.speakers.openai import OpenAI
from aura_nb.providers.speakers.remote import natural_seconds
from aura_nb.providers.speakers.spoken import speak_out
from aura_nb.providers.speakers.timing import AUDIBLE
from aura_nb.spec import Voice
from tests.providers.fakes.matrix import matrix, only
from tests.providers.fakes.server import Say
from tests.providers.fakes.speech import FakeElevenLabs, FakeOpenAISpeech, spoken

CANARY = "sk-canary-7d20be41"
VENDORS = {
    "openai": (OpenAI, FakeOpenAISpeech, "/v1", "speech_model"),
    "elevenlabs": (ElevenLabs, FakeElevenLabs, "", "model"),
}
NAMES = tuple(VENDORS)
TEXT = "Light of 450 nm — 🙂 scatters most."
GEORGE = PREMADE["George"]


@pytest.fixture(params=only(["elevenlabs"], VENDORS))
def vendor(request):
    return request.param


def serving(vendor, *says, **options):
    return VENDORS[vendor][1](*(says or (Say(),)), key=CANARY, **options)


def config_for(vendor, origin, **settings):
    kind, _, path, _ = VENDORS[vendor]
    given = {"base_url": origin + path, "api_key": CANARY, "timeout": "10", **settings}
    return Config.resolve(vendor, kind.fields, given, environ={})


def speaker_of(vendor, server, *, attempts=1, **settings):
    guard = Guard(vendor, retries=Retries(attempts=attempts, base=0.001))
    return VENDORS[vendor][0](config_for(vendor, server.origin, **settings), guard=guard)


def speak(speaker, text=TEXT, voice=None, *, language="en", rate=1.0, cancel=None):
    return speaker.speak(text, voice or Voice(), language=language, rate=rate, cancel=cancel or Cancel())


def measure(speaker, text=TEXT, voice=None, *, language="en", rate=1.0):
    return speaker.measure(text, voice or Voice(), language=language, rate=rate, cancel=Cancel())


@pytest.mark.parametrize("vendor", VENDORS, indirect=True)
def test_it_is_a_speaker_with_settings(vendor):
    speaker = registry.get("speaker", vendor)
    assert isinstance(speaker, Speaker)
    assert isinstance(speaker, Accepting)
    assert not speaker.info.local
    fields = {"api_key", "base_url", "timeout", "price", VENDORS[vendor][3]}
    assert fields == {field.name for field in speaker.info.fields}


def test_what_needs_no_server_opens_no_keyring(vendor, monkeypatch):
    import keyring

    asked = []
    monkeypatch.setattr(keyring, "get_password", lambda *names: asked.append(names))
    for field in VENDORS[vendor][0].fields:
        for variable in field.variables(vendor):
            monkeypatch.delenv(variable, raising=False)
    speaker = VENDORS[vendor][0]()
    assert speaker.info.version
    assert speaker.voices()
    assert speaker.accepts(speaker.voices()[0])
    assert speaker.speaks("en")
    assert measure(speaker) > 1
    assert asked == []
    assert speaker.missing()
    assert len(asked) == 1


@pytest.mark.parametrize("vendor", VENDORS, indirect=True)
def test_it_speaks_what_is_said_and_times_what_is_written(vendor):
    with serving(vendor) as server:
        speech = speak(speaker_of(vendor, server))
    (body,) = server.asked
    assert body.get("input", body.get("text")) == speak_out(TEXT, "en").text
    assert speech.rate == 24_000
    assert speech.audio.dtype == np.float32
    assert [word.text for word in speech.words] == TEXT.split()
    clock = 0.0
    for word in speech.words:
        assert clock <= word.start <= word.end <= speech.seconds
        clock = word.end


def test_the_silence_around_it_is_left_out(vendor):
    with serving(vendor) as server:
        speech = speak(speaker_of(vendor, server))
    sounding = np.flatnonzero(np.abs(speech.audio) >= AUDIBLE) / speech.rate
    assert sounding[0] == pytest.approx(0.02, abs=0.005)
    assert speech.seconds - sounding[-1] == pytest.approx(0.02, abs=0.005)


def test_the_times_of_elevenlabs_are_its_own():
    with serving("elevenlabs") as server:
        speech = speak(speaker_of("elevenlabs", server))
    assert speech.aligned
    begin = np.flatnonzero(np.abs(np.frombuffer(spoken(speak_out(TEXT, "en").text, 1.0)[0], "<i2")) >= 328)[0]
    told = {text: (start, end) for text, start, end in spoken(speak_out(TEXT, "en").text, 1.0)[1]}
    shift = begin / 24_000 - 0.02
    same = (("Light",) * 3, ("scatters",) * 3)
    for written, first, last in (*same, ("450", "four", "fifty"), ("nm", "nanometers,", "nanometers,")):
        (word,) = (word for word in speech.words if word.text == written)
        assert word.start == pytest.approx(told[first][0] - shift, abs=0.001)
        assert word.end == pytest.approx(told[last][1] - shift, abs=0.001)


@pytest.mark.parametrize(("spells", "forgets"), [(None, 0), (str.swapcase, 0), (str, 1)])
def test_without_times_of_this_text_from_the_service_they_are_estimates(spells, forgets):
    with serving("elevenlabs") as server:
        server.spells, server.forgets = spells, forgets
        speech = speak(speaker_of("elevenlabs", server))
    assert not speech.aligned
    assert [word.text for word in speech.words] == TEXT.split()


def test_the_times_of_openai_are_estimates():
    with serving("openai") as server:
        assert not speak(speaker_of("openai", server)).aligned


STATUSES = {
    400: failures.Refused,
    401: failures.Unauthorized,
    403: failures.Unauthorized,
    429: failures.RateLimited,
    500: failures.ServerFault,
}


@pytest.mark.parametrize(("vendor", "status"), matrix(VENDORS, STATUSES, NAMES), indirect=["vendor"])
def test_a_status_is_its_failure(vendor, status):
    say = Say(status=status, message="no, thanks", headers={"Retry-After": "7"})
    with serving(vendor, say) as server, pytest.raises(STATUSES[status], match="no, thanks") as raised:
        speak(speaker_of(vendor, server))
    assert raised.value.provider == vendor
    assert raised.value.remedy
    assert raised.value.retry_after == 7
    assert len(server.asked) == 1


FAULTS = {
    "hang": (failures.TimedOut, "did not answer in time"),
    "stall": (failures.TimedOut, "did not answer in time"),
    "half": (failures.Unreachable, "hung up"),
    "garbage": (failures.BadReply, "does not speak its protocol|gave text/html where"),
    "wrong-type": (failures.BadReply, "does not speak its protocol|gave audio/mpeg where"),
    "silence": (failures.BadReply, "gave silence"),
    "truncated": (failures.BadReply, "breaks off"),
}


@pytest.mark.parametrize(("vendor", "fault"), matrix(VENDORS, FAULTS, NAMES), indirect=["vendor"])
def test_a_fault_is_its_failure(vendor, fault):
    timeout = {"hang": "0.2", "stall": "0.2"}.get(fault, "10")
    kind, said = FAULTS[fault]
    with serving(vendor, Say(fault=fault)) as server, pytest.raises(kind, match=said) as raised:
        speak(speaker_of(vendor, server, timeout=timeout))
    assert raised.value.remedy
    assert len(server.asked) == 1


def test_an_attempt_that_is_left_behind_ends(vendor):
    with serving(vendor) as server:
        server.listing = Say(fault="hang")
        speaker = speaker_of(vendor, server, timeout="60")
        config = speaker.config
        with pytest.raises(failures.TimedOut):
            speaker.ask(config, lambda line: speaker.offer(config, line, seconds=60), cancel=Cancel(), timeout=0.2)
        assert server.left.wait(10)


def test_no_server_is_unreachable(vendor):
    with serving(vendor) as server:
        speaker = speaker_of(vendor, server)
    with pytest.raises(failures.Unreachable):
        speak(speaker)


@pytest.mark.parametrize("vendor", VENDORS, indirect=True)
def test_a_certificate_nobody_trusts_is_told_and_gets_no_key(vendor):
    with serving(vendor, tls=True) as server:
        speaker = speaker_of(vendor, server)
        with pytest.raises(
            failures.Unreachable, match=r"certificate of 127\.0\.0\.1:\d+ is not trusted"
        ) as raised:
            speak(speaker)
        with pytest.raises(failures.Unreachable, match="certificate"):
            speaker.probe(timeout=2)
    assert "SSL_CERT_FILE" in raised.value.remedy
    assert server.headers == []


def test_a_redirect_is_not_followed(vendor):
    with serving(vendor) as thief:
        to = Say(status=307, headers={"Location": thief.origin + "/v1/audio/speech"})
        with serving(vendor, to) as server, pytest.raises(failures.ProviderFailure):
            speak(speaker_of(vendor, server))
    assert thief.headers == []


@pytest.mark.parametrize("vendor", only(["openai"], VENDORS), indirect=True)
def test_a_transient_failure_is_tried_again(vendor):
    with serving(vendor, Say(status=503), Say(fault="half"), Say()) as server:
        speech = speak(speaker_of(vendor, server, attempts=3))
    assert speech.seconds > 1
    assert len(server.asked) == 3


@pytest.mark.parametrize(("vendor", "fault"), matrix(VENDORS, ["hang", "stall"], NAMES), indirect=["vendor"])
def test_cancelling_closes_the_connection_at_once(vendor, fault):
    cancel, ended = Cancel(), []

    def work():
        try:
            speak(speaker_of(vendor, server, timeout="60"), cancel=cancel)
        except JobCancelled:
            ended.append(time.monotonic())

    with serving(vendor, Say(fault=fault)) as server:
        thread = threading.Thread(target=work)
        thread.start()
        assert server.stalled.wait(10)
        cancel.set()
        thread.join(10)
        assert server.left.wait(10)
    assert len(ended) == 1


def test_a_cancelled_call_asks_nothing(vendor):
    cancel = Cancel()
    cancel.set()
    with serving(vendor) as server, pytest.raises(JobCancelled):
        speak(speaker_of(vendor, server), cancel=cancel)
    assert server.headers == []


def test_nothing_to_say_is_told_before_anything_is_sent(vendor):
    with serving(vendor) as server, pytest.raises(ProviderError, match="nothing to say"):
        speak(speaker_of(vendor, server), "🙂 —")
    assert server.headers == []


@pytest.mark.parametrize("vendor", VENDORS, indirect=True)
def test_measuring_asks_nobody_and_is_near(vendor):
    with serving(vendor) as server:
        speaker = speaker_of(vendor, server)
        guess = measure(speaker)
        assert server.headers == []
        assert guess == pytest.approx(speak(speaker).seconds, rel=0.2)


def test_an_estimate_is_for_a_hundred_and_sixty_words_a_minute_in_any_script():
    prose = "Sunlight holds every colour of the rainbow, and air scatters its blue far more than its red."
    assert natural_seconds(prose) == pytest.approx(len(prose.split()) * 60 / 160, rel=0.1)
    assert 2 < natural_seconds("阳光包含彩虹的每一种颜色") < 3.5


def test_an_estimate_learns_from_what_was_spoken():
    text = "The sky is blue by day, and red in the evening when the light takes a longer way."
    with serving("elevenlabs") as server:
        server.pace = 0.75
        speaker, other = speaker_of("elevenlabs", server), Voice(name="Roger")
        before = measure(speaker, text), measure(speaker, text, other)
        took = speak(speaker, text).seconds
        once = measure(speaker, text)
        for _ in range(8):
            speak(speaker, text)
        assert abs(measure(speaker, text) - took) < abs(once - took) < abs(before[0] - took)
        assert measure(speaker, text) == pytest.approx(took, rel=0.1)
        assert measure(speaker, text, rate=0.8) == pytest.approx(took / 0.8, rel=0.1)
        slowly = speaker_of("elevenlabs", server)
        speak(slowly, text, rate=0.8)
        assert measure(slowly, text, rate=0.8) == pytest.approx(once / 0.8, rel=0.05)
        # Another voice is another pace.
        assert measure(speaker, text, other) == before[1]


@pytest.mark.parametrize(
    ("vendor", "settings", "rate", "said"),
    [
        ("openai", {"speech_model": "tts-1"}, 0.8, {"speed": 0.8}),
        ("openai", {"speech_model": "tts-1"}, 1.0, {}),
        ("openai", {"speech_model": "gpt-4o-mini-tts"}, 0.8, {}),
        ("elevenlabs", {}, 0.8, {"voice_settings": {"speed": 0.8}}),
        ("elevenlabs", {}, 0.5, {"voice_settings": {"speed": 0.7}}),
        ("elevenlabs", {}, 1.0, {}),
    ],
    indirect=["vendor"],
)
def test_a_speed_is_sent_where_the_model_heeds_it(vendor, settings, rate, said):
    with serving(vendor) as server:
        speak(speaker_of(vendor, server, **settings), rate=rate)
    (body,) = server.asked
    assert {name: body[name] for name in ("speed", "voice_settings") if name in body} == said


def test_it_says_what_it_cannot_do():
    rates = {model: openai(speech_model=model).info.rates for model in ("tts-1", "tts-1-hd", "gpt-4o-mini-tts")}
    assert rates == {"tts-1": (0.25, 4.0), "tts-1-hd": (0.25, 4.0), "gpt-4o-mini-tts": (1.0, 1.0)}
    assert openai(speech_model="kokoro", base_url="http://localhost:8880/v1").info.rates == (0.25, 4.0)
    assert elevenlabs().info.rates == (0.7, 1.2)
    assert openai().info.ignores == elevenlabs().info.ignores == ("pitch",)


def openai(**settings):
    return OpenAI(Config.resolve("openai", OpenAI.fields, {"api_key": "sk-k", **settings}, environ={}))


def elevenlabs(**settings):
    return ElevenLabs(Config.resolve("elevenlabs", ElevenLabs.fields, {"api_key": "k", **settings}, environ={}))


@pytest.mark.parametrize("vendor", VENDORS, indirect=True)
def test_another_model_or_server_is_another_version(vendor):
    make, model = {"openai": (openai, "speech_model"), "elevenlabs": (elevenlabs, "model")}[vendor]
    assert make(**{model: "other"}).info.version != make().info.version
    assert openai(base_url="http://localhost:1/v1").info.version != openai().info.version


def test_languages_are_those_of_the_model():
    assert [openai().speaks(tag) for tag in ("en-GB", "de-AT", "zh-Hant", "tlh")] == [True, True, True, False]
    assert openai(base_url="http://localhost:1/v1").speaks("tlh")
    assert [elevenlabs().speaks(tag) for tag in ("en", "PT-br", "zh", "hu", "tlh")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert elevenlabs(model="eleven_flash_v2_5").speaks("hu")
    assert not elevenlabs(model="eleven_turbo_v2").speaks("de")
    assert elevenlabs(model="eleven_of_tomorrow").speaks("tlh")


def test_the_language_is_told_to_models_that_take_it():
    with serving("elevenlabs") as server:
        speak(speaker_of("elevenlabs", server), language="de-AT")
        speak(speaker_of("elevenlabs", server, model="eleven_flash_v2_5"), language="de-AT")
    assert "language_code" not in server.asked[0]
    assert server.asked[1]["language_code"] == "de"
    # German is put into words by the service, as far as it is not here.
    assert {body["apply_text_normalization"] for body in server.asked} == {"auto"}


def test_a_voice_of_openai_is_a_name_or_one_s_own_by_its_id():
    with serving("openai") as server:
        for name in (None, "Nova", "voice_1234"):
            speak(speaker_of("openai", server), voice=Voice(name=name))
    assert [body["voice"] for body in server.asked] == ["alloy", "nova", {"id": "voice_1234"}]


def test_openai_has_no_other_voices_but_a_compatible_server_may():
    assert openai().accepts("voice_42")
    assert not openai().accepts("af_heart")
    assert openai(base_url="http://localhost:1/v1").accepts("af_heart")
    assert "marin" in openai().voices()
    assert "marin" not in openai(speech_model="tts-1").voices()
    assert not openai(speech_model="tts-1").accepts("marin")


@pytest.mark.parametrize(("name", "id_"), [(None, GEORGE), ("George", GEORGE), ("roger", PREMADE["Roger"])])
def test_a_voice_of_elevenlabs_is_asked_for_by_its_id(name, id_):
    speaker = elevenlabs()
    assert speaker.voices()[0] == "George"
    assert speaker.voice_id(speaker.config, name) == id_


def test_a_voice_of_one_s_own_is_known_by_its_id_at_once_and_by_its_name_once_the_account_was_asked():
    with serving("elevenlabs") as server:
        speaker = speaker_of("elevenlabs", server)
        assert speaker.accepts("OwnVoice0123456789ab")
        assert not speaker.accepts("Ada")
        assert speaker.voices() == tuple(PREMADE)
        probed = speaker_of("elevenlabs", server).probe(timeout=2)
        assert probed.details["voices"] == ["George", "Roger", "Ada"]
        assert speaker.voices() == ("George", "Roger", "Ada")
        assert speaker.accepts("ada")
        speak(speaker, voice=Voice(name="Ada"))
        speak(speaker, voice=Voice(name="OwnVoice0123456789ab"))
        with serving("elevenlabs") as another:
            assert speaker_of("elevenlabs", another).voices() == tuple(PREMADE)
    assert server.voiced == ["OwnVoice0123456789ab"] * 2


@pytest.mark.parametrize("name", ["ROGER", PREMADE["Roger"]])
def test_a_scene_is_spoken_by_a_voice_in_any_case_or_by_its_id(name, tmp_path):
    with serving("elevenlabs") as server:
        _, warnings, _ = scene(tmp_path, speaker_of("elevenlabs", server), voice=Voice(name=name))
    assert set(server.voiced) == {PREMADE["Roger"]}
    assert warnings == []


def test_a_voice_it_cannot_have_is_told_before_anything_is_sent():
    with serving("elevenlabs") as server, pytest.raises(failures.ModelMissing, match="no voice 'Zoe'") as raised:
        speak(speaker_of("elevenlabs", server), voice=Voice(name="Zoe"))
    assert "validate" in raised.value.remedy
    assert server.headers == []


@pytest.mark.parametrize(
    ("vendor", "voice"), [("openai", "af_heart"), ("elevenlabs", "NobodysVoice12345678")], indirect=["vendor"]
)
def test_a_voice_the_service_lacks_is_missing(vendor, voice):
    with serving(vendor) as server, pytest.raises(failures.ModelMissing, match=voice) as raised:
        speak(speaker_of(vendor, server), voice=Voice(name=voice))
    assert "voice" in raised.value.remedy


@pytest.mark.parametrize("vendor", VENDORS, indirect=True)
def test_a_missing_model_is_told_with_its_remedy(vendor):
    variable = f"AURA_NB_{vendor}_{VENDORS[vendor][3]}".upper()
    with serving(vendor, models=("another",)) as server:
        speaker = speaker_of(vendor, server)
        with pytest.raises(failures.ModelMissing) as raised:
            speak(speaker)
        probed = speaker.probe(timeout=2)
    assert variable in raised.value.remedy
    assert (probed.status, probed.details["models"]) == ("ModelMissing", ["another"])
    assert variable in probed.remedy


def test_probing_speaks_nothing_and_tells_whether_it_would_work(vendor):
    with serving(vendor) as server:
        probed = speaker_of(vendor, server).probe(timeout=2)
        assert (probed.status, probed.remedy) == ("Valid", "")
        assert probed.details["models"] == list(server.models)
        assert server.asked == []
        with pytest.raises(failures.Unauthorized):
            speaker_of(vendor, server, api_key="sk-wrong").probe(timeout=2)
        server.listing = Say(fault="hang")
        with pytest.raises(failures.TimedOut):
            speaker_of(vendor, server).probe(timeout=0.2)


def test_a_lost_default_voice_is_missing():
    with serving("elevenlabs") as server:
        server.voices = {"OwnVoice0123456789ab": "Ada"}
        probed = speaker_of("elevenlabs", server).probe(timeout=2)
    assert probed.status == "ModelMissing"
    assert "Ada" in probed.remedy


def test_a_key_that_may_not_list_may_still_speak():
    with serving("elevenlabs") as server:
        server.listing = Say(status=401, message="The API key you used is missing the permission models_read.")
        probed = speaker_of("elevenlabs", server).probe(timeout=2)
    assert probed.status == "PartiallyValid"
    assert "models_read" in probed.message


def test_a_used_up_quota_is_no_wrong_key_and_a_plan_no_bad_request():
    quota = Say(status=401, message="This request exceeds your quota of 10000.")
    with serving("elevenlabs", quota) as server, pytest.raises(failures.RateLimited) as raised:
        speak(speaker_of("elevenlabs", server))
    assert "quota" in raised.value.remedy
    with serving("elevenlabs", Say(status=402)) as server, pytest.raises(failures.Refused) as raised:
        speak(speaker_of("elevenlabs", server))
    assert "plan" in raised.value.remedy


def test_validation_lists_the_voices(vendor):
    with serving(vendor) as server:
        given = {"base_url": server.origin + VENDORS[vendor][2], "api_key": CANARY}
        report = validation.validate(vendor, given, socket="speaker", live=True, timeout=10)
    assert report.status == "Valid"
    assert VENDORS[vendor][0].voices(speaker_of(vendor, server))[0] in report.details["voices"]


SCENE = "Blue light scatters. Red light stays."


def scene(tmp_path, *speakers, voice=None):
    warnings, falls = [], []
    context = Context(Cache(tmp_path), warn=warnings.append, fell=falls.append)
    done = narrate_scene(SCENE, voice=voice or Voice(), language="en", rate=1.0, speakers=speakers, ctx=context)
    return done, warnings, falls


@pytest.mark.parametrize("vendor", only(["openai"], VENDORS), indirect=True)
def test_a_dead_service_falls_through_to_the_next_speaker(vendor, tmp_path):
    with serving(vendor) as server:
        speaker = speaker_of(vendor, server)
    done, warnings, falls = scene(tmp_path, speaker, Espeak())
    assert done.speaker == "espeak"
    assert len(warnings) == 1
    assert "espeak speaks instead" in warnings[0]
    assert [(fall.failed, fall.why) for fall in falls] == [(vendor, "Unreachable")]


def test_no_sentence_is_paid_for_twice(vendor, tmp_path):
    with serving(vendor, Say(), Say(status=403), Say()) as server:
        speaker = speaker_of(vendor, server)
        with pytest.raises(ProviderError):
            scene(tmp_path, speaker)
        done, *_ = scene(tmp_path, speaker)
        again, *_ = scene(tmp_path, speaker)
    said = [body.get("input", body.get("text")) for body in server.asked]
    assert said == ["Blue light scatters.", "Red light stays.", "Red light stays."]
    assert (done.cached, again.cached) == (False, True)
    assert done.fresh < 1
    # What was spoken is measured by its speech.
    ctx = Context(Cache(tmp_path))
    told = spoken_seconds(
        "Blue light scatters. Red light stays.",
        voice=Voice(),
        language="en",
        rate=1.0,
        speakers=[speaker],
        ctx=ctx,
    )
    assert told == again.seconds


QUOTED = {"good": Say(), "quoted": Say(status=401, message=f"bad key {CANARY}"), "half": Say(fault="half")}


@pytest.mark.parametrize(("vendor", "case"), matrix(VENDORS, QUOTED, ["elevenlabs"]), indirect=["vendor"])
def test_the_key_is_sent_and_nowhere_to_be_seen(vendor, case, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    shown = []
    with serving(vendor, QUOTED[case]) as server:
        speaker = speaker_of(vendor, server)
        try:
            shown.append(repr(speak(speaker)))
        except ProviderError as error:
            shown += [str(error), repr(error), error.remedy, "".join(traceback.format_exception(error))]
        assert CANARY in str(server.headers)
        _, warnings, falls = scene(tmp_path, speaker, Espeak())
    shown += [*warnings, repr(falls), repr(speaker), repr(vars(speaker)), repr(speaker.info)]
    shown += [repr(pickle.dumps(speaker.config)), repr(ElevenLabs.listed)]
    shown += [f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records]
    shown += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert len(caplog.records) > 0
    assert [text for text in shown if CANARY in text] == []


def test_a_client_that_is_not_installed_names_the_command(vendor, monkeypatch):
    kind = VENDORS[vendor][0]
    monkeypatch.setattr(kind, "package", "no_such_package.at_all")
    assert kind().missing() == f"pip install 'aura-nb[{vendor}]'"


@pytest.mark.parametrize("vendor", VENDORS, indirect=True)
def test_a_key_that_is_not_set_is_asked_for(vendor):
    kind = VENDORS[vendor][0]
    missing = kind(Config.resolve(vendor, kind.fields, {"api_key": ""}, environ={})).missing()
    assert missing == f"Set {vendor.upper()}_API_KEY."


def test_the_two_parts_of_openai_share_the_key_and_not_the_model(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-shared")
    monkeypatch.setenv("AURA_NB_OPENAI_MODEL", "a-writer")
    monkeypatch.setenv("AURA_NB_OPENAI_SPEECH_MODEL", "a-speaker")
    writer, speaker = registry.get("writer", "openai"), registry.get("speaker", "openai")
    assert writer.config.get("api_key") == speaker.config.get("api_key") == "sk-shared"
    assert "a-writer" in writer.info.version
    assert "a-speaker" in speaker.info.version
