"""What a user types: `make`, `start`, `write`, `preflight`, `jobs`, `providers`, `compare_providers` …"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aura_nb.cancel import Cancel
from aura_nb.errors import AuraError, InvalidRequest
from aura_nb.film import Film
from aura_nb.jobs.breakers import Breakers
from aura_nb.jobs.events import Status
from aura_nb.jobs.interrupt import in_one_line, interruptible
from aura_nb.jobs.job import Job
from aura_nb.jobs.journal import Journal, journal_at
from aura_nb.jobs.queue import QUEUE
from aura_nb.pipeline import author, flow
from aura_nb.pipeline.cache import Cache
from aura_nb.pipeline.preflight import Preflight
from aura_nb.pipeline.preflight import preflight as check
from aura_nb.pipeline.progress import Rates
from aura_nb.providers import guard, validation
from aura_nb.providers.base import Socket
from aura_nb.providers.report import ProviderReport
from aura_nb.request import Request
from aura_nb.script import Script
from aura_nb.settings import Settings
from aura_nb.spec import Brief, Plan, Profile, Render, Voice

if TYPE_CHECKING:
    import pandas as pd

    from aura_nb.comparison import Comparison
    from aura_nb.server.serve import Server

Fields = Mapping[str, Any]
"""A part of a request by its fields: `plan={"seconds": 20}`."""


def start(
    subject: str | Path | Brief | Script | Request | Fields,
    *,
    plan: Plan | Fields | None = None,
    voice: Voice | Fields | None = None,
    render: Render | Fields | None = None,
    profile: Profile | Fields | str | None = None,
    output: str | Path | None = None,
) -> Job:
    """Begin a film and return its `Job` at once; in a notebook the job shows itself, live.

    Parameters
    ----------
    subject:
        A topic, the path of a brief or script file, a `Brief`, a `Script` (made as it stands), a dict of
        the fields of either, or a `Request` such as `aura.quick_demo()`.
    plan, voice, render, profile:
        How long, who speaks, how it looks, who does the work: models, or dicts of their fields; a
        profile also by its name: "free-only", "balanced-mix", "pro-max". A script's own hold unless given.
    output:
        Where the MP4 goes; by default the films folder of the settings (`AURA_NB_DATA_DIR`).

    Raises
    ------
    InvalidBrief
        Naming every bad field.
    PreflightFailed
        When this machine cannot make the film now. Either way nothing was begun.
    """
    request = Request.ask(subject, plan=plan, voice=voice, render=render, profile=profile).check()
    job = _job(request, output=output)
    from aura_nb import widgets

    widgets.register(shell())
    try:
        return job.start()
    except KeyboardInterrupt as interrupt:
        # Whoever asked for it never gets it, and so could not cancel it.
        job.cancel()
        in_one_line(interrupt, job.title, job.status)
        raise


def make(
    subject: str | Path | Brief | Script | Request | Fields,
    *,
    plan: Plan | Fields | None = None,
    voice: Voice | Fields | None = None,
    render: Render | Fields | None = None,
    profile: Profile | Fields | str | None = None,
    output: str | Path | None = None,
) -> Film:
    """Make a film and return it; its progress shows while it is made. Takes what `start` takes.

    An interrupt (the Stop button, Ctrl-C) cancels the job. Raises what `start` raises, and
    ProviderError, RenderError, VerificationFailed or JobCancelled when no film comes of it.
    """
    job = start(subject, plan=plan, voice=voice, render=render, profile=profile, output=output)
    return follow(job)


def follow(job: Job) -> Film:
    """Show `job` until it ends, as `AURA_NB_PROGRESS` says, and return its film."""
    from aura_nb import widgets

    try:
        mode = widgets.mode(shell())
        if mode == "widget":
            shown = widgets.show(job)
            film = job.result()
            shown.wait(5.0)
            return film
        if mode == "off":
            return job.result()
        from aura_nb.jobs.terminal import Terminal

        watching = job.watch(Terminal())
        try:
            return job.result()
        finally:
            watching.join(5.0)
    except KeyboardInterrupt as interrupt:
        # It may come before the wait that would have cancelled the job, or a second time within it.
        job.cancel()
        in_one_line(interrupt, job.title, job.status)
        raise


def write(
    subject: str | Path | Brief | Script | Request | Fields,
    *,
    plan: Plan | Fields | None = None,
    voice: Voice | Fields | None = None,
    render: Render | Fields | None = None,
    profile: Profile | Fields | str | None = None,
) -> Script:
    """Write the script of a film without making it: read it, edit its scenes, then `make` it.

    What falls short (a film of another length than planned, say) is a `UserWarning`.
    The voice counts: the script is fitted to the plan's length as that voice speaks it.
    """
    request = Request.ask(subject, plan=plan, voice=voice, render=render, profile=profile)
    if request.script is not None:
        return request.script
    settings = Settings()
    _journal(settings.journal)
    return author.write(request, cache=Cache(settings.cache_dir), cancel=Cancel())


def preflight(
    subject: str | Path | Brief | Script | Request | Fields,
    *,
    plan: Plan | Fields | None = None,
    voice: Voice | Fields | None = None,
    render: Render | Fields | None = None,
    profile: Profile | Fields | str | None = None,
    output: str | Path | None = None,
) -> Preflight:
    """Check, as a table of Pass, Warn and Fail, whether this machine can make the film now."""
    request = Request.ask(subject, plan=plan, voice=voice, render=render, profile=profile)
    settings = Settings()
    return check(request, output=_target(request, output, settings), settings=settings)


def journal() -> Journal:
    """Where all jobs of this user are kept, as the settings say."""
    return _journal(Settings().journal)


def jobs() -> pd.DataFrame:
    """All jobs, those of past kernels included, as a DataFrame.

    In a notebook the jobs that run in this kernel are shown again, live, above the table.
    """
    from aura_nb import tables, widgets

    if widgets.mode(shell()) == "widget":
        for job in QUEUE.jobs:
            if isinstance(job, Job) and not job.ended:
                widgets.show(job)
    return tables.jobs(_journal(Settings().journal))


def providers(*, live: bool = True, timeout: float = 3.0) -> pd.DataFrame:
    """Every provider: whether it works on this machine now, what it offers, and the one thing that mends it.

    All are asked at once; no server is waited for longer than `timeout` seconds, and what runs here alone
    has the time a busy machine needs. `live=False` looks at their configuration only: the same at every call.
    See `aura_nb.tables.providers` for the columns.
    """
    from aura_nb import tables

    _journal(Settings().journal)
    return tables.providers(validation.validate_all(live=live, timeout=timeout))


def compare_providers(
    subject: str | Path | Brief | Script | Request | Fields,
    *,
    writers: Sequence[str] | str | None = None,
    speakers: Sequence[str] | str | None = None,
    plan: Plan | Fields | None = None,
    voice: Voice | Fields | None = None,
) -> Comparison:
    """Have several writers write the same brief and several speakers say the same text, side by side.

    Every writer writes `subject`, its script fitted to the plan's length as one and the same local
    speaker speaks. Every speaker says the opening of the first script that comes of it, about half a
    minute; with `writers=[]` a passage known in the brief's language, and of a script as `subject` its
    own opening. All run one after the other, so that none competes with another for the machine, and
    alone: where one fails its row says why and what mends it, and no other stands in for it.

    What was made stays in the cache: comparing again takes no time and costs nothing, a film made next
    finds it there, too, and the seconds told are always those of the run that did the work. An interrupt
    stops it; what was made until then is kept.

    Parameters
    ----------
    subject:
        As `start` takes it.
    writers, speakers:
        Their names as in `aura.providers()`, also with a model or a voice of theirs: "ollama:qwen3",
        "kokoro:jf_alpha". By default all that work here, local ones first; remote ones a key is set for
        are among them, and cost what they cost. An empty list leaves them out.
    plan, voice:
        How long the film is to be, and how it is to be spoken: models, or dicts of their fields.

    Raises
    ------
    InvalidBrief
        Naming every bad field.
    UnknownProvider
        Naming all the names that are nobody's. Either way nothing was begun.
    """
    from aura_nb.comparison import Comparison
    from aura_nb.pipeline.compare import compare
    from aura_nb.pipeline.entrants import everyone
    from aura_nb.widgets.steps import showing

    request = Request.ask(subject, plan=plan, voice=voice).check()
    # Of a silent film there would be nothing to compare.
    request = request.changed(voice={"silent": False})
    entered = everyone(request, writers, speakers)
    settings = Settings()
    _journal(settings.journal)
    cache = Cache(settings.cache_dir)
    with showing(shell()) as report:
        compared = interruptible(
            lambda cancel: compare(request, *entered, cache=cache, cancel=cancel, report=report),
            f"Comparing {request.brief.topic}",
        )
    return Comparison(request.brief, request.plan, compared)


def validate(
    name: str,
    configuration: Mapping[str, str] | None = None,
    *,
    socket: Socket | None = None,
    live: bool = False,
    timeout: float = 3.0,
    **fields: str,
) -> ProviderReport:
    """Look at one provider: `aura.validate("ollama", host="http://localhost:11434", live=True)`.

    Parameters
    ----------
    name:
        As in `aura.providers()`, in any case.
    configuration, fields:
        Its settings, as a mapping or by name; the environment and the keyring fill in the rest.
    socket:
        "writer", "speaker" or "illustrator", where a name is in several.
    live:
        Ask the provider itself, and not only look at its settings; a server is given `timeout` seconds.

    Raises
    ------
    InvalidRequest
        For a provider that does not exist (`UnknownProvider`), and for a setting it does not have.
        Everything else that is wrong is in the report.
    """
    given = {**(configuration or {}), **{key: str(value) for key, value in fields.items()}}
    report = validation.validate(name, given, socket=socket, live=live, timeout=timeout)
    unknown = [field for field, status in report.field_status.items() if status == "Unknown"]
    if unknown:
        known = ", ".join(field for field in report.field_status if field not in unknown)
        remedy = f"Choose from {known}." if known else "It needs none."
        raise InvalidRequest(f"{report.provider} has no setting {', '.join(unknown)}.", remedy=remedy)
    return report


def serve(
    *, host: str = "127.0.0.1", port: int = 8765, control: bool = False, hosts: Sequence[str] = ()
) -> Server:
    """Let others watch this kernel's jobs: returns the running server, whose `url` opens the page.

    In a notebook the server shows itself as a link to be clicked. Where Jupyter has jupyter-server-proxy,
    the link goes through it, and works wherever Jupyter does; `AURA_NB_PROXY_LINK` gives another, with
    `{port}` in it, and "off" one for a browser on this machine.

    Parameters
    ----------
    host, port:
        Where it listens: by default on this machine only, at the first free port from 8765 on.
    control:
        Whether who has the link may begin, cancel and repeat jobs too, and not only look.
    hosts:
        Further names under which it says without a token that it runs, for `GET /health`.

    Raises
    ------
    AuraError
        When no port is free there, or the server's packages are not installed.
    """
    try:
        from aura_nb.server.serve import Server
    except ImportError as error:
        raise _no_server(error) from None

    def begin(fields: Mapping[str, Any], correlation_id: str, retry_of: str | None = None) -> Job:
        request = Request.parse(fields).check()
        return _job(request, correlation_id=correlation_id, retry_of=retry_of).start()

    return Server(_journal(Settings().journal), begin, host=host, port=port, control=control, hosts=hosts).start()


def watch(link: str, job_id: str | None = None, *, jupyter_token: str = "") -> Status:
    """Show a job of another process in the terminal until it ends; return the state it ended in.

    `link` is what `serve` printed, to the server or to one of its jobs; where it leads through Jupyter,
    `jupyter_token` is Jupyter's own (under JupyterHub, an API token). Raises AuraError.
    """
    try:
        from aura_nb.server.client import Remote
    except ImportError as error:
        raise _no_server(error) from None
    from aura_nb.jobs.terminal import Terminal

    remote, terminal = Remote.of(link, jupyter_token), Terminal()
    status: Status = "crashed"
    with remote.client() as client:
        for event in remote.events(client, job_id or remote.job_id or remote.newest(client)):
            terminal.on_event(event)
            status = event.status
    return status


def _no_server(error: ImportError) -> AuraError:
    return AuraError(f"The server is not installed ({error}).", remedy="pip install 'aura-nb[server]'")


def _job(
    request: Request,
    *,
    output: str | Path | None = None,
    correlation_id: str | None = None,
    retry_of: str | None = None,
) -> Job:
    """The job of `request`, not started yet. Raises InvalidBrief, PreflightFailed."""
    settings = Settings()
    target = _target(request, output, settings)
    check(request, output=target, settings=settings).raise_for_failures()
    return Job(
        request.brief.topic,
        partial(_work, request, target, settings),
        journal=_journal(settings.journal),
        spec=request.plain(),
        correlation_id=correlation_id,
        retry_of=retry_of,
    )


def _work(request: Request, target: Path, settings: Settings, report: Any, cancel: Cancel) -> Film:
    return flow.make_film(
        request,
        target,
        cache=Cache(settings.cache_dir),
        rates=Rates(settings.data_dir / "rates.json"),
        workers=settings.at_once,
        cancel=cancel,
        report=report,
    )


def _target(request: Request, output: str | Path | None, settings: Settings) -> Path:
    return Path(output).expanduser().absolute() if output is not None else settings.films / flow.film_name(request)


def _journal(path: Path) -> Journal:
    """The journal in this file; from now on it keeps the providers' circuit breakers too."""
    journal = journal_at(path)
    guard.default.keep(Breakers(journal))
    return journal


def shell() -> Any:
    """The running IPython shell, None outside one. IPython is not imported to find out."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None
