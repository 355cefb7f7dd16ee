"""`aura-nb`: films from a shell. Results go to stdout, everything else to stderr."""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

import aura_nb
from aura_nb.codecs import QUALITIES
from aura_nb.errors import AuraError, InvalidRequest, JobCancelled
from aura_nb.platforms import PLATFORMS
from aura_nb.spec import PROFILES, Brief

if TYPE_CHECKING:
    from aura_nb.comparison_cells import Column
    from aura_nb.film import Film
    from aura_nb.pipeline.compared import Draft, Take
    from aura_nb.request import Request

FAILED, WRONG_INPUT, CANCELLED = 1, 2, 130
WIDE = 120
"""Characters a line that hold every column of a comparison."""

OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="The film's path (.mp4); by default in the films folder.")
]
SecondsOption = Annotated[float | None, typer.Option(help="Target length in seconds, 10 to 1800.")]
SpeakerOption = Annotated[
    list[str] | None, typer.Option(help="Who speaks, e.g. kokoro or espeak; repeat it for a chain of fallbacks.")
]
ProfileOption = Annotated[
    str | None, typer.Option(help=f"Who does the work: {', '.join(PROFILES)}; --speaker wins over its speakers.")
]
VoiceOption = Annotated[str | None, typer.Option(help="A voice of the speaker.")]
HeightOption = Annotated[
    int | None, typer.Option(help="Pixels of the shorter side: 360, 480, 720, 1080, 1440 or 2160.")
]
FpsOption = Annotated[int | None, typer.Option(help="Frames a second: 24, 25, 30, 50 or 60.")]
ThemeOption = Annotated[str | None, typer.Option(help="light, dark, or a folder of .typ templates.")]
PlatformOption = Annotated[
    str | None,
    typer.Option(help=f"Where it goes: {', '.join(PLATFORMS)}; gives aspect, highest bitrate, height and fps."),
]
QualityOption = Annotated[str | None, typer.Option(help=f"How well it is encoded: {', '.join(QUALITIES)}.")]
CodecOption = Annotated[str | None, typer.Option(help="h264, h265 or av1.")]
EncoderOption = Annotated[
    str | None, typer.Option(help="auto, hardware, or a name that `aura-nb encoders` lists.")
]
CaptionsOption = Annotated[
    str | None, typer.Option(help="soft (files and a track), burnt (drawn into the picture too) or none.")
]


class Group(TyperGroup):
    """Turns what `aura_nb` raises on purpose into one clear message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, JobCancelled):
            typer.echo("Cancelled.", err=True)
            raise typer.Exit(CANCELLED) from None
        except AuraError as error:
            typer.secho("Error: ", fg="red", bold=True, err=True, nl=False)
            typer.echo(str(error), err=True)
            raise typer.Exit(WRONG_INPUT if isinstance(error, InvalidRequest) else FAILED) from None


app = typer.Typer(
    name="aura-nb",
    cls=Group,
    help="Narrated explainer videos from a brief, made on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"aura-nb {aura_nb.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None: ...


@app.command()
def demo(
    output: OutputOption = None,
    seconds: SecondsOption = None,
    profile: ProfileOption = None,
    speaker: SpeakerOption = None,
    voice: VoiceOption = None,
    height: HeightOption = None,
    fps: FpsOption = None,
    theme: ThemeOption = None,
    captions: CaptionsOption = None,
    platform: PlatformOption = None,
    quality: QualityOption = None,
    codec: CodecOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Make the Quick Demo: a short narrated film, without a key or a question."""
    from aura_nb.demo import quick_demo

    look = _look(height, fps, theme, captions, platform, quality, codec, encoder)
    request = _changed(quick_demo(), seconds, profile, speaker, voice, look)
    _make(request, output)


@app.command()
def make(
    source: Annotated[
        str,
        typer.Argument(
            help="A topic, a brief (.toml, .yaml, .json) or a saved script (.json).", metavar="TOPIC|FILE"
        ),
    ],
    output: OutputOption = None,
    seconds: SecondsOption = None,
    profile: ProfileOption = None,
    speaker: SpeakerOption = None,
    voice: VoiceOption = None,
    height: HeightOption = None,
    fps: FpsOption = None,
    theme: ThemeOption = None,
    captions: CaptionsOption = None,
    platform: PlatformOption = None,
    quality: QualityOption = None,
    codec: CodecOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Make a film of a topic, a brief or a script; options given here win over the file's."""
    look = _look(height, fps, theme, captions, platform, quality, codec, encoder)
    request = _changed(source, seconds, profile, speaker, voice, look)
    _make(request, output)


@app.command()
def verify(
    film: Annotated[Path, typer.Argument(help="A film that aura_nb made.")],
    remake: Annotated[
        bool, typer.Option("--remake", help="Make it again from its manifest, and say which stage differs.")
    ] = False,
    inputs: Annotated[
        Path | None, typer.Option(help="Where its images and its theme lie; by default beside the film.")
    ] = None,
) -> None:
    """Check a film again: streams, length, pictures, loudness, captions, manifest. Exits with 1 when not ok."""
    from aura_nb.verification import verify as look

    found = look(film, remake=remake, inputs=inputs)
    _list([(*row, "") for row in found.rows()])
    if found.differs:
        typer.echo(f"The film does not come out the same: it differs from {found.differs} on.", err=True)
    if not found.ok:
        raise typer.Exit(FAILED)


@app.command()
def providers(
    live: Annotated[bool, typer.Option(help="Ask each provider, or only look at how it is configured.")] = True,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds a server has to answer in.")] = 3.0,
) -> None:
    """List who can write, speak and draw here, and what mends those that cannot."""
    from aura_nb.providers.validation import validate_all
    from aura_nb.tables import offers

    rows = []
    for report in validate_all(live=live, timeout=timeout):
        where = {True: "local", False: "remote", None: ""}[report.local]
        took = "" if report.latency_ms is None else f"{report.latency_ms:.0f} ms"
        found = f"{report.message} {offers(report)}".rstrip()
        rows.append((report.status, report.socket, report.provider, where, took, found, report.remedy))
    _list(rows)


@app.command()
def encoders() -> None:
    """List the video encoders, each proved by encoding frames, and what mends those that do not work here."""
    from aura_nb.codecs import ENCODERS
    from aura_nb.media.ffmpeg import find
    from aura_nb.media.proof import prove

    rows = []
    for name, proof in prove(binary=find()).items():
        encoder = ENCODERS[name]
        found = f"{proof.version}, {'same bytes every time' if encoder.deterministic else 'bytes may vary'}"
        state, told, remedy = ("ok", found, "") if proof.usable else ("no", proof.why, encoder.remedy)
        rows.append((state, name, encoder.codec, encoder.kind, told, remedy))
    _list(rows)


@app.command()
def compare(
    source: Annotated[
        str, typer.Argument(help="A topic, a brief (.toml, .yaml, .json) or a script.", metavar="TOPIC|FILE")
    ],
    writer: Annotated[
        list[str] | None, typer.Option(help="Who writes it, e.g. rulebased or ollama:qwen3; repeat it.")
    ] = None,
    speaker: Annotated[
        list[str] | None, typer.Option(help="Who speaks, e.g. espeak or kokoro:jf_alpha; repeat it.")
    ] = None,
    seconds: SecondsOption = None,
    voice: VoiceOption = None,
) -> None:
    """Have several write the same brief and speak the same text; by default all that work here."""
    from aura_nb import api
    from aura_nb.comparison_cells import SPEAKERS, WRITERS
    from aura_nb.request import Request

    request = Request.ask(source, changes={"plan": {"seconds": seconds}, "voice": {"name": voice}})
    # Naming some of one kind alone asks for nobody of the other.
    writers = writer or ([] if speaker else None)
    speakers = speaker or ([] if writer else None)
    made = api.compare_providers(request, writers=writers, speakers=speakers)
    for kind, columns, rows in (
        ("writer", WRITERS, made.compared.drafts),
        ("speaker", SPEAKERS, made.compared.takes),
    ):
        if rows:
            _side_by_side(kind, columns, rows)
    for line in (*made.failures, *made.notes):
        typer.echo(line)
    for name, path in made.samples.items():
        typer.echo(f"{name}: {path}")


@app.command()
def voices(
    language: Annotated[str, typer.Option(help="Only speakers of this language, e.g. en or de-AT.")] = "en",
) -> None:
    """List the voices that `--voice` may name, the default of each speaker first."""
    from aura_nb.pipeline.cast import able_or_why_not
    from aura_nb.providers import registry
    from aura_nb.providers.base import Speaker

    # A brief knows what a language is.
    language = Brief("Voices", language=language).language
    for name in registry.names("speaker"):
        speaker = able_or_why_not("speaker", name, language, registry.default)
        if isinstance(speaker, Speaker):
            typer.echo(f"{name}: {', '.join(speaker.voices())}")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Where it listens; by default on this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The first port to try; 0 for any free one.")] = 8765,
    control: Annotated[bool, typer.Option(help="Let who has the link begin and cancel jobs, too.")] = False,
    name: Annotated[
        list[str] | None, typer.Option(help="A further host name that /health answers to; may be repeated.")
    ] = None,
) -> None:
    """Show all jobs in the browser, live, until Ctrl-C. Prints the link."""
    from aura_nb.api import serve as begin

    with begin(host=host, port=port, control=control, hosts=name or ()) as server:
        if server.taken is not None:
            typer.echo(f"Port {server.taken} is taken: this is {server.port}.", err=True)
        typer.echo(server.url)
        # Polled: a wait without end cannot be interrupted on Windows.
        while server.running:
            time.sleep(0.5)


@app.command()
def watch(
    link: Annotated[str, typer.Argument(help="The link that `aura-nb serve` or aura.serve() printed.")],
    job: Annotated[str | None, typer.Option(help="The job's id; by default the newest that runs.")] = None,
    jupyter_token: Annotated[
        str,
        typer.Option(
            envvar="AURA_NB_JUPYTER_TOKEN", help="Jupyter's own token, where the link leads through Jupyter."
        ),
    ] = "",
) -> None:
    """Watch a job of another process; exits with 0 when it is completed, 1 when it failed, 130 when cancelled."""
    from aura_nb.api import watch as follow

    raise typer.Exit(
        {"completed": 0, "cancelled": CANCELLED}.get(follow(link, job, jupyter_token=jupyter_token), FAILED)
    )


@app.command()
def doctor() -> None:
    """Say what is installed, what is missing, and the command that mends it."""
    from aura_nb.doctor import report

    findings = report()
    _list([(finding.status, finding.name, finding.found, finding.remedy) for finding in findings])
    if any(finding.status == "fail" for finding in findings):
        raise typer.Exit(FAILED)


@app.command("nbval-sanitize")
def nbval_sanitize() -> None:
    """Print the path of a file that tells nbval which of our outputs may differ from run to run.

    pytest --nbval --nbval-sanitize-with "$(aura-nb nbval-sanitize)"
    """
    typer.echo(Path(aura_nb.__file__).with_name("nbval_sanitize.cfg"))


def _list(rows: Sequence[Sequence[str]]) -> None:
    """Print aligned rows; the last of each, a remedy, on a line of its own so that it can be copied."""
    colours = {"ok": "green", "Valid": "green", "fail": "red", "differs": "red"}
    first, *widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)][:-2]
    for state, *cells, last, remedy in rows:
        line = "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        typer.secho(state.ljust(first), fg=colours.get(state, "yellow"), nl=False)
        typer.echo(f"{line}{last}")
        if remedy:
            typer.echo(f"{'':{first + sum(widths)}}-> {remedy}")


def _side_by_side(kind: str, columns: Sequence[Column], rows: Sequence[Draft | Take]) -> None:
    from rich.console import Console
    from rich.table import Table

    from aura_nb.comparison_cells import UNKNOWN, called

    console = Console(highlight=False)
    roomy = [column for column in columns if column.vital or console.width >= WIDE]
    shown = [column for column in roomy if any(column.cell(row)[0] != UNKNOWN for row in rows)]
    table = Table(box=None, pad_edge=False)
    table.add_column(kind, overflow="fold")
    for column in shown:
        table.add_column(column.heading.lower(), justify="right", no_wrap=True)
    for row in rows:
        cells = ["failed"] if row.failure else [" ".join(filter(None, column.cell(row))) for column in shown]
        table.add_row(" ".join(filter(None, called(row))), *cells)
    console.print(table, "")


def _look(
    height: int | None,
    fps: int | None,
    theme: str | None,
    captions: str | None,
    platform: str | None,
    quality: str | None,
    codec: str | None,
    encoder: str | None,
) -> dict[str, Any]:
    """The fields of `Render` that were given."""
    return {name: value for name, value in locals().items() if value is not None}


def _changed(
    source: str | Request,
    seconds: float | None,
    profile: str | None,
    speaker: Sequence[str] | None,
    voice: str | None,
    look: Mapping[str, Any],
) -> Request:
    from aura_nb.request import Request

    changes: dict[str, Mapping[str, Any]] = {
        "plan": {"seconds": seconds},
        "voice": {"name": voice},
        "render": look,
        "profile": {"speaker": tuple(speaker) if speaker else None},
    }
    return Request.ask(source, profile=profile, changes=changes)


def _make(request: Request, output: Path | None) -> None:
    from aura_nb import api

    began = time.perf_counter()
    film = api.make(request.subject, output=output, **request.parts)
    _timings(film, time.perf_counter() - began)
    typer.echo(film.path)


def _timings(film: Film, seconds: float) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("stage", "seconds", "CPU s", "peak MB", "items", "cached", "by"):
        table.add_column(name, justify="left" if name in ("stage", "by") else "right")
    for t in film.stages:
        costs = f"{t.seconds:.1f}", f"{t.cpu_seconds:.1f}", f"{t.peak_mb:.0f}"
        table.add_row(t.stage, *costs, str(t.items), str(t.cached), t.provider)
    console = Console(stderr=True, highlight=False)
    console.print(table)
    console.print(f"{film.seconds:.1f} s of film in {seconds:.1f} s: {seconds / film.seconds:.2f} × its length")


def main() -> None:
    """Run the command line; the process ends with its exit code."""
    try:
        app()
    except SystemExit as end:
        from aura_nb.providers.together import left_behind

        if left_behind():
            # One that comes back from a C++ library into an interpreter that ends aborts the process.
            _leave(end.code if isinstance(end.code, int) else int(end.code is not None))
        raise


def _leave(code: int) -> NoReturn:
    """End the process now, in its order but for the threads."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
