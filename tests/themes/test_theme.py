from __future__ import annotations

import itertools

import pytest

from aura_nb.errors import InvalidBrief
from aura_nb.themes.theme import BUILT_IN, KINDS, load


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_wcag():
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("kind", KINDS)
def test_text_stands_out_from_everything_it_may_lie_on(name, kind):
    tokens = load(name).tokens(kind)
    colors = tokens["colors"]
    grounds = [colors["background"], *colors["halo"], colors["surface"]]
    for text, ground in itertools.product((colors["ink"], colors["muted"]), grounds):
        assert contrast(text, ground) >= 4.5, (text, ground)
    for text in tokens["syntax"].values():
        assert contrast(text, colors["surface"]) >= 4.5, text
    for ground in grounds:
        assert contrast(colors["accent"], ground) >= 3, (colors["accent"], ground)


def own(tmp_path, toml="", **templates):
    (tmp_path / "theme.toml").write_text(toml, encoding="utf-8")
    for name, text in templates.items():
        (tmp_path / f"{name}.typ").write_text(text, encoding="utf-8")
    return load(str(tmp_path))


def test_a_folder_is_a_theme_and_takes_the_rest_from_the_one_it_extends(tmp_path):
    mine = own(tmp_path, 'extends = "dark"\n[colors]\naccent = "#00FF00"\n')
    dark = load("dark").tokens("quote")
    assert mine.tokens("quote") == dark | {"colors": dark["colors"] | {"accent": "#00FF00"}}


def test_a_change_for_one_kind_leaves_the_others_as_they_were(tmp_path):
    before = own(tmp_path)
    after = own(tmp_path, '[title.fonts]\ndisplay = "Inter"\n')
    changed = [kind for kind in KINDS if before.digest(kind) != after.digest(kind)]
    assert changed == ["title"]


def test_a_shared_change_touches_every_kind(tmp_path):
    before = own(tmp_path)
    after = own(tmp_path, '[colors]\naccent = "#004488"\n')
    assert all(before.digest(kind) != after.digest(kind) for kind in KINDS)


def test_own_templates_replace_those_of_the_same_name_and_what_they_import_counts(tmp_path):
    table = '#import "/base/card.typ": *\n#import "part.typ": part\n#let draw() = (body: part)\n'
    before = own(tmp_path, table=table, part="#let part = [a]")
    after = own(tmp_path, part="#let part = [b]")
    assert '#import "/theme/table.typ": draw' in after.source("table")
    assert [kind for kind in KINDS if before.digest(kind) != after.digest(kind)] == ["table"]


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[colors", "is not TOML"),
        ('extends = "neon"', "extends 'neon'"),
        ('[colors]\nink = "blue"', "colors.ink = 'blue'"),
        ('[title.colors]\nhalo = ["#12"]', "title.colors.halo = '#12'"),
    ],
)
def test_what_is_wrong_with_a_theme_is_said(tmp_path, toml, said):
    with pytest.raises(InvalidBrief, match=r"theme: .*" + said.replace(".", r"\.")):
        own(tmp_path, toml)


def test_an_unknown_theme_names_those_there_are():
    with pytest.raises(InvalidBrief, match=r"no theme 'neon'\. Use one of light, dark, or a folder"):
        load("neon")


@pytest.mark.parametrize("name", ["0" * 1000, "~nobody-of-that-name/theme"])
def test_a_name_that_is_no_path_at_all_is_no_theme(name: str):
    with pytest.raises(InvalidBrief, match="no theme"):
        load(name)
