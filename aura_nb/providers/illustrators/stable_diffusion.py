"""`stable-diffusion`: pictures drawn by a model of one's own, behind the WebUI of AUTOMATIC1111.

Protocol: https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/API; a running server, started
with `--api`, documents its own at `/docs`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from urllib.parse import urlsplit

from aura_nb.cancel import Cancel
from aura_nb.errors import JobCancelled
from aura_nb.providers import checks, failures
from aura_nb.providers.base import Credit, DrawRequest
from aura_nb.providers.config import Config, Fault, Field
from aura_nb.providers.illustrators.web import WebIllustrator
from aura_nb.providers.illustrators.webui import (
    Checkpoint,
    Checkpoints,
    Drawn,
    Nothing,
    Offer,
    Options,
    Progress,
    sides,
)
from aura_nb.providers.remote import check_seconds
from aura_nb.providers.report import Probed
from aura_nb.providers.wire import CONNECT_SECONDS, Wire

# Goes up when the same settings and words would be drawn otherwise.
REVISION = 1

LOOK_SECONDS = 0.5
"""How often the server is asked how far it is."""
INTERRUPT_SECONDS = 2.0
MOST_SECONDS = 1800.0
"""No picture takes longer, however slow the machine."""


def _check_count(value: str, config: Config) -> Fault | None:
    good = value.isascii() and value.isdecimal() and 1 <= int(value) <= 150
    return None if good else Fault("INVALID_FORMAT", f"{value!r} is no number of steps.", "Write 25, say.")


def _check_side(value: str, config: Config) -> Fault | None:
    good = value.isascii() and value.isdecimal() and 256 <= int(value) <= 2048
    return None if good else Fault("INVALID_FORMAT", f"{value!r} is no side in pixels.", "Write 512, 768 or 1024.")


class StableDiffusion(WebIllustrator):
    """Draws what the words say. The checkpoint is in `info.version` once `identify` was called."""

    name: ClassVar[str] = "stable-diffusion"
    local: ClassVar[bool] = True
    licence: ClassVar[str] = "the checkpoint's own"
    summary: ClassVar[str] = "Pictures by a Stable Diffusion WebUI of your own beside the cards."
    fields: ClassVar[tuple[Field, ...]] = (
        Field("base_url", default="http://127.0.0.1:7860", help="Where the WebUI is.", check=checks.url),
        Field("model", help="A checkpoint it has; without one, that which is loaded."),
        Field("sampler", help="A sampler it has, e.g. Euler a; without one, its own."),
        Field("steps", default="25", help="Sampling steps, 1 to 150.", check=_check_count),
        Field("side", default="768", help="Side in pixels of a square the model draws well.", check=_check_side),
        Field(
            "style",
            default="photograph, natural light, highly detailed, sharp focus",
            help="What is added to the words that are drawn.",
        ),
        Field(
            "negative_prompt",
            default="text, letters, words, caption, watermark, signature, logo, frame, collage, blurry, deformed",
            help="What is not to be drawn.",
        ),
        Field("user", secret=True, help="For a server that was started with --api-auth."),
        Field("password", secret=True, help="For a server that was started with --api-auth."),
        Field(
            "timeout", default="300", help="Longest silence in seconds; it draws in silence.", check=check_seconds
        ),
    )

    def __init__(self, config: Config | None = None, **seams: Any) -> None:
        super().__init__(config, **seams)
        self._known: dict[tuple[str, str], str] = {}
        self._busy = threading.Lock()

    def identity(self, config: Config) -> str:
        """The checkpoint the server last said would draw; before, the one that was asked for."""
        model = config.get("model") or ""
        return self._known.get((self.url(config), model), model)

    def identify(self, cancel: Cancel) -> None:
        """Ask the server which checkpoint would draw now. Raises ProviderError, JobCancelled."""
        self._chosen(self.config, cancel)

    def depends(self, request: DrawRequest) -> str:
        """The card's own part, the words, and all settings that change the picture."""
        config = self.config
        settings = [config.get(name) for name in ("sampler", "steps", "side", "style", "negative_prompt")]
        return json.dumps([REVISION, super().depends(request), *settings], ensure_ascii=False)

    def find(
        self, config: Config, request: DrawRequest, area: tuple[int, int]
    ) -> tuple[bytes, tuple[Credit, ...]]:
        """A picture of the words; it is nobody's work."""
        chosen = self._chosen(config, request.cancel)
        width, height = sides(area, int(config.get("side") or 768))
        asked: dict[str, Any] = {
            "prompt": ", ".join(filter(None, [*self.queries(request)[:1], config.get("style")])),
            "negative_prompt": config.get("negative_prompt") or "",
            "seed": seed(request),
            "steps": int(config.get("steps") or 25),
            "width": width,
            "height": height,
            "batch_size": 1,
            "n_iter": 1,
            "send_images": True,
            "save_images": False,
        }
        if sampler := config.get("sampler"):
            asked["sampler_name"] = sampler
        if config.get("model"):
            asked["override_settings"] = {"sd_model_checkpoint": chosen.title}

        def call(line: Wire) -> bytes:
            with self._watched(config, line, request.progress):
                told, _ = self.asked(config, line, "POST", "/sdapi/v1/txt2img", Drawn, json=asked)
            return base64.b64decode("".join(told.images[:1]), validate=True)

        # One at a time: the server draws no two at once, and what it tells is of the one it draws.
        with self._turn(request.cancel):
            try:
                return self.ask(config, call, cancel=request.cancel, timeout=MOST_SECONDS), ()
            except (JobCancelled, failures.TimedOut):
                threading.Thread(target=self._interrupt, args=(config,), daemon=True).start()
                raise

    def probe(self, *, timeout: float) -> Probed:
        """Whether the server answers, lets us in and has the checkpoint. Raises a `ProviderFailure`."""
        config = self.config
        offer = self.reach(config, lambda line: self._offer(config, line, timeout / 2))
        details = {"models": [one.model_name for one in offer.all], "model": offer.wanted}
        if offer.chosen is None:
            lacking = self._lacks(offer)
            return Probed(
                "ModelMissing", details, lacking.remedy, f"The WebUI has no checkpoint {offer.wanted!r}."
            )
        server = urlsplit(self.url(config)).netloc
        return Probed("Valid", details, message=f"{offer.chosen.exactly} draws at {server}.")

    def credentials(self, config: Config) -> dict[str, Any]:
        """User and password, for a server that asks for them."""
        user, password = config.get("user"), config.get("password")
        return {"auth": (user or "", password or "")} if user or password else {}

    def failed(self, config: Config, error: Exception) -> failures.ProviderFailure:
        """As of all, with the command that starts the server when there is none."""
        failure = super().failed(config, error)
        if isinstance(failure, failures.Unreachable) and "certificate" not in str(failure):
            server = urlsplit(self.url(config)).netloc
            remedy = "Start the WebUI with `./webui.sh --api`, or set AURA_NB_STABLE_DIFFUSION_BASE_URL."
            return failures.Unreachable(self.name, f"no WebUI answers at {server}.", remedy=remedy)
        if isinstance(failure, failures.Refused) and "sampler" in str(failure).lower():
            remedy = "Choose one it has with AURA_NB_STABLE_DIFFUSION_SAMPLER."
            return failures.Refused(
                self.name, f"the WebUI has no sampler {config.get('sampler')!r}.", remedy=remedy
            )
        return failure

    def mend_status(self, code: int) -> str:
        """What to do about an HTTP status."""
        match code:
            case 401 | 403:
                return "Set AURA_NB_STABLE_DIFFUSION_USER and _PASSWORD to what --api-auth was given."
            case 404:
                return "Start the WebUI with `--api`; check the address too."
            case _ if code >= 500:
                return "Look into the WebUI's log; it may be out of memory: try a smaller side."
        return super().mend_status(code)

    def _chosen(self, config: Config, cancel: Cancel) -> Checkpoint:
        def call(line: Wire) -> Offer:
            return self._offer(config, line, CONNECT_SECONDS)

        offer = self.ask(config, call, cancel=cancel, timeout=3 * CONNECT_SECONDS)
        if offer.chosen is None:
            raise self._lacks(offer)
        return offer.chosen

    def _offer(self, config: Config, line: Wire, seconds: float) -> Offer:
        told, _ = self.asked(config, line, "GET", "/sdapi/v1/sd-models", Checkpoints, seconds=seconds)
        model = wanted = config.get("model") or ""
        if not model:
            options, _ = self.asked(config, line, "GET", "/sdapi/v1/options", Options, seconds=seconds)
            wanted = options.sd_model_checkpoint or ""
        chosen = next((one for one in told.root if one.goes_by(wanted)), None)
        if chosen is not None:
            self._known[self.url(config), model] = chosen.exactly
        return Offer(tuple(told.root), wanted, chosen)

    def _lacks(self, offer: Offer) -> failures.ModelMissing:
        listed = ", ".join(one.model_name for one in offer.all[:12]) or "none"
        remedy = f"Choose one it has with AURA_NB_STABLE_DIFFUSION_MODEL: {listed}."
        return failures.ModelMissing(self.name, f"the WebUI has no checkpoint {offer.wanted!r}.", remedy=remedy)

    @contextmanager
    def _turn(self, cancel: Cancel) -> Iterator[None]:
        while not self._busy.acquire(timeout=0.1):
            cancel.check()
        try:
            yield
        finally:
            self._busy.release()

    @contextmanager
    def _watched(self, config: Config, line: Wire, progress: Callable[[float], None]) -> Iterator[None]:
        """While inside, have `progress` told how far the server is. That it cannot be asked is no failure."""
        done = threading.Event()

        def look() -> None:
            while not done.wait(LOOK_SECONDS):
                try:
                    told = self._progress(config, line)
                except Exception:
                    continue
                if not done.is_set():
                    progress(min(max(told.progress, 0.0), 0.95))

        looking = threading.Thread(target=look, daemon=True, name="aura-nb progress")
        looking.start()
        try:
            yield
        finally:
            done.set()

    def _progress(self, config: Config, line: Wire) -> Progress:
        path, asked = "/sdapi/v1/progress", {"skip_current_image": "true"}
        told, _ = self.asked(config, line, "GET", path, Progress, seconds=INTERRUPT_SECONDS, params=asked)
        return told

    def _interrupt(self, config: Config) -> None:
        """Have the server stop drawing, unless what it draws is for somebody at its own page."""
        line = Wire()
        try:
            if not self._progress(config, line).state.job.startswith("task("):
                self.asked(config, line, "POST", "/sdapi/v1/interrupt", Nothing, seconds=INTERRUPT_SECONDS)
        except Exception:
            # It is gone, or hangs: nobody waits for it any more.
            return


def seed(request: DrawRequest) -> int:
    """The same for the same picture, topic and language; below 2³², as the WebUI takes them."""
    told = json.dumps([request.picture.model_dump(mode="json"), request.topic, request.language])
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:4], "big")
