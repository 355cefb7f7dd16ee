"""Who encodes a film, who stands in, and that all its segments are of one encoder."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import pytest

from aura_nb.cancel import Cancel
from aura_nb.codecs import ENCODERS
from aura_nb.manifest import Manifest
from aura_nb.media import ffmpeg
from aura_nb.media.encode import EncoderFailed
from aura_nb.media.proof import Proof
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.compose import Shot, segment_key
from aura_nb.pipeline.encoding import Encoding, FilmEncoder, choose
from aura_nb.pipeline.flow import make_film
from aura_nb.pipeline.progress import Rates
from aura_nb.pipeline.timeline import lay_out
from aura_nb.pipeline.verify import verify
from aura_nb.request import Request
from aura_nb.spec import Render
from tests.pipeline.test_flow import script

SOFTWARE = ("libx264", "libx265", "libsvtav1", "libaom-av1")
GAVE_UP = EncoderFailed("The driver reset.")


class Machine:
    """A machine where `usable` encoders work; it remembers who was tried."""

    def __init__(self, *usable: str, binary: ffmpeg.Binary | None = None) -> None:
        self.usable, self.binary, self.tried = (*usable, "libx264"), binary, []

    def __call__(self, encoders, *, binary):
        self.tried += encoders
        return {
            name: Proof(name, version="1", binary=self.binary if name != "libx264" else None)
            if name in self.usable
            else Proof(name, why="no such GPU")
            for name in encoders
        }


def test_the_usual_encoder_is_taken_without_a_trial():
    machine = Machine()
    encoding, note = choose(Render(), prove=machine)
    assert (encoding, note, machine.tried) == (Encoding.usual(), "", [])


def test_hardware_is_tried_in_order_until_one_works():
    machine = Machine("h264_qsv", "h264_vaapi")
    encoding, note = choose(Render(encoder="hardware"), prove=machine)
    assert encoding.encoder.name == "h264_qsv"
    assert machine.tried == ["h264_nvenc", "h264_amf", "h264_qsv"]
    assert "h264_nvenc: no such GPU; h264_amf: no such GPU. So h264_qsv encodes." in note


def test_one_that_cannot_be_used_is_told_with_who_encodes_why_and_the_remedy():
    encoding, note = choose(Render(encoder="hevc_nvenc"), prove=Machine("libx265"))
    assert encoding.encoder.name == "libx265"
    assert note == f"hevc_nvenc: no such GPU. So libx265 encodes. {ENCODERS['hevc_nvenc'].remedy}"


def test_where_nobody_has_the_codec_the_film_is_of_another_and_that_is_told():
    encoding, note = choose(Render(codec="av1"), prove=Machine())
    assert encoding.encoder.name == "libx264"
    assert "The film is h264, not av1." in note


def test_a_film_is_told_once_and_one_in_software_fails_as_it_is():
    told: list[str] = []
    film = FilmEncoder(Render(encoder="hevc_nvenc"), told.append, prove=Machine("libx265"))
    assert len(told) == 1
    with pytest.raises(EncoderFailed):
        film.gave_up(film.now, GAVE_UP)


def test_a_driver_that_gives_up_in_several_tasks_is_replaced_once():
    told: list[str] = []
    film = FilmEncoder(Render(encoder="hardware"), told.append, prove=Machine("h264_nvenc", "h264_qsv"))
    before = film.now
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: film.gave_up(before, GAVE_UP), range(4)))
    assert film.now.encoder.name == "h264_qsv"
    assert len(told) == 1
    assert "The driver reset" in told[0]
    film.gave_up(film.now, GAVE_UP)
    assert film.now.encoder.name == "libx264"


def test_a_segments_key_names_the_encoder_its_version_and_all_its_settings(tmp_path):
    segment = lay_out((1.0, 1.0), "short", Render(height=360)).segments[0]
    shots = [Shot(tmp_path / "a.png", "a", 60), Shot(tmp_path / "b.png", "b", 60)]
    binary = ffmpeg.Binary(tmp_path / "ffmpeg", "7", "PATH")

    def key(name="libx264", version="core 165", carrier=None, **look):
        by = Encoding(ENCODERS[name], version, carrier)
        return segment_key(segment, shots, Render(height=360, **look), (640, 360), by)

    others = [
        key("libx265"),
        key(version="core 166"),
        key(carrier=binary),
        key(carrier=ffmpeg.Binary(tmp_path / "ffmpeg", "8", "PATH")),
        key(quality="draft"),
        key(platform="youtube"),
    ]
    assert len({key(), *others}) == 7
    # A quality is a rate factor by another name, and where an ffmpeg lies is nobody's business.
    assert key(quality="good") == key(crf=23)
    assert key(carrier=binary) == key(carrier=ffmpeg.Binary(tmp_path / "other", "7", "AURA_NB_FFMPEG"))


def make(folder: Path, look: Render, reports=None, **more):
    return make_film(
        Request.ask(script(render=look)),
        folder / "film.mp4",
        cache=Cache(folder / "cache"),
        rates=Rates(),
        cancel=Cancel(),
        report=[].append if reports is None else reports.append,
        **{"workers": 2, **more},
    )


def frames(path: Path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    return make(tmp_path_factory.mktemp("usual"), Render(height=360))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("look", "stream", "tag"),
    [
        ({"codec": "h265"}, "hevc", "hvc1"),
        ({"codec": "av1"}, "av1", "av01"),
        ({"encoder": "libaom-av1", "quality": "draft"}, "av1", "av01"),
    ],
)
def test_films_of_other_codecs_show_the_same_and_verify(tmp_path, usual, look, stream, tag):
    film = make(tmp_path, Render(height=360, **look))
    assert film.warnings == ()
    assert [check for check in verify(film.path) if not check.ok] == []
    with av.open(str(film.path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.codec.canonical_name, context.codec_tag) == (stream, tag)
    told = Manifest.of(film.path).encoder
    assert (told.codec, film.codec) == (ENCODERS[told.name].codec, told.codec)
    assert told.version
    seen, due = frames(film.path), frames(usual.path)
    assert len(seen) == len(due)
    assert max(np.abs(a - b).mean() for a, b in zip(seen, due, strict=True)) < 2


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["h265", "av1"])
def test_other_codecs_too_are_the_same_bytes_however_many_work(tmp_path, codec):
    look = Render(height=360, codec=codec)
    one, two = (make(tmp_path / str(workers), look, workers=workers).path.read_bytes() for workers in (1, 2))
    assert one == two


@pytest.mark.slow
def test_a_gpu_that_is_not_there_is_one_warning_and_a_film_all_the_same(tmp_path, usual):
    reports: list = []
    film = make(tmp_path, Render(height=360, encoder="h264_nvenc"), reports)
    (warning,) = [report.message for report in reports if report.type == "warning"]
    assert film.warnings == (warning,)
    assert "h264_nvenc: " in warning
    assert "So libx264 encodes." in warning
    assert ENCODERS["h264_nvenc"].remedy in warning
    assert Manifest.of(film.path).encoder.name == "libx264"
    assert np.array_equal(frames(film.path), frames(usual.path))


def lent(folder: Path, lasts: int) -> ffmpeg.Binary:
    """An ffmpeg whose VideoToolbox works `lasts` times, by x264 with other settings than ours."""
    real, wrapper, count = ffmpeg.find(), folder / "ffmpeg", folder / "count"
    count.write_text("", encoding="utf-8")
    wrapper.write_text(
        f"#!{sys.executable}\n"
        "import os, sys\n"
        f"used = open({str(count)!r}, 'a+')\n"
        "used.write('x'); used.flush(); used.seek(0)\n"
        f"if len(used.read()) > {lasts}: sys.exit('The driver reset.')\n"
        "args = ['libx264' if arg == 'h264_videotoolbox' else arg for arg in sys.argv[1:]]\n"
        f"os.execv({str(real.path)!r}, [{str(real.path)!r}, *args])\n",
        encoding="utf-8",
    )
    wrapper.chmod(0o755)
    return ffmpeg.Binary(wrapper, "lent", "test")


@pytest.mark.slow
def test_a_driver_that_breaks_off_leaves_a_film_of_one_encoder(tmp_path, usual):
    """What it made does not join with what others make: all of it is made again."""
    machine = Machine("h264_videotoolbox", binary=lent(tmp_path, lasts=3))
    film = make(tmp_path, Render(height=360, encoder="h264_videotoolbox"), prove=machine)
    assert len((tmp_path / "count").read_text()) > 3
    (warning,) = film.warnings
    assert "gave up in the middle of the film" in warning
    assert "The driver reset" in warning
    assert Manifest.of(film.path).encoder.name == "libx264"
    assert [check for check in verify(film.path) if not check.ok] == []
    assert np.array_equal(frames(film.path), frames(usual.path))


@pytest.mark.slow
def test_a_driver_that_lasts_makes_the_whole_film(tmp_path):
    machine = Machine("h264_videotoolbox", binary=lent(tmp_path, lasts=99))
    film = make(tmp_path, Render(height=360, encoder="hardware"), prove=machine)
    assert Manifest.of(film.path).encoder.name == "h264_videotoolbox"
    assert [check for check in verify(film.path) if not check.ok] == []
