"""A widget's front end is one module, made of plain ones. That a browser takes it is tested in tests/browser."""

from __future__ import annotations

from pathlib import Path

from aura_nb.widgets.esm import joined
from aura_nb.widgets.job_view import HERE, JobView


def test_what_is_imported_stands_in_its_place_in_a_scope_of_its_own(tmp_path: Path):
    (tmp_path / "a.js").write_text('// A.\nimport { two, Box } from "./b.js";\nexport default two;\n')
    (tmp_path / "b.js").write_text('import { c } from "./c.js";\nexport const two = c;\nexport class Box {}\n')
    (tmp_path / "c.js").write_text("export const c = 2;\n")
    assert " ".join(joined(tmp_path / "a.js").split()) == (
        "// A. const { two, Box } = (() => {"
        " const { c } = (() => { const c = 2; return { c }; })();"
        " const two = c; class Box {} return { two, Box }; })();"
        " export default two;"
    )


def test_the_job_view_has_its_player_with_it():
    assert 'import { Watch } from "./watch.js";' in (HERE / "job_view.js").read_text(encoding="utf-8")
    assert "class Player" in JobView._esm
    assert not [line for line in JobView._esm.splitlines() if line.startswith("import ")]
