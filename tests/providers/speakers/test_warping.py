import numpy as np
import pytest

from aura_nb.providers.speakers import warping
from aura_nb.providers.speakers.warping import warp

RATE = 16_000
RNG = np.random.default_rng(1)


def sounds(*lengths):
    """As many unlike sounds (noise in a band of its own), each so many seconds long."""
    parts = []
    for number, seconds in enumerate(lengths):
        times = np.arange(round(seconds * RATE)) / RATE
        tones = [np.sin(2 * np.pi * hertz * times) for hertz in 250 * (number + 1) * np.array([1, 1.5, 2.2])]
        parts.append(0.1 * np.sum(tones, axis=0) + 0.001 * RNG.standard_normal(len(times)))
    return np.concatenate(parts).astype(np.float32)


def test_each_sound_is_found_where_it_is_though_it_lasts_otherwise():
    moments, there = warp(sounds(0.3, 0.2, 0.4, 0.3), RATE, sounds(0.2, 0.4, 0.3, 0.5), RATE)
    for boundary, wanted in [(0.3, 0.2), (0.5, 0.6), (0.9, 0.9)]:
        assert np.interp(boundary, moments, there) == pytest.approx(wanted, abs=0.03)


def test_loudness_and_rate_do_not_matter():
    reading = sounds(0.3, 0.2, 0.4)
    moments, there = warp(reading, RATE, 0.1 * np.repeat(reading, 2), 2 * RATE)
    assert there == pytest.approx(moments, abs=0.02)


def test_both_results_rise_and_stay_within():
    moments, there = warp(sounds(0.2, 0.3), RATE, sounds(0.6, 0.1), RATE)
    assert (np.diff(moments) > 0).all()
    assert (np.diff(there) >= 0).all()
    assert 0 <= there[0] <= there[-1] <= 0.71


def test_long_readings_are_looked_at_in_longer_hops(monkeypatch):
    monkeypatch.setattr(warping, "MOST_FRAMES", 50)
    moments, there = warp(sounds(1.0, 1.0, 1.0), RATE, sounds(1.2, 0.8, 1.0), RATE)
    assert len(moments) <= 52
    assert np.interp(1.0, moments, there) == pytest.approx(1.2, abs=0.15)
    assert np.interp(2.0, moments, there) == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize("samples", [1, 200])
def test_the_shortest_of_sounds_is_no_error(samples):
    moments, there = warp(np.ones(samples, np.float32), RATE, np.zeros(samples, np.float32), RATE)
    assert len(moments) == len(there) >= 1
