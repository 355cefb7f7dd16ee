"""Several ES modules as one: what they import of each other is there, and nothing else changes."""

from __future__ import annotations

import re
from pathlib import Path

from aura_nb.widgets.modules import joined
from aura_nb.widgets.studio_view import HERE, MODULES, STYLES


def test_imports_of_each_other_go_and_exports_are_plain(tmp_path: Path):
    (tmp_path / "a.js").write_text("export function a() {}\nexport const b = 1;\n", encoding="utf-8")
    far = 'import { d } from "https://example.org/d.js";\nexport default { a, b };\n'
    (tmp_path / "c.js").write_text('import { a, b } from "./a.js";\n' + far, encoding="utf-8")
    assert joined(tmp_path / "a.js", tmp_path / "c.js") == "function a() {}\nconst b = 1;\n\n" + far


def test_the_studio_is_of_all_its_modules_each_after_those_it_imports():
    assert {*MODULES, *STYLES} == {path.name for path in HERE.iterdir()}
    for place, name in enumerate(MODULES):
        text = (HERE / name).read_text(encoding="utf-8")
        assert set(re.findall(r'from "\./([\w.]+)"', text)) <= set(MODULES[:place])


def test_no_name_is_declared_twice_in_the_one_module_they_become():
    text = joined(*(HERE / name for name in MODULES))
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", text, re.MULTILINE)
    assert sorted(names) == sorted(set(names))
    assert not re.search(r'from "\./', text)
