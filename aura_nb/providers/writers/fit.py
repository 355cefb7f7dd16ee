"""Choose which lines are said so that the film lasts as long as it was asked to, as spoken."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aura_nb.cancel import Cancel
from aura_nb.providers.writers.parts import MUST, Draft, Line

# A sentence costs a short breath beside its letters.
_BREATH_LETTERS = 6
_NEAR, _EXACT = 0.03, 0.01
_LEAST, _ROOM, _MOST = 0.94, 1.02, 1.07
_ROUNDS = 10


class Ruler:
    """Tells how long text takes to say: exactly what was measured, and a guess for the rest.

    Lengths are in seconds. A film is taken as `base`, plus every sentence, plus `gap` for every
    further scene; what a whole film measures corrects the sum.
    """

    def __init__(self, seconds_of: Callable[[Sequence[str]], float], cancel: Cancel | None = None) -> None:
        self._seconds_of = seconds_of
        self._cancel = cancel or Cancel()
        self._known: dict[str, float] = {}
        self._letter = 1 / 16
        self._scale = 1.0
        self.base = 1.4
        self.gap = 0.6

    def calibrate(self, sentences: Sequence[str]) -> None:
        """Learn the pace and the pauses from `sentences`, which the film will say anyway."""
        text = " ".join(sentences)
        once = self.measure([text])
        speech = max(self.measure([f"{text} {text}"]) - once, 0.05)
        self.base = once - speech
        self.gap = self.measure([text, text]) - once - speech
        self._letter = speech / sum(map(_letters, sentences))
        self.learn(sentences)

    def learn(self, sentences: Sequence[str]) -> bool:
        """Measure those of `sentences` that are not known yet; tell whether there were any."""
        new = [sentence for sentence in dict.fromkeys(sentences) if sentence not in self._known]
        for sentence in new:
            self._known[sentence] = max(self.measure([sentence]) - self.base, 0.05)
        self._letter = sum(self._known.values()) / sum(map(_letters, self._known))
        return bool(new)

    def guess(self, sentence: str) -> float:
        """How long one sentence takes."""
        return self._scale * self._known.get(sentence, self._letter * _letters(sentence))

    def correct(self, guessed: float, measured: float, scenes: int) -> None:
        """Mend the sum by a whole film of `scenes` scenes."""
        silence = self.base + self.gap * (scenes - 1)
        if guessed > silence and measured > silence:
            self._scale *= (measured - silence) / (guessed - silence)

    def measure(self, texts: Sequence[str]) -> float:
        """Exactly how long a film of these scene texts lasts."""
        self._cancel.check()
        return self._seconds_of(texts)


class _Choice:
    """Which lines of which scenes are said."""

    def __init__(self, drafts: Sequence[Draft], ruler: Ruler) -> None:
        self._drafts = drafts
        self._ruler = ruler
        self._kept: list[set[int]] = [
            {n for n, line in enumerate(draft.lines) if line.rank == MUST} for draft in drafts
        ]
        places = [(scene, n) for scene, draft in enumerate(drafts) for n in range(len(draft.lines))]
        self._order = sorted(places, key=lambda place: (not self._line(place).own, self._line(place).rank, place))

    def _line(self, place: tuple[int, int]) -> Line:
        return self._drafts[place[0]].lines[place[1]]

    @property
    def scenes(self) -> list[tuple[Line, ...]]:
        """The lines said, scene by scene; () for a scene that is left out."""
        return [
            tuple(draft.lines[n] for n in sorted(kept))
            for draft, kept in zip(self._drafts, self._kept, strict=True)
        ]

    @property
    def texts(self) -> list[str]:
        """The texts of the scenes that are made."""
        return [" ".join(line.text for line in lines) for lines in self.scenes if lines]

    @property
    def says_own(self) -> bool:
        """Whether anything of the user's is said."""
        return any(line.own for lines in self.scenes for line in lines)

    @property
    def sentences(self) -> list[str]:
        """All that is said, line by line."""
        return [line.text for lines in self.scenes for line in lines]

    def guess(self) -> float:
        """How long the film lasts."""
        made = sum(bool(kept) for kept in self._kept)
        return self._ruler.base + self._ruler.gap * (made - 1) + sum(map(self._ruler.guess, self.sentences))

    def grow(self, limit: float, *, own: float | None = None) -> None:
        """Say more, in order of rank, up to `limit` seconds; the user's lines up to `own`."""
        total = self.guess()
        for place in self._order:
            scene, number = place
            line, kept = self._line(place), self._kept[scene]
            if number in kept or (line.after is not None and line.after not in kept):
                continue
            more = self._ruler.guess(line.text) + (0 if kept else self._ruler.gap)
            added = {number}
            if line.opens:
                more += self._ruler.guess(self._line((scene, number + 1)).text)
                added.add(number + 1)
            if total + more <= (own if own is not None and line.own else limit):
                kept |= added
                total += more

    def say_shortest_own(self) -> None:
        """Say the user's shortest line, however long it is."""
        own = [place for place in self._order if self._line(place).own and self._line(place).after is None]
        if own:
            scene, number = min(own, key=lambda place: len(self._line(place).text))
            self._kept[scene].add(number)


def fit(
    drafts: Sequence[Draft],
    target: float,
    ruler: Ruler,
    progress: Callable[[float], None] = lambda fraction: None,
) -> list[tuple[Line, ...]]:
    """The lines to say, scene by scene (() for a scene left out), `target` seconds as spoken.

    The user's own lines come first, in order; a line is said whole or not at all. When all there is
    cannot fill the time, or the least there is takes longer, the nearest possible is returned.
    """
    best: list[tuple[Line, ...]] = []
    nearest = float("inf")
    for attempt in range(_ROUNDS):
        choice = _choose(drafts, target, ruler)
        progress(attempt / _ROUNDS)
        if ruler.learn(choice.sentences) and attempt < _ROUNDS - 1:
            continue
        guessed, measured = choice.guess(), ruler.measure(choice.texts)
        if abs(measured - target) < nearest:
            best, nearest = choice.scenes, abs(measured - target)
        if nearest <= _NEAR * target or abs(guessed - measured) <= _EXACT * target:
            break
        # Sentences do not add up to films with this voice; a silent film reads whole scenes.
        ruler.correct(guessed, measured, len(choice.texts))
    progress(1.0)
    return best


def _choose(drafts: Sequence[Draft], target: float, ruler: Ruler) -> _Choice:
    choice = _Choice(drafts, ruler)
    choice.grow(target * _ROOM, own=target * _MOST)
    if not choice.says_own:
        choice = _Choice(drafts, ruler)
        choice.say_shortest_own()
        choice.grow(target * _ROOM)
    if choice.guess() < target * _LEAST:
        choice.grow(target * _MOST)
    return choice


def _letters(text: str) -> int:
    return len(text) + _BREATH_LETTERS
