"""A voice for tests: its speed is known, and it counts what it was asked to measure."""

from __future__ import annotations

from collections.abc import Sequence

from aura_nb.providers.base import WriteRequest
from aura_nb.providers.writers.rulebased import RuleBased
from aura_nb.providers.writers.sentences import split
from aura_nb.script import Script
from aura_nb.spec import Brief, Plan


class FakeVoice:
    """0.062 s a character at 160 words a minute, 0.36 s between sentences, 0.6 s between scenes."""

    def __init__(self, rate: float = 1.0) -> None:
        self.rate = rate
        self.measured: set[str] = set()

    def __call__(self, texts: Sequence[str]) -> float:
        return 0.8 + sum(0.6 + self._scene(text) for text in texts)

    def _scene(self, text: str) -> float:
        sentences = split(text)
        self.measured.update(sentences)
        return sum(0.062 * len(s) / self.rate for s in sentences) + 0.36 * (len(sentences) - 1)


def write(brief: Brief, plan: Plan | None = None, *, voice_rate: float = 1.0) -> tuple[Script, FakeVoice]:
    """The script the rule-based writer makes of `brief` for a fake voice, and that voice."""
    plan = plan or Plan()
    voice = FakeVoice(plan.rate * voice_rate)
    return RuleBased().write(WriteRequest(brief, plan, voice)), voice


def seconds(script: Script, voice: FakeVoice) -> float:
    """How long the film of `script` lasts."""
    return voice([scene.text for scene in script.scenes])


def spoken(script: Script) -> list[str]:
    """Every sentence of `script`."""
    return [sentence for scene in script.scenes for sentence in split(scene.text)]
