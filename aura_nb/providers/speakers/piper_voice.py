"""One voice of Piper: its file, its phonemes by written token, and the sound it makes of them.

A voice is a VITS network in an ONNX file with a JSON file beside it
(https://github.com/OHF-Voice/piper1-gpl/blob/main/docs/VOICES.md). Without its two kinds of noise the same
phonemes always give the same samples, and its encoder alone tells how long each will last.
"""

from __future__ import annotations

import hashlib
import json
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aura_nb.cancel import Cancel
from aura_nb.errors import ProviderError
from aura_nb.providers.speakers.network import Network
from aura_nb.providers.speakers.onnx_graph import computed_by, cut
from aura_nb.providers.speakers.spoken import Spoken

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Those that need neither a download nor a package of their own.
PHONEME_TYPES = ("espeak", "text")
SAMPLES, BLOCK = 16, 65536
STRESSES = "ˈˌː"
DURATIONS = "Ceil"
"""The operation whose result is how many frames each phoneme lasts."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What the model says in one go: its ids, and the token that each id belongs to (None: a mark, a gap)."""

    ids: tuple[int, ...]
    tokens: tuple[int | None, ...]


class PiperVoice:
    """A voice as its file has it; nothing is loaded before it is needed. Safe to use from any thread.

    Parameters
    ----------
    model:
        The `.onnx` file; the `.onnx.json` beside it describes the voice.
    """

    def __init__(self, model: Path) -> None:
        self.model = model
        self._lock = threading.Lock()

    @cached_property
    def description(self) -> dict[str, Any]:
        """The JSON file. Raises `ProviderError` naming it when it is not one of a voice."""
        path = self.model.with_name(f"{self.model.name}.json")
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            if not (told["audio"]["sample_rate"] > 0 and told["phoneme_id_map"] and told["espeak"]["voice"]):
                raise ValueError
        except (OSError, ValueError, KeyError, TypeError) as error:
            remedy = f"Put the voice's {path.name} beside its .onnx file."
            raise ProviderError("piper", f"{path} does not describe a voice.", remedy=remedy) from error
        return dict(told)

    @property
    def language(self) -> str:
        """A BCP 47 tag: `en-US`."""
        told = self.description.get("language", {}).get("code") or self.description["espeak"]["voice"]
        return str(told).replace("_", "-")

    @property
    def hertz(self) -> int:
        """The rate of its samples."""
        return int(self.description["audio"]["sample_rate"])

    @property
    def hop(self) -> int:
        """Samples of a frame."""
        return int(self.description.get("hop_length", 256))

    @property
    def speakers(self) -> dict[str, int]:
        """The speakers it has learned, by name; none when it is of one."""
        count = int(self.description.get("num_speakers", 1))
        named = self.description.get("speaker_id_map") or {str(number): number for number in range(count)}
        return {str(name): int(number) for name, number in named.items()} if count > 1 else {}

    @cached_property
    def digest(self) -> str:
        """Changes with the voice's files. Training changes every weight: blocks of the model are enough."""
        size = self.model.stat().st_size
        told = hashlib.sha256(json.dumps([self.description, size], sort_keys=True).encode())
        with self.model.open("rb") as file:
            for offset in range(0, size, size // SAMPLES + 1):
                file.seek(offset)
                told.update(file.read(BLOCK))
        return told.hexdigest()[:8]

    def phrases(self, script: Spoken) -> list[Phrase]:
        """What is to be said, sentence by sentence as Piper splits it."""
        told = [index for index, said in enumerate(script.said) if said]
        apart = [list(chain.from_iterable(self._phonemes(script.said[index]))) for index in told]
        sentences = self._phonemes(script.text)
        owners = owned(list(chain.from_iterable(sentences)), apart)
        id_map = self.description["phoneme_id_map"]
        (pad,), begin, end = id_map["_"], id_map["^"], id_map["$"]
        phrases = []
        for sentence in sentences:
            ids = [*begin, pad]
            tokens: list[int | None] = [None] * len(ids)
            for sound in sentence:
                owner = next(owners)
                if sound in id_map:
                    mine = [*id_map[sound], pad]
                    ids += mine
                    tokens += [told[owner] if _is_sound(sound) else None] * len(mine)
            if any(token is not None for token in tokens):
                phrases.append(Phrase((*ids, *end), (*tokens, *[None] * len(end))))
        return phrases

    def durations(self, phrase: Phrase, speaker: int | None, speed: float, cancel: Cancel) -> tuple[int, ...]:
        """How many frames each id of `phrase` lasts at `speed`."""
        with self._lock:
            network = self._encoder
        return tuple(int(frames) for frames in self._run(network, phrase, speaker, speed, cancel))

    def sound(self, phrase: Phrase, speaker: int | None, speed: float, cancel: Cancel) -> NDArray[np.float32]:
        """The samples of `phrase` at `speed`, at full scale."""
        import numpy as np

        with self._lock:
            network = self._network
        audio = self._run(network, phrase, speaker, speed, cancel)
        return audio / np.float32(max(float(np.abs(audio).max()), 1e-6))

    def _run(
        self, network: Network, phrase: Phrase, speaker: int | None, speed: float, cancel: Cancel
    ) -> NDArray[np.float32]:
        import numpy as np

        feed = {
            "input": np.array([phrase.ids], np.int64),
            "input_lengths": np.array([len(phrase.ids)], np.int64),
            # Noise of the sound, length, noise of the lengths.
            "scales": np.array([0.0, 1 / speed, 0.0], np.float32),
        }
        if speaker is not None:
            feed["sid"] = np.array([speaker], np.int64)
        return network.run(feed, cancel).ravel()

    def _phonemes(self, text: str) -> list[list[str]]:
        # Two opening brackets would begin Piper's own notation of phonemes.
        sentences: list[list[str]] = self._phonemizer.phonemize(text.replace("[[", "["))
        return [sentence for sentence in sentences if sentence]

    @cached_property
    def _phonemizer(self) -> Any:
        from piper.config import PiperConfig
        from piper.voice import PiperVoice as Phonemizer

        kind = self.description.get("phoneme_type", "espeak")
        if kind not in PHONEME_TYPES:
            message = f"the voice {self.model.stem} needs {kind}, which cannot be had without a download."
            raise ProviderError("piper", message, remedy="Choose another voice or speaker.")
        # Only its phonemes are asked for: the sessions here have one thread and can be stopped.
        return Phonemizer(session=None, config=PiperConfig.from_dict(self.description))

    @cached_property
    def _network(self) -> Network:
        return Network(self.model.read_bytes(), "piper")

    @cached_property
    def _encoder(self) -> Network:
        model = self.model.read_bytes()
        found = computed_by(model, DURATIONS)
        if len(found) != 1:
            remedy = "Take a voice exported by Piper's own training."
            raise ProviderError("piper", f"{self.model} does not tell its durations.", remedy=remedy)
        return Network(cut(model, found[0]), "piper")


def owned(sounds: Sequence[str], apart: Sequence[Sequence[str]]) -> Iterator[int]:
    """Which of `apart`, the phonemes of each word said alone, each of `sounds` said together belongs to.

    Said together, words run into one another ("ʌvðə") and sound otherwise ("ɐ" for "ˈeɪ"): what is
    alike anchors the rest.
    """
    alone = [(sound, owner) for owner, word in enumerate(apart) for sound in word]
    anchors: list[int | None] = [None] * len(sounds)
    matcher = SequenceMatcher(None, sounds, [sound for sound, _ in alone], autojunk=False)
    for begin, other, size in matcher.get_matching_blocks():
        for step in range(size):
            if _is_sound(sounds[begin + step], STRESSES):
                anchors[begin + step] = alone[other + step][1]
    owner = -1
    start = 0
    while start < len(sounds):
        stop = next((at for at in range(start, len(sounds)) if sounds[at] == " "), len(sounds))
        if known := [anchor for anchor in anchors[start:stop] if anchor is not None]:
            owner = max(owner, known[0])
        elif any(_is_sound(sound) for sound in sounds[start:stop]):
            # Nothing of it is alike: then it is the next word.
            owner = min(owner + 1, len(apart) - 1)
        for anchor in anchors[start : stop + 1]:
            owner = max(owner, 0 if anchor is None else anchor)
            yield owner
        start = stop + 1


def _is_sound(phoneme: str, but: str = "") -> bool:
    """Whether it is heard, other than a mark or a gap."""
    return any(unicodedata.category(c).startswith("L") for c in phoneme) and phoneme not in but
