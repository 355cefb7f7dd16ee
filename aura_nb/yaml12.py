"""YAML with the bare words of its version 1.2, where `9:16` and `no` are texts, and no key stands twice.

PyYAML reads those of 1.1: the number 556, and false where the language is meant. Of a key that is given
twice it keeps the last value. Words: https://yaml.org/spec/1.2.2/#103-core-schema; keys: #321-representation-graph
"""

from __future__ import annotations

import re
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    # It has none of those that PyYAML's own have.
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML has it so

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """As written, before `<<` brings in what may be overridden."""
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise yaml.composer.ComposerError(
                    problem=f"there is a second `{key.value}`", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return node


for _kind, _words, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", [*"-+0123456789"]),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", [*"-+.0123456789"]),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"(?:{_words})\Z"), _first)


def load(text: str) -> Any:
    """What `text` says. Raises ValueError, with the line."""
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        place = f" (at line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise ValueError(f"{error.problem or error.context}{place}") from None
    except yaml.YAMLError:
        raise ValueError("there are characters that YAML does not know") from None
    except (LookupError, AttributeError):
        # PyYAML takes what stands behind `!!bool` or `!!timestamp` for one.
        raise ValueError("a value is not what its tag says") from None
    except (OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None
