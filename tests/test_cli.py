from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import av
import psutil
import pytest
from typer.testing import CliRunner

import aura_nb
from aura_nb.cli import app
from aura_nb.providers import registry
from aura_nb.script import Scene, Script, TitleCard
from aura_nb.spec import Brief

SMALL = ("--height", "360", "--fps", "24", "--speaker", "espeak")


def aura(*args: str):
    """What `aura-nb` does with `args`, in this process."""
    return CliRunner().invoke(app, args)


def shell(*args: str, **options) -> subprocess.CompletedProcess[str]:
    """`python -m aura_nb` with `args`, in a process of its own."""
    return subprocess.run(command(args), capture_output=True, encoding="utf-8", **options)


def command(args: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "aura_nb", *args]


def test_version():
    result = aura("--version")
    assert (result.exit_code, result.stdout) == (0, f"aura-nb {aura_nb.__version__}\n")


@pytest.mark.parametrize("name", ["demo", "make", "verify", "providers", "encoders", "doctor"])
def test_every_command_explains_itself(name: str):
    result = aura(name, "--help")
    assert result.exit_code == 0
    assert result.stdout.strip()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["make", "no"], "Write at least 3 characters"),
        (["make", "missing.toml"], "no such file"),
        (["make", "Blue sky", "--height", "7"], "1080"),
        (["make", "Blue sky", "--encoder", "libx256"], "Did you mean 'libx265'?"),
        (["make", "Blue sky", "--codec", "vp9"], "'h264', 'h265' or 'av1'"),
        (["make", "Blue sky", "--platform", "vimeo"], "'shorts'"),
        (["make", "Blue sky", "--theme", "sepia"], "light"),
        (["make", "Blue sky", "--speaker", "kokoru"], "kokoro, "),
        (["make", "Blue sky", "--voice", "nobody", "--speaker", "espeak"], "aura-nb voices"),
        (["make", "Blue sky", "--output", "film.mkv"], ".mp4"),
        (["verify", "missing.mp4"], "no film at missing.mp4"),
        (["verify", __file__], "test_cli.py is no video"),
        (["verify", "missing.mp4", "--inputs", "."], "Ask for a remake too"),
        (["watch", "nonsense"], "'nonsense' is no link"),
        (["watch", "http://localhost:port/"], "is no link"),
        (["compare", "Blue sky", "--writer", "gpt"], "'gpt'"),
        (["voices", "--language", "no tag"], "BCP 47"),
        (["serve", "--host", "no host"], "No server can listen at no host"),
        (["make", "Blue sky", "--seconds", "5"], "10 to 1800 seconds"),
        (["make", "Blue sky", "--captions", "sung"], "'soft', 'burnt' or 'none'"),
    ],
)
def test_wrong_input_is_one_message_with_a_remedy_and_exit_code_2(args, said):
    result = aura(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_what_cannot_be_made_here_is_one_message_and_exit_code_1(monkeypatch, tmp_path):
    monkeypatch.setenv("AURA_NB_FFMPEG", str(tmp_path / "none"))
    result = aura("make", "Blue sky", "--speaker", "espeak", "--output", str(tmp_path / "film.mp4"))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "AURA_NB_FFMPEG" in result.stderr
    assert "Traceback" not in result.stderr


def test_options_that_are_wrong_in_several_parts_are_one_message():
    result = aura("make", "no", "--seconds", "5", "--voice", "v" * 101, "--height", "7", "--profile", "free")
    assert result.exit_code == 2
    for field in ("topic", "plan.seconds", "voice.name", "render.height", "profile"):
        assert re.search(rf"^  - {field}: ", result.stderr, re.MULTILINE), field


def test_what_is_not_there_is_told_all_at_once(tmp_path):
    chain = ("--speaker", "nobody", "--speaker", "noone")
    result = aura("make", "Blue sky", *chain, "--theme", "nope", "-o", str(tmp_path / "x.mov"))
    assert result.exit_code == 2
    for field in ("output", "profile.speaker", "render.theme"):
        assert re.search(rf"^  - {field}: ", result.stderr, re.MULTILINE), field
    assert "'nobody'" in result.stderr
    assert "'noone'" in result.stderr


def test_a_bad_setting_is_a_message_too(monkeypatch):
    monkeypatch.setenv("AURA_NB_WORKERS", "many")
    result = aura("make", "Blue sky")
    assert result.exit_code == 2
    assert "AURA_NB_WORKERS" in result.stderr


def test_doctor_lists_what_it_found():
    result = aura("doctor")
    assert result.exit_code == 0
    assert re.search(r"^ok\s+ffmpeg\s+\S", result.stdout, re.MULTILINE)


def test_doctor_fails_when_something_essential_does(monkeypatch, tmp_path):
    monkeypatch.setenv("AURA_NB_FFMPEG", str(tmp_path / "none"))
    result = aura("doctor")
    assert result.exit_code == 1
    assert re.search(r"^fail\s+ffmpeg", result.stdout, re.MULTILINE)
    assert re.search(r"^\s+-> .*AURA_NB_FFMPEG", result.stdout, re.MULTILINE)


def test_providers_lists_every_part_once_with_what_mends_it(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    result = aura("providers", "--no-live", "--timeout", "30")
    assert result.exit_code == 0
    rows = [line.split()[:3] for line in result.stdout.splitlines() if "->" not in line]
    known = [[socket, name] for socket in registry.SOCKETS for name in registry.names(socket)]
    assert [row[1:] for row in rows] == known
    status = {name: status for status, _, name in rows}
    assert (status["rulebased"], status["openai"]) == ("Valid", "Invalid")
    assert re.search(r"^\s+-> Set OPENAI_API_KEY\.$", result.stdout, re.MULTILINE)


@pytest.mark.slow
def test_providers_are_asked_unless_told_otherwise():
    asked = r"espeak.* ms .*Speaks"
    assert re.search(asked, aura("providers", "--timeout", "30").stdout)
    assert not re.search(asked, aura("providers", "--timeout", "30", "--no-live").stdout)


@pytest.mark.parametrize("name", ["free", "Pro"])
def test_an_unknown_profile_is_answered_with_the_known_ones(name):
    result = aura("make", "Blue sky", "--profile", name)
    assert result.exit_code == 2
    assert "free-only, balanced-mix, pro-max" in result.stderr


@pytest.mark.slow
def test_demo_makes_a_film_and_ends_with_its_path(tmp_path: Path):
    output = tmp_path / "out" / "demo.mp4"
    done = shell("demo", *SMALL, "--output", str(output), env={**os.environ, "AURA_NB_PROGRESS": "text"})
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{output}\n"
    for stage in ("write", "narrate", "picture", "compose", "finish"):
        assert re.search(rf"^{stage}\s+\d", done.stderr, re.MULTILINE)
    assert "s of film in" in done.stderr
    assert output.with_suffix(".srt").is_file()
    assert output.with_suffix(".vtt").is_file()
    with av.open(str(output)) as film:
        video, sound = film.streams.video[0], film.streams.audio[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", 640, 360)
        assert video.average_rate == 24
        assert sound.codec_context.name == "aac"
        assert film.streams.subtitles[0].codec_context.name == "mov_text"
        assert 8 < film.duration / av.time_base < 25
    assert aura("verify", str(output)).exit_code == 0

    damaged = output.read_bytes()
    output.write_bytes(damaged[: len(damaged) * 2 // 3])
    assert aura("verify", str(output)).exit_code == 1


@pytest.mark.slow
def test_a_script_is_made_as_it_stands_with_the_options_given(tmp_path: Path):
    scenes = [
        Scene(heading=word, text=f"{word} is a word.", picture=TitleCard(title=word)) for word in ("One", "Two")
    ]
    script = Script(brief=Brief("Two words"), scenes=scenes).save(tmp_path / "script.json")
    output = tmp_path / "film.mp4"
    result = aura("make", str(script), *SMALL, "--output", str(output))
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1] == str(output)
    assert "One is a word." in output.with_suffix(".srt").read_text(encoding="utf-8")


@pytest.mark.slow
def test_ctrl_c_ends_it_at_once_and_leaves_nothing_running(tmp_path: Path):
    output = tmp_path / "demo.mp4"
    flags = subprocess.CREATE_NEW_PROCESS_GROUP if sys.platform == "win32" else 0
    process = subprocess.Popen(
        command(["demo", "--speaker", "espeak", "--output", str(output)]),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        creationflags=flags,
        env={**os.environ, "AURA_NB_PROGRESS": "text", "AURA_NB_CACHE_DIR": str(tmp_path / "cache")},
    )
    assert process.stderr is not None
    next(line for line in process.stderr if "%" in line)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.CTRL_BREAK_EVENT if sys.platform == "win32" else signal.SIGINT)
    said, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in told
    assert "Cancelled." in told
    assert said == ""
    _, alive = psutil.wait_procs(family, timeout=2)
    assert alive == []
    assert list(tmp_path.glob("*.mp4*")) == []


def test_voices_are_listed_by_speaker_for_a_language():
    english, german = aura("voices").stdout, aura("voices", "--language", "de").stdout
    assert english.splitlines()[0].startswith("kokoro: jm_kumo")
    assert "espeak: " in german
    assert "kokoro" not in german


def test_compare_prints_tables_failures_and_where_the_samples_are(tmp_path, monkeypatch):
    monkeypatch.setenv("AURA_NB_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    brief = tmp_path / "brief.toml"
    brief.write_text('topic = "Warum der Himmel blau ist"\nlanguage = "de"\n', encoding="utf-8")
    result = aura("compare", str(brief), "--speaker", "espeak", "--speaker", "espeak:de", "--speaker", "openai")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert re.match(r"speaker +time +realtime +words/min +loudness +cost", lines[0])
    assert [line.split()[0] for line in lines[1:4]] == ["espeak", "espeak", "openai"]
    assert "failed" in lines[3]
    assert "openai is not ready. Set OPENAI_API_KEY." in lines
    sample = next(line for line in lines if line.startswith("espeak:de: "))
    assert Path(sample.removeprefix("espeak:de: ")).is_file()


def test_compare_names_all_that_it_does_not_know():
    result = aura("compare", "Why the sky is blue", "--writer", "gpt", "--speaker", "espak")
    assert result.exit_code == 2
    assert "'gpt'" in result.output
    assert "'espak'" in result.output


def test_encoders_are_listed_with_what_mends_those_that_do_not_work():
    result = aura("encoders")
    assert result.exit_code == 0
    rows = {line.split()[1]: line for line in result.stdout.splitlines() if not line.lstrip().startswith("->")}
    assert rows["libx264"].startswith("ok")
    assert "same bytes every time" in rows["libsvtav1"]
    assert rows["h264_nvenc"].startswith("no")
    assert "nvidia-smi" in result.stdout
