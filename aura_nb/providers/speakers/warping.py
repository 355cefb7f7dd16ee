"""Where each moment of one reading of a text lies in another: dynamic time warping of cepstra.

Cepstra as of Davis and Mermelstein (1980, https://doi.org/10.1109/TASSP.1980.1163420), the path as of
Sakoe and Chiba (1978, https://doi.org/10.1109/TASSP.1978.1163055).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HERTZ = 16_000
WINDOW_SECONDS, HOP_SECONDS = 0.025, 0.01
MOST_FRAMES = 2_000
"""Of either reading; longer ones are looked at in longer hops, so that the path takes at most 64 MB."""
FFT, BANDS, CEPSTRA = 512, 26, 13
LOWEST, HIGHEST = 100.0, 7_000.0
PRE_EMPHASIS = 0.97


def warp(
    reading: NDArray[np.float32], rate: int, other: NDArray[np.float32], other_rate: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Moments of `reading` and, for each, the moment of `other` at which the same is said, in seconds.

    Both mono, neither empty; rates in Hz. Both results rise, the first strictly: what lies between two
    moments is to be interpolated.
    """
    import numpy as np

    longest = max(len(reading) / rate, len(other) / other_rate)
    hop = max(HOP_SECONDS, longest / MOST_FRAMES)
    path = _path(_cepstra(reading, rate, hop), _cepstra(other, other_rate, hop))
    frames, first = np.unique(path[:, 0], return_index=True)
    # A frame that stands for several of the other is the middle of them.
    last = np.append(first[1:], len(path)) - 1
    there = (path[first, 1] + path[last, 1]) / 2
    return np.asarray(frames * hop, np.float64), np.asarray(there * hop, np.float64)


def _cepstra(audio: NDArray[np.float32], rate: int, hop: float) -> NDArray[np.float64]:
    """The cepstra of each frame, each with mean 0 and deviation 1: voices and loudness fall out."""
    import numpy as np

    times = np.arange(max(1, int(len(audio) * HERTZ / rate))) * (rate / HERTZ)
    sound = np.interp(times, np.arange(len(audio)), audio)
    sound = np.append(sound[:1], sound[1:] - PRE_EMPHASIS * sound[:-1])
    window, step = round(WINDOW_SECONDS * HERTZ), round(hop * HERTZ)
    padded = np.pad(sound, (window // 2, window))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::step] * np.hamming(window)
    power = np.square(np.abs(np.fft.rfft(frames, FFT)))
    energy = power @ _bands().T
    basis = np.cos(np.pi / BANDS * np.outer(np.arange(BANDS) + 0.5, np.arange(CEPSTRA)))
    cepstra: NDArray[np.float64] = np.log(energy + 1e-6 * (energy.max() or 1.0)) @ basis
    cepstra -= cepstra.mean(axis=0)
    cepstra /= cepstra.std(axis=0) + 1e-9
    return cepstra


def _bands() -> NDArray[np.float64]:
    """Triangular filters at equal distances on the mel scale, a row each."""
    import numpy as np

    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (LOWEST, HIGHEST))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    hertz = np.fft.rfftfreq(FFT, 1 / HERTZ)
    rising = (hertz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - hertz) / np.diff(edges)[1:, None]
    bands: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    return bands


def _path(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.intp]:
    """The pairs of frames along the cheapest way through both."""
    import numpy as np

    squares = np.square(one).sum(axis=1)[:, None] + np.square(other).sum(axis=1)[None, :]
    cost = np.sqrt(np.maximum(squares - 2 * one @ other.T, 0.0))
    rows, columns = cost.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    # One diagonal after the other: what lies on it depends on the two before only.
    for diagonal in range(rows + columns - 1):
        i = np.arange(max(0, diagonal - columns + 1), min(rows, diagonal + 1))
        j = diagonal - i
        # Steps along the diagonal count once, not twice as usual: measured, equal pace is worth that much.
        before = np.minimum(np.minimum(total[i, j + 1], total[i + 1, j]), total[i, j])
        total[i + 1, j + 1] = cost[i, j] + before
    way = [(rows, columns)]
    while way[-1] != (1, 1):
        i, j = way[-1]
        way.append(min((i - 1, j - 1), (i - 1, j), (i, j - 1), key=lambda at: float(total[at])))
    return np.array(way[::-1], dtype=np.intp) - 1
