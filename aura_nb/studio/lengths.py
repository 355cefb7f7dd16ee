"""How long each scene takes to say, measured by the speaker that will say it, while nobody has to wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from aura_nb.cancel import Cancel
from aura_nb.pipeline import scene as rehearsal
from aura_nb.pipeline.cast import Cast
from aura_nb.pipeline.context import Context
from aura_nb.request import Request
from aura_nb.script import QuoteCard, Scene, Script
from aura_nb.studio.desk import Desk
from aura_nb.studio.media import said_by

REST_SECONDS = 0.4
"""How long a text must rest before it is measured: whoever types is not done with it."""


class Lengths:
    """The seconds of the scenes on a desk, as far as they are known. `told` is called with every new one.

    A text that has not stood for `rest` seconds is not measured yet.
    """

    def __init__(
        self,
        desk: Desk,
        context: Callable[[Cancel], Context],
        told: Callable[[], None],
        *,
        rest: float = REST_SECONDS,
    ) -> None:
        self._desk = desk
        self._context = context
        self._told = told
        self._rest = rest
        self._known: dict[str, float] = {}

    def of(self, text: str, request: Request) -> float | None:
        """How long `text` takes to say as `request` wants it spoken; None while that is not known."""
        return self._known.get(said_by(text, request))

    @property
    def complete(self) -> bool:
        """Whether there is nothing to measure."""
        return not self._wanted()

    def measure(self, cancel: Cancel) -> None:
        """Measure until all is known. Raises `ProviderError`, `InvalidBrief`, `JobCancelled`."""
        rested: set[str] = set()
        while wanted := self._wanted():
            key, text, request = wanted[0]
            if key not in rested:
                rested = {key for key, *_ in wanted}
                cancel.wait(self._rest)
                cancel.check()
                continue
            self._known[key] = rehearsal.seconds(text, request, Cast.of(request), self._context(cancel))
            self._told()

    def _wanted(self) -> list[tuple[str, str, Request]]:
        """The scenes whose length is not known: what it is known by, the text, and a request to speak it."""
        with self._desk.lock:
            request = self._desk.asked() if len(self._desk.editor) else None
            if request is None:
                return []
            scenes = [scene for scene in self._desk.editor.scenes if scene.text.strip()]
            texts = [scene.text for scene in scenes if "text" not in scene.issues()]
            keys = {said_by(text, request): text for text in texts}
            return [
                (key, text, replace(request, subject=_saying(text, request)))
                for key, text in keys.items()
                if key not in self._known
            ]


def _saying(text: str, request: Request) -> Script:
    """A script that says `text`: to speak a scene no writer is needed, and no picture of it."""
    return Script(brief=request.brief, scenes=[Scene(heading="", text=text, picture=QuoteCard(quote=""))])
