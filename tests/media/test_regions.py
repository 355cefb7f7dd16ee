from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aura_nb.media.regions import GAP, TILE, regions

SPOT = st.tuples(st.integers(0, 700), st.integers(0, 900), st.integers(1, 200), st.integers(1, 200))


def plane(spots, paper=220, shape=(720, 1000)):
    made = np.full(shape, paper, np.uint8)
    for top, left, height, width in spots:
        made[top : top + height, left : left + width] = 40
    return made


@given(st.lists(SPOT, max_size=6), st.tuples(st.integers(1, 720), st.integers(1, 1000)))
def test_all_else_is_paper_and_no_region_is_near_another(spots, shape):
    drawn = plane(spots)[: shape[0], : shape[1]]
    paper, found = regions(drawn)
    rest = drawn.copy()
    for one in found:
        assert 0 <= one.top < one.bottom <= shape[0]
        assert 0 <= one.left < one.right <= shape[1]
        rest[one.top : one.bottom, one.left : one.right] = paper
    assert (rest == paper).all()
    for number, one in enumerate(found):
        for other in found[number + 1 :]:
            down = max(one.top, other.top) - min(one.bottom, other.bottom)
            across = max(one.left, other.left) - min(one.right, other.right)
            assert max(down, across) >= GAP * TILE


def test_a_title_apart_from_a_footer_is_cut():
    _, found = regions(plane([(100, 100, 64, 300), (600, 700, 30, 200)]))
    assert len(found) == 2
    assert sum((one.bottom - one.top) * (one.right - one.left) for one in found) < 0.1 * 720 * 1000


def test_narrow_gaps_are_not_worth_a_cut():
    _, found = regions(plane([(100, 100, 60, 300), (100 + 60 + 2 * TILE, 100, 60, 300)]))
    assert len(found) == 1


def test_a_photograph_is_one_region_and_an_empty_plane_none():
    noise = np.random.default_rng(0).integers(0, 256, (300, 400), np.uint8)
    assert [(r.top, r.bottom, r.left, r.right) for r in regions(noise)[1]] == [(0, 300, 0, 400)]
    assert regions(plane([])) == (220, [])
