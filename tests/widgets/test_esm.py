"""A widget's front end is one module, made of plain ones. That a browser takes it is tested in tests/browser."""

from __future__ import annotations

from pathlib import Path

from aura_nb.widgets.esm import joined
from aura_nb.widgets.job_view import HERE, JobView
from aura_nb.widgets.studio_view import HERE as STUDIO
from aura_nb.widgets.studio_view import STYLES, StudioView


def test_what_is_imported_stands_in_its_place_in_a_scope_of_its_own(tmp_path: Path):
    (tmp_path / "a.js").write_text('// A.\nimport { two, Box } from "./b.js";\nexport default two;\n')
    (tmp_path / "b.js").write_text('import { c } from "./c.js";\nexport const two = c;\nexport class Box {}\n')
    (tmp_path / "c.js").write_text("export const c = 2;\n")
    assert " ".join(joined(tmp_path / "a.js").split()) == (
        "const module1 = (() => { const c = 2; return { c }; })();"
        " const module2 = (() => { const { c } = module1; const two = c; class Box {} return { two, Box }; })();"
        " // A. const { two, Box } = module2; export default two;"
    )


def test_what_is_imported_twice_is_there_once_also_from_another_folder(tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.js").write_text('import { b } from "./b.js";\nimport { c } from "../c.js";\n')
    (tmp_path / "in" / "b.js").write_text('import { c } from "../c.js";\nexport function b() {}\n')
    (tmp_path / "c.js").write_text("export let c = 2;\n")
    whole = joined(tmp_path / "in" / "a.js")
    assert whole.count("let c = 2;") == 1
    assert whole.count("const { c } = module1;") == 2


def test_the_job_view_has_its_player_with_it():
    assert 'import { Watch } from "./watch.js";' in (HERE / "job_view.js").read_text(encoding="utf-8")
    assert "class Player" in JobView._esm
    assert not [line for line in JobView._esm.splitlines() if line.startswith("import ")]


def test_the_studio_is_of_all_its_files():
    assert {*STYLES} == {path.name for path in STUDIO.glob("*.css")}
    assert not [line for line in StudioView._esm.splitlines() if line.startswith("import ")]
    for path in STUDIO.glob("*.js"):
        head = path.read_text(encoding="utf-8").splitlines()[0]
        assert head.startswith("//")
        assert StudioView._esm.count(head) == 1
