from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from aura_nb.errors import AuraError, InvalidBrief, PreflightFailed, ProviderError, UnknownProvider
from aura_nb.pipeline.preflight import MIN_FREE_BYTES, Check, Preflight, bytes_needed, preflight, unwritable
from aura_nb.providers import registry
from aura_nb.request import Request
from aura_nb.script import FigureCard, Scene, Script, TitleCard
from aura_nb.settings import Settings
from aura_nb.spec import Brief, Plan, Profile, Render, Voice

BRIEF = Brief("Why the sky is blue")


class Parts:
    """Providers as a test says they are: name -> remedy, None when ready, or an error to raise."""

    def __init__(self, **remedies: str | Exception | None) -> None:
        self.remedies = dict.fromkeys(("rulebased", "figures", "cards", "kokoro", "espeak")) | remedies

    def get(self, socket, name):
        remedy = self.remedies[name]
        if isinstance(remedy, Exception):
            raise remedy
        return SimpleNamespace(missing=lambda: remedy, info=SimpleNamespace(name=name))


@pytest.fixture
def look(tmp_path: Path):
    """Pre-flight on a machine with everything, except what the test takes away."""

    def look(
        request: Request | None = None, *, free: int = 10**12, parts: Parts | None = None, **more
    ) -> Preflight:
        defaults = {
            "output": tmp_path / "film.mp4",
            "settings": Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache"),
            "disk_usage": lambda path: SimpleNamespace(free=free),
            "find_ffmpeg": lambda setting: None,
            "parts": parts or Parts(),
        }
        return preflight(request or Request(BRIEF), **{**defaults, **more})

    return look


def of(table: Preflight, name: str) -> Check:
    return next(check for check in table if check.name == name)


def scripted(*scenes: Scene, **parts) -> Request:
    return Request.ask(Script(brief=BRIEF, scenes=list(scenes), **parts))


def test_a_machine_with_everything_passes_every_check(look):
    table = look()
    assert table.ok
    assert {check.status for check in table} == {"Pass"}
    assert table.raise_for_failures() is table


def test_no_ffmpeg_fails_with_the_remedy(look):
    def find(setting):
        raise PreflightFailed("No working ffmpeg.", remedy="Run `pip install imageio-ffmpeg`.")

    check = of(look(find_ffmpeg=find), "ffmpeg")
    assert (check.status, check.hint) == ("Fail", "Run `pip install imageio-ffmpeg`.")


def test_ffmpeg_of_the_settings_is_the_one_looked_at(look, tmp_path):
    asked = []
    look(settings=Settings(ffmpeg=tmp_path / "mine", cache_dir=tmp_path), find_ffmpeg=asked.append)
    assert asked == [tmp_path / "mine"]


@pytest.mark.parametrize("name", ["disk, film", "disk, cache"])
def test_less_than_a_gigabyte_free_fails(look, name):
    assert of(look(free=MIN_FREE_BYTES), name).status == "Pass"
    check = of(look(free=MIN_FREE_BYTES - 1), name)
    assert check.status == "Fail"
    assert "1.0 GB needed" in check.detail
    assert "AURA_NB_CACHE_DIR" in check.hint


def test_a_long_film_needs_two_and_a_half_times_its_estimated_size():
    size, render = (3840, 2160), Render(height=2160)
    rate = 3840 * 2160 * 30 * 0.05 / 8 + 24_000
    assert bytes_needed(1800, size, render) == pytest.approx(2.5 * 1800 * rate)
    assert bytes_needed(1800, size, Render(height=2160, crf=26)) == pytest.approx(2.5 * 1800 * (rate / 2 + 12_000))
    assert bytes_needed(10, size, Render(crf=40)) == MIN_FREE_BYTES


def test_a_script_needs_room_for_what_it_says_not_for_its_plan(look):
    long = Scene(heading="", text="word " * 900, picture=TitleCard(title="A"))
    request = scripted(*[long] * 8, plan=Plan(seconds=10))
    enough = bytes_needed(1, (1, 1), Render())
    assert of(look(request, free=enough), "disk, film").status == "Fail"


def test_unknown_free_space_is_a_warning(look):
    def usage(path):
        raise OSError("not supported here")

    assert of(look(disk_usage=usage), "disk, film").status == "Warn"


@pytest.mark.parametrize("name", ["film.mkv", "film", "film.mp4.part"])
def test_output_must_be_an_mp4(look, tmp_path, name):
    assert of(look(output=tmp_path / name), "output").status == "Fail"
    assert of(look(output=tmp_path / "FILM.MP4"), "output").status == "Pass"


def test_output_folder_is_made_later_if_it_can_be(look, tmp_path):
    assert of(look(output=tmp_path / "a" / "b" / "film.mp4"), "output").status == "Pass"
    assert not (tmp_path / "a").exists()


def test_output_below_a_file_fails(look, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert of(look(output=tmp_path / "file" / "film.mp4"), "output").status == "Fail"


def test_output_that_is_a_folder_fails(look, tmp_path):
    (tmp_path / "film.mp4").mkdir()
    assert of(look(), "output").status == "Fail"


def test_a_folder_that_takes_no_file_is_unwritable(tmp_path):
    assert unwritable(tmp_path / "not" / "yet") is None
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    assert unwritable(file)


def test_unknown_provider_fails_naming_the_known_ones(look):
    error = AuraError("There is no speaker named 'kokoru'.", remedy="Choose one of: kokoro, espeak.")
    request = Request(BRIEF, profile=Profile(speaker=("kokoru", "espeak")))
    check = of(look(request, parts=Parts(kokoru=error)), "speaker")
    assert (check.status, check.hint) == ("Fail", "Choose one of: kokoro, espeak.")


def test_a_missing_natural_voice_is_a_warning_with_its_command(look):
    table = look(parts=Parts(kokoro="pip install 'aura-nb[voice]'"))
    check = of(table, "speaker")
    assert (check.status, check.hint) == ("Warn", "pip install 'aura-nb[voice]'")
    assert "espeak takes its place" in check.detail
    assert table.ok


@pytest.mark.parametrize(("socket", "name"), [("writer", "rulebased"), ("illustrator", "cards")])
def test_a_socket_with_none_ready_fails(look, socket, name):
    request = Request.ask(BRIEF, profile={socket: name})
    check = of(look(request, parts=Parts(**{name: "pip install it"})), socket)
    assert (check.status, check.hint) == ("Fail", "pip install it")


def test_a_broken_plug_in_is_passed_over_like_a_missing_one(look):
    error = ProviderError("kokoro", "cannot be loaded.", remedy="Reinstall it.")
    check = of(look(parts=Parts(kokoro=error)), "speaker")
    assert check.status == "Warn"
    assert "Reinstall it." in check.hint


def test_who_is_not_needed_is_not_looked_for(look):
    scene = Scene(heading="", text="", picture=TitleCard(title="A"))
    request = scripted(scene, voice=Voice(silent=True))
    names = {check.name for check in look(request, parts=Parts(rulebased="gone", espeak="gone", kokoro="gone"))}
    assert names.isdisjoint({"writer", "speaker"})


def test_theme_must_be_known(look):
    request = Request(BRIEF, render=Render(theme="sepia"))
    check = of(look(request), "theme")
    assert check.status == "Fail"
    assert "light" in check.hint


def test_a_lost_figure_fails_by_its_path(look, tmp_path):
    image = tmp_path / "plot.png"
    image.write_bytes(b"")
    request = scripted(Scene(heading="", text="Look.", picture=FigureCard(image=image)))
    assert of(look(request), "figures").status == "Pass"
    image.unlink()
    check = of(look(request), "figures")
    assert check.status == "Fail"
    assert str(image) in check.detail


def test_every_failure_is_named_at_once(look, tmp_path):
    for output, error, count in (("film.mkv", InvalidBrief, 3), ("film.mp4", PreflightFailed, 2)):
        table = look(free=0, output=tmp_path / output)
        with pytest.raises(error) as caught:
            table.raise_for_failures()
        for check in table:
            assert (check.detail.removesuffix(".") in str(caught.value)) == (check.status == "Fail")
        assert str(caught.value).count("\n  - ") == count


def test_what_is_wrong_with_the_request_is_told_by_its_fields(look, tmp_path):
    nobody = Parts(kokoru=UnknownProvider("There is no speaker named 'kokoru'.", remedy="Choose espeak."))
    request = Request(BRIEF, render=Render(theme="sepia"), profile=Profile(speaker=("kokoru", "espeak")))
    with pytest.raises(InvalidBrief) as caught:
        look(request, parts=nobody, output=tmp_path / "film.mkv").raise_for_failures()
    assert [issue.field for issue in caught.value.issues] == ["output", "profile.speaker", "render.theme"]


def test_table_shows_every_check_and_escapes_html(look):
    table = Preflight(
        (Check("theme", "Fail", "no theme <script>", "Use 'light'."), Check("ffmpeg", "Pass", "Works."))
    )
    assert repr(table).splitlines() == ["Fail  theme   no theme <script> Use 'light'.", "Pass  ffmpeg  Works."]
    assert "<script>" not in table._repr_html_()
    assert table._repr_html_().count("<tr>") == 3


def test_what_passes_says_nothing_of_this_machine(look, tmp_path):
    assert str(tmp_path) not in repr(look())
    assert os.sep + "film" not in repr(look())


def test_a_real_machine_can_be_looked_at(tmp_path):
    table = preflight(Request(BRIEF), output=tmp_path / "film.mp4")
    assert [check.name for check in table][:2] == ["ffmpeg", "output"]
    assert of(table, "ffmpeg").status == "Pass"


@pytest.mark.parametrize("kind", ["mp4", "srt", "vtt", "manifest.json"])
def test_a_file_of_somebody_else_is_never_overwritten(look, tmp_path, kind):
    foreign = tmp_path / f"talk.{kind}"
    foreign.write_bytes(b"theirs")
    check = of(look(output=tmp_path / "talk.mp4"), "output")
    assert check.status == "Fail"
    assert "not made by aura_nb" in check.detail
    assert str(foreign) in check.detail
    bare = look(Request(BRIEF, render=Render(captions="none")), output=tmp_path / "talk.mp4")
    # A film without captions leaves theirs alone.
    assert of(bare, "output").status == ("Pass" if kind in ("srt", "vtt") else "Fail")


def test_a_film_of_ours_is_made_again_in_its_place(look, tiny_film):
    film = tiny_film[1].film
    assert of(look(output=film.path), "output").status == "Pass"


def test_an_output_that_cannot_be_written_is_mended_by_another_one(look, tmp_path):
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    check = of(look(output=tmp_path / "file" / "sky.mp4"), "disk, film")
    assert (check.status, check.hint) == ("Fail", "Choose another output path.")


def test_a_cache_that_cannot_be_written_fails_before_any_work(look, tmp_path):
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "file" / "cache")
    check = of(look(settings=settings), "disk, cache")
    assert check.status == "Fail"
    assert "AURA_NB_CACHE_DIR" in check.hint


def test_a_language_or_a_voice_nobody_has_fails_before_any_work(look):
    real = {"parts": registry.default}
    klingon = Request.ask(Brief("Blue sky", language="tlh", points=["Qapla'."]), profile={"speaker": "kokoro"})
    assert of(look(klingon, **real), "speaker").status == "Fail"
    german = Request.ask(Brief("Blauer Himmel", language="de", points=["Er ist blau."]))
    check = of(look(german, **real), "speaker")
    assert check.status == "Warn"
    assert "kokoro does not speak 'de'" in check.detail
    unknown = Request.ask("Blue sky", voice={"name": "jm_kumu"})
    check = of(look(unknown, **real), "voice")
    assert check.status == "Fail"
    assert "jm_kumo" in check.hint


def test_an_encoder_that_cannot_be_used_is_told_before_and_the_film_is_made_all_the_same(look):
    table = look(Request(BRIEF, render=Render(encoder="h264_nvenc")))
    check = of(table, "encoder")
    assert check.status == "Warn"
    assert "So libx264 encodes." in check.detail
    assert table.ok
    assert of(look(Request(BRIEF, render=Render(codec="av1"))), "encoder").detail == "libsvtav1 is ready."
    assert of(look(), "encoder").detail == "libx264 is ready."


@pytest.mark.parametrize(
    ("fields", "seconds", "status", "said"),
    [
        ({"platform": "shorts"}, 60, "Pass", "shorts: 1080×1920, 8,000 kbit/s at most."),
        ({"platform": "shorts"}, 200, "Warn", "shorts takes 180 s"),
        ({"platform": "youtube", "codec": "av1"}, 1800, "Pass", "1920×1080"),
        ({"platform": "tiktok", "codec": "av1"}, 60, "Warn", "does not say that it takes av1"),
    ],
)
def test_what_a_platform_does_not_take_is_told_before(look, fields, seconds, status, said):
    check = of(look(Request(BRIEF, Plan(seconds=seconds), render=Render(**fields))), "platform")
    assert check.status == status
    assert said in check.detail
    assert "platform" not in {check.name for check in look()}
