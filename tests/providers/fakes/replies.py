"""Replies written by hand in the form models are asked for: good, broken and truncated.

No model wrote these. They show how each kind of reply is handled, not what a model says.
"""

from __future__ import annotations

import json


def title(text="Why the sky is blue"):
    return {"kind": "title", "title": text, "subtitle": ""}


def points(*lines):
    return {"kind": "points", "heading": "In short", "points": list(lines)}


def reply(*scenes):
    return json.dumps({"scenes": list(scenes)}, ensure_ascii=False)


def scene(heading, text, picture):
    return {"heading": heading, "text": text, "picture": picture}


OPENING = scene(
    "The question",
    "Look up on a clear day and the sky is blue. Yet the light of the sun is white. "
    "Where does the colour come from, and why is it not another one?",
    title(),
)
MIDDLE = scene(
    "Scattering",
    "White light is a mix of all colours. Air is made of molecules far smaller than the waves of light, "
    "and these scatter short waves much more strongly than long ones.",
    {"kind": "equation", "heading": "Rayleigh", "equation": r"I \propto \frac{1}{\lambda^4}", "caption": ""},
)
END = scene(
    "What you see",
    "So blue light reaches your eye from every side, and the rest comes straight from the sun. "
    "At sunset the path is long, the blue is gone, and the sun looks red.",
    points("Blue is scattered", "Red goes straight on"),
)

GOOD = reply(OPENING, MIDDLE, END)
SHORT = reply(
    scene("Sky", "The sky is blue.", title()), scene("Why", "Air scatters blue light.", points("Blue scatters"))
)
LONG = reply(*(s | {"text": f"{s['text']} {s['text'].replace('the', 'this')}"} for s in (OPENING, MIDDLE, END)))
FENCED = f"<think>Colours {{first}}.</think>\nHere it is:\n```json\n{GOOD}\n```\nEnjoy!"

NO_JSON = "Sure! Scene one opens on a wide shot of the sky."
BROKEN = GOOD.replace('"picture"', "picture", 1)
TRUNCATED = GOOD[: len(GOOD) // 2]
EMPTY = reply()
UNSPOKEN = reply(scene("Sky", "…", title()), END)
REPEATED = reply(OPENING, END, END)
STEALS_FILE = reply(OPENING, scene("Look", "Look here.", {"kind": "figure", "image": "/home/me/secret.png"}))
RAGGED = reply(
    scene("Table", "Compare them.", {"kind": "table", "heading": "", "columns": ["a", "b"], "rows": [["1"]]})
)
BAD_FORMULA = reply(OPENING, MIDDLE | {"picture": {"kind": "equation", "equation": r"\frac{a}{"}})
CODE_FORMULA = reply(OPENING, MIDDLE | {"picture": {"kind": "equation", "equation": '#read("x")'}})
EMPTY_POINT = reply(OPENING, END | {"picture": points("Blue", " ")})
TOO_MANY = reply(*(OPENING | {"text": f"This is scene number {n}."} for n in range(30)))

UNUSABLE = {
    "no-json": NO_JSON,
    "broken": BROKEN,
    "truncated": TRUNCATED,
    "empty": EMPTY,
    "unspoken": UNSPOKEN,
    "repeated": REPEATED,
    "steals-file": STEALS_FILE,
    "ragged-table": RAGGED,
    "bad-formula": BAD_FORMULA,
    "code-formula": CODE_FORMULA,
    "empty-point": EMPTY_POINT,
    "too-many": TOO_MANY,
}
