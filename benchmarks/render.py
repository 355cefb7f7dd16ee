"""What a film costs to render: ours beside MoviePy, a hand-written ffmpeg graph, and the encoder's own limit.

W, made here and needing no download: six scenes of five seconds, 1920×1080 at 30 frames a second, each a
2560×1440 picture under a slow zoom from 1.00 to 1.08; crossfades of half a second, burnt-in captions, stereo
sound; H.264 at crf 20, AAC, faststart.

    ours        the whole product: `make_film`, its verification included
    graph       one ffmpeg command: zoompan, xfade, subtitles
    smooth      the same, its pictures four times larger, so that they tremble less
    moviepy     MoviePy 2 as its documents would do it
    limit       the frames that ours encodes, already decoded, to the same x264 settings in as many workers
    veryfast    the same frames to x264's preset veryfast

All encode by the same settings but for `veryfast`. Each run is a process of its own, all of them in turn,
again and again; the table shows medians. CPU seconds are those of the process and its children, peak RSS is
that of the whole tree, SSIM and VMAF are against the frames that ours encodes, before it encodes them (the
others zoom a little otherwise, which both count against them).

    python benchmarks/render.py                                    # all of it, three times: half an hour
    python benchmarks/render.py --runs 1 --scenes 2 --without moviepy
    python benchmarks/render.py --long 20                          # ours again, twenty times as long
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil

FPS, SIZE, PICTURE = 30, (1920, 1080), (2560, 1440)
SCENE_SECONDS, FADE_SECONDS, ZOOM, CRF = 5.0, 0.5, 1.08, 20
RATE = 48_000
CONTENDERS = ("ours", "limit", "veryfast", "graph", "smooth", "moviepy")
SAMPLE_SECONDS = 0.05
DOTS = [(x, 150) for x in (700, 1100, 1500, 1900)]
"""Where every picture has a bright dot on dark ground, by which jitter is measured."""
TEXT = "Scene {} shows how a slow zoom, a fade and two lines of captions look in a film"


# --- W -----------------------------------------------------------------------------------------------


def picture(number: int) -> np.ndarray[Any, Any]:
    """A picture with what an encoder meets in such films: flat paper, print, a gradient, fine texture."""
    width, height = PICTURE
    rng = np.random.default_rng(number)
    paper = np.full((height, width, 3), rng.integers(200, 250, 3), np.uint8)
    slope = np.linspace(0, 1, width // 2)[None, :, None] * rng.integers(60, 200, 3)
    paper[height // 5 : -height // 5, width // 2 :] = slope[:, : width // 2]
    grain = cv2.GaussianBlur(rng.normal(128, 60, (height // 2, width // 3)).astype(np.float32), None, 1.5)
    top, left = height // 4, width // 12
    paper[top : top + height // 2, left : left + width // 3] = np.clip(grain, 0, 255)[..., None]
    for x, y in DOTS:
        square = paper[y - 60 : y + 60, x - 60 : x + 60]
        rows, columns = np.mgrid[-60:60, -60:60]
        square[:] = (225 * np.exp(-(rows**2 + columns**2) / (2 * 6.0**2)) + 20)[..., None]
    for line in range(8):
        at = (width // 2 + 60, height // 4 + 90 * line)
        cv2.putText(paper, f"Line {line} of scene {number}", at, cv2.FONT_HERSHEY_DUPLEX, 2, (20, 20, 20), 3, 16)
    return paper


def spoken(number: int, scenes: int) -> float:
    """How long the voice of a scene is, in seconds, so that our pauses make the scene 150 frames long."""
    lead, tail = (12 if number == 0 else 17), (30.0 if number == scenes - 1 else 16.5)
    return (SCENE_SECONDS * FPS - lead - tail - 0.25) / FPS


def voice(number: int, scenes: int) -> np.ndarray[Any, Any]:
    """Something that behaves like speech: four syllables a second."""
    t = np.arange(round(spoken(number, scenes) * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * (120 + 10 * number) * n * t) / n for n in range(1, 12))
    return (0.1 * np.abs(np.sin(2 * np.pi * 2 * t)) ** 1.5 * tone).astype(np.float32)


def make_item(folder: Path, scenes: int) -> None:
    """Write the pictures, and the sound of the whole film as the peers take it."""
    step = SCENE_SECONDS - FADE_SECONDS
    track = np.zeros(round((step * scenes + FADE_SECONDS) * RATE), np.float32)
    for number in range(scenes):
        cv2.imwrite(str(folder / f"{number}.png"), picture(number % 6))
        samples = voice(number, scenes)
        start = round((step * number + FADE_SECONDS) * RATE)
        track[start : start + len(samples)] += samples[: len(track) - start]
    with wave.open(str(folder / "sound.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((track * 32767).astype("<i2").repeat(2).tobytes())


def captions(number: int) -> list[str]:
    """A scene's captions, each shown for half of it."""
    return textwrap.wrap(TEXT.format(number), 45)[:2]


# --- ours --------------------------------------------------------------------------------------------


class Ready:
    """Plugs W's voices and pictures into our sockets, as they are."""

    def __init__(self) -> None:
        from aura_nb.providers.base import ProviderInfo

        self.info = ProviderInfo("ready", self.socket, True, "CC0-1.0", "1")

    socket: Any = "speaker"

    def missing(self) -> None:
        return None


class Speaker(Ready):
    def voices(self):
        return ("ready",)

    def speaks(self, language):
        return True

    def measure(self, text, voice, *, language, rate, cancel):
        return self.speak(text, voice, language=language, rate=rate, cancel=cancel).seconds

    def speak(self, text, voice_, *, language, rate, cancel):
        from aura_nb.providers.base import Speech, Word

        number, scenes = int(text.split()[1]), int(os.environ["SCENES"])
        samples, words = voice(number, scenes), text.split()
        each = len(samples) / RATE / len(words)
        return Speech(samples, RATE, tuple(Word(w, i * each, (i + 1) * each) for i, w in enumerate(words)))


class Illustrator(Ready):
    socket = "illustrator"

    def draw(self, request, out):
        from aura_nb.providers.base import Drawing

        out.write_bytes(Path(request.picture.title).read_bytes())
        return Drawing(out)


def ours(item: Path, scenes: int, out: Path) -> dict[str, Any]:
    """The film by `make_film`, with an empty cache."""
    from aura_nb.cancel import Cancel
    from aura_nb.pipeline.cache import Cache
    from aura_nb.pipeline.flow import make_film
    from aura_nb.pipeline.progress import Rates
    from aura_nb.providers.registry import Registry
    from aura_nb.request import Request
    from aura_nb.script import Scene, Script, TitleCard
    from aura_nb.spec import Brief, Profile, Render

    os.environ["SCENES"] = str(scenes)
    points = (("speaker.ready", "Speaker"), ("illustrator.ready", "Illustrator"))
    parts = Registry(lambda: [EntryPoint(name, f"{__name__}:{kind}", "") for name, kind in points])
    script = Script(
        brief=Brief("What rendering costs"),
        render=Render(crf=CRF, fps=FPS, zoom=ZOOM, transition=FADE_SECONDS, captions="burnt"),
        profile=Profile(speaker=["ready"], illustrator=["ready"]),
        scenes=[
            Scene(heading=f"{n}", text=TEXT.format(n), picture=TitleCard(title=str(item / f"{n}.png")))
            for n in range(scenes)
        ],
    )
    with tempfile.TemporaryDirectory(dir=item) as folder:
        film = make_film(
            Request.ask(script),
            out,
            cache=Cache(Path(folder)),
            rates=Rates(),
            workers=_workers(),
            cancel=Cancel(),
            report=lambda report: None,
            parts=parts,
        )
    return {"stages": {timing.stage: round(timing.cpu_seconds, 2) for timing in film.stages}}


def _workers() -> int:
    return min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


# --- the limit ---------------------------------------------------------------------------------------


def keep_frames(item: Path, scenes: int) -> None:
    """Make ours once, and keep the frames of every segment as it hands them to the encoder."""
    from aura_nb.pipeline import compose, flow

    frames = item / "frames"
    frames.mkdir()

    def composing(segment, shots, render, size, *rest):
        with (frames / f"{segment.start:07}.yuv").open("wb") as file:
            for frame in compose.frames_of(segment, shots, render, size):
                for plane in frame:
                    file.write(np.ascontiguousarray(plane).data)
        return compose.compose_segment(segment, shots, render, size, *rest)

    flow.compose_segment = composing
    ours(item, scenes, item / "kept.mp4")


def ready_frames(path: Path) -> Iterator[tuple[Any, Any, Any]]:
    """The frames of a segment, from memory that the system has read already."""
    width, height = SIZE
    luma, size = width * height, width * height * 3 // 2
    data = np.memmap(path, np.uint8, "r")
    for start in range(0, len(data), size):
        y, u, v = np.split(data[start : start + size], [luma, luma * 5 // 4])
        yield y.reshape(height, width), u.reshape(height // 2, -1), v.reshape(height // 2, -1)


def limit(item: Path, scenes: int, out: Path) -> dict[str, Any]:
    """Encode the ready frames as ours does, and join them."""
    from aura_nb.media.encode import encode
    from aura_nb.media.join import join

    with tempfile.TemporaryDirectory(dir=item) as folder:

        def one(raw: Path) -> Path:
            segment = Path(folder) / f"{raw.stem}.mp4"
            encode(segment, ready_frames(raw), size=SIZE, fps=FPS, crf=CRF)
            return segment

        with ThreadPoolExecutor(_workers()) as pool:
            join(list(pool.map(one, sorted((item / "frames").iterdir()))), out, FPS)
    return {}


def veryfast(item: Path, scenes: int, out: Path) -> dict[str, Any]:
    """Encode the ready frames by x264's preset veryfast."""
    from aura_nb.media import encode

    ours = encode.options

    def options(encoder, **settings):
        chosen = ours(encoder, **settings)
        # The preset as it is, but for what makes it the same everywhere.
        kept = ("keyint", "open-gop", "force-cfr", "threads", "lookahead-threads", "sliced-threads", "asm")
        given = [one for one in chosen["x264-params"].split(":") if one.startswith(kept)]
        return chosen | {"preset": "veryfast", "x264-params": ":".join(given)}

    encode.options = options
    return limit(item, scenes, out)


# --- the peers ---------------------------------------------------------------------------------------


def _ffmpeg() -> str:
    from aura_nb.media import ffmpeg

    return str(ffmpeg.find().path)


def _x264() -> tuple[str, ...]:
    """The settings of ours, which the peers may use as well; how many threads is theirs to say."""
    from aura_nb.media.tuning import options

    chosen = options("libx264", fps=FPS, crf=CRF)
    free = [one for one in chosen["x264-params"].split(":") if "threads" not in one]
    return ("-preset", chosen["preset"], "-crf", chosen["crf"], "-x264-params", ":".join(free))


def graph(item: Path, scenes: int, out: Path, *, smooth: bool = False) -> dict[str, Any]:
    """One ffmpeg command, as it would be written by hand."""
    step, frames = SCENE_SECONDS - FADE_SECONDS, round(SCENE_SECONDS * FPS)
    srt = item / "captions.srt"
    cues = []
    for number in range(scenes):
        for half, text in enumerate(captions(number)):
            start = step * number + 2.25 * half
            cues.append(f"{len(cues) + 1}\n{_clock(start)} --> {_clock(start + 2.2)}\n{text}\n")
    srt.write_text("\n".join(cues))
    larger = "scale=4*iw:-1," if smooth else ""
    chains = [
        f"[{n}]{larger}zoompan=z='1+{ZOOM - 1}*on/{frames}':x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2'"
        f":d={frames}:s={SIZE[0]}x{SIZE[1]}:fps={FPS},format=yuv420p[v{n}]"
        for n in range(scenes)
    ]
    last = "v0"
    for n in range(1, scenes):
        chains.append(f"[{last}][v{n}]xfade=duration={FADE_SECONDS}:offset={step * n}[x{n}]")
        last = f"x{n}"
    chains.append(f"[{last}]subtitles={srt.name},format=yuv420p[out]")
    inputs = [argument for n in range(scenes) for argument in ("-i", f"{n}.png")]
    subprocess.run(
        [
            *(_ffmpeg(), "-v", "error", "-nostdin", "-y", *inputs, "-i", "sound.wav"),
            *("-filter_complex", ";".join(chains), "-map", "[out]", "-map", f"{scenes}:a"),
            *("-c:v", "libx264", *_x264()),
            *("-c:a", "aac", "-movflags", "+faststart", "-shortest", str(out)),
        ],
        cwd=item,
        check=True,
    )
    return {}


def smooth(item: Path, scenes: int, out: Path) -> dict[str, Any]:
    """The same with the usual cure for zoompan's trembling: four times larger pictures."""
    return graph(item, scenes, out, smooth=True)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(seconds, 60)
    return f"00:{int(minutes):02}:{int(seconds):02},{round(seconds % 1 * 1000):03}"


def moviepy(item: Path, scenes: int, out: Path) -> dict[str, Any]:
    """MoviePy 2, as https://zulko.github.io/moviepy/ teaches it."""
    from moviepy import AudioFileClip, CompositeVideoClip, ImageClip, TextClip, concatenate_videoclips, vfx

    clips = []
    for number in range(scenes):
        still = ImageClip(str(item / f"{number}.png"), duration=SCENE_SECONDS).with_position("center")
        zoomed = still.resized(lambda t: SIZE[0] / PICTURE[0] * (1 + (ZOOM - 1) * t / SCENE_SECONDS))
        lines = [
            TextClip(text=text, font_size=48, color="white", stroke_color="black", stroke_width=2, margin=(8, 8))
            .with_start(2.5 * half)
            .with_duration(2.5)
            .with_position(("center", 0.85), relative=True)
            for half, text in enumerate(captions(number))
        ]
        scene = CompositeVideoClip([zoomed, *lines], size=SIZE).with_duration(SCENE_SECONDS)
        clips.append(scene.with_effects([vfx.CrossFadeIn(FADE_SECONDS)]) if number else scene)
    film = concatenate_videoclips(clips, method="compose", padding=-FADE_SECONDS)
    film.with_audio(AudioFileClip(str(item / "sound.wav"))).write_videofile(
        str(out),
        fps=FPS,
        codec="libx264",
        audio_codec="aac",
        ffmpeg_params=[*_x264(), "-movflags", "+faststart"],
        logger=None,
    )
    return {}


# --- measuring ---------------------------------------------------------------------------------------


def measured(name: str, item: Path, scenes: int) -> dict[str, Any]:
    """Run a contender in a process of its own: seconds, CPU seconds, peak RSS in MB, bytes, and what it says."""
    out = item / f"{name}.mp4"
    command = [sys.executable, __file__, "--do", name, "--item", str(item), "--scenes", str(scenes)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    peak, ended = [0], threading.Event()
    sampler = threading.Thread(target=_sample, args=(process.pid, peak, ended))
    sampler.start()
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    ended.set()
    sampler.join()
    if status:
        raise SystemExit(f"{name} failed.")
    told = json.loads(said.splitlines()[-1])
    # Without what starting Python and importing takes, which a notebook has done already.
    return {
        "seconds": told.pop("seconds"),
        "cpu": usage.ru_utime + usage.ru_stime - told.pop("cpu_before"),
        "whole": seconds,
        "rss": max(peak[0], usage.ru_maxrss * 1024) / 1e6,
        "bytes": out.stat().st_size,
        **told,
    }


def _sample(pid: int, peak: list[int], ended: threading.Event) -> None:
    while not ended.wait(SAMPLE_SECONDS):
        total = 0
        try:
            for process in (root := psutil.Process(pid), *root.children(recursive=True)):
                memory = process.memory_info()
                # Frames that are mapped from a file are the system's, not the process's.
                total += memory.rss - getattr(memory, "shared", 0)
        except psutil.NoSuchProcess:
            continue
        peak[0] = max(peak[0], total)


def do(name: str, item: Path, scenes: int) -> None:
    """Be the process of one contender."""
    import aura_nb.pipeline.flow
    import aura_nb.server  # noqa: F401

    if name == "moviepy":
        import moviepy  # noqa: F401
    before, began = sum(os.times()[:4]), time.perf_counter()
    told = globals()[name](item, scenes, item / f"{name}.mp4")
    print(json.dumps({**told, "seconds": time.perf_counter() - began, "cpu_before": before}))


def likeness(film: Path, item: Path) -> tuple[float, float]:
    """SSIM (0–1, all three planes) and VMAF (0–100, every fifth frame) of `film` beside what ours encodes."""
    raw = "|".join(str(path) for path in sorted((item / "frames").iterdir()))
    source = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", str(FPS))
    frame_by_frame = (
        "[0:v]settb=AVTB,setpts=N,split[a][c];[1:v]settb=AVTB,setpts=N,split[b][d];"
        "[a][b]ssim[ssim];[c][d]libvmaf=n_threads=2:n_subsample=5[vmaf]"
    )
    done = subprocess.run(
        [
            *(_ffmpeg(), "-nostdin", "-i", str(film), *source, "-i", f"concat:{raw}", "-lavfi", frame_by_frame),
            *("-map", "[ssim]", "-f", "null", "-", "-map", "[vmaf]", "-f", "null", "-"),
        ],
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    ssim, vmaf = (done.stderr.rpartition(what)[2].split()[0] for what in ("All:", "VMAF score: "))
    return float(ssim), float(vmaf)


def shown(film: Path) -> Iterator[Any]:
    """The luma of each frame of `film`."""
    import av

    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="gray")


def jitter(lumas: Iterator[Any]) -> float:
    """Trembling of the first scene's picture in a film's `lumas`, in pixels rms.

    The way of each dot through the frames, by its centre of gravity, less a smooth curve through it.
    """
    reach, ways = 24, []
    at = [(round(x * SIZE[0] / PICTURE[0]), round(y * SIZE[1] / PICTURE[1])) for x, y in DOTS]
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    for luma in itertools.islice(lumas, round((SCENE_SECONDS - FADE_SECONDS) * FPS) - 1):
        places = []
        for number, (x, y) in enumerate(at):
            patch = luma[y - reach : y + reach + 1, x - reach : x + reach + 1].astype(np.float32)
            weight = np.maximum(patch - 60, 0)
            places.append((x + np.average(columns, weights=weight), y + np.average(rows, weights=weight)))
            at[number] = (round(places[-1][0]), round(places[-1][1]))
        ways.append(places)
    frames = np.linspace(-1, 1, len(ways))
    flat = np.array(ways).reshape(len(ways), -1)
    smooth = np.polynomial.polynomial.polyvander(frames, 3)
    residue = flat - smooth @ np.linalg.lstsq(smooth, flat, rcond=None)[0]
    return float(np.sqrt(np.mean(np.square(residue))))


def main() -> None:
    """Print the tables."""
    from rich.console import Console
    from rich.table import Table

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scenes", type=int, default=6)
    parser.add_argument("--without", nargs="*", default=[], choices=CONTENDERS[1:])
    parser.add_argument("--long", type=int, default=0, help="ours once more, with so many times the scenes")
    parser.add_argument("--do", choices=("keep_frames", *CONTENDERS))
    parser.add_argument("--item", type=Path)
    asked = parser.parse_args()
    if asked.do == "keep_frames":
        return keep_frames(asked.item, asked.scenes)
    if asked.do:
        return do(asked.do, asked.item, asked.scenes)
    # As wide as the table, also where nobody watches.
    console = Console(width=130)
    with tempfile.TemporaryDirectory() as folder:
        item = Path(folder)
        make_item(item, asked.scenes)
        command = [
            sys.executable,
            __file__,
            "--do",
            "keep_frames",
            "--item",
            folder,
            "--scenes",
            str(asked.scenes),
        ]
        subprocess.run(command, check=True)
        names = [name for name in CONTENDERS if name not in asked.without]
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        for number in range(asked.runs):
            for name in names:
                console.print(f"[dim]run {number + 1} of {asked.runs}: {name} …")
                runs[name].append(measured(name, item, asked.scenes))
        table, medians = Table(title=f"W: {asked.scenes} scenes, median of {asked.runs}"), {}
        film = SCENE_SECONDS * asked.scenes - FADE_SECONDS * (asked.scenes - 1)
        columns = (
            "seconds",
            "× realtime",
            "CPU s",
            "peak MB",
            "MB",
            "SSIM",
            "VMAF",
            "jitter, px",
            "seconds ours/",
            "CPU /ours",
        )
        for column in ("", *columns):
            table.add_column(column, justify="right")
        for name in names:
            figures = {key: statistics.median(run[key] for run in runs[name]) for key in ("seconds", "cpu", "rss")}
            medians[name] = figures
            made = item / f"{name}.mp4"
            ssim, vmaf = likeness(made, item)
            table.add_row(
                name,
                f"{figures['seconds']:.1f}",
                f"{figures['seconds'] / film:.2f}",
                f"{figures['cpu']:.1f}",
                f"{figures['rss']:.0f}",
                f"{made.stat().st_size / 1e6:.2f}",
                f"{ssim:.4f}",
                f"{vmaf:.1f}",
                f"{jitter(shown(made)):.3f}",
                f"{medians['ours']['seconds'] / figures['seconds']:.2f}",
                f"{figures['cpu'] / medians['ours']['cpu']:.2f}",
            )
        console.print(table)
        ready = sorted((item / "frames").iterdir())[0]
        before = jitter(y for y, _, _ in ready_frames(ready))
        console.print(f"Jitter of ours before it is encoded: {before:.3f} px. Frames of `limit` are the same.")
        console.print("CPU seconds of our stages:", runs["ours"][-1]["stages"])
        if asked.long:
            for path in (item / "frames").iterdir():
                path.unlink()
            scenes = asked.scenes * asked.long
            make_item(item, scenes)
            long = measured("ours", item, scenes)
            times = (SCENE_SECONDS * scenes - FADE_SECONDS * (scenes - 1)) / film
            console.print(
                f"{scenes} scenes, {times:.1f} × the film: {long['seconds']:.1f} s, "
                f"{long['seconds'] / medians['ours']['seconds'] / times:.2f} × as much for each second of it; "
                f"CPU {long['cpu'] / medians['ours']['cpu'] / times:.2f} ×; "
                f"peak {long['rss']:.0f} MB beside {medians['ours']['rss']:.0f} MB"
            )


if __name__ == "__main__":
    main()
