"""What a page may ask of a desk, by the names its messages go by."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from aura_nb.film import INLINE_BYTES
from aura_nb.studio.desk import Desk

logger = logging.getLogger(__name__)


def act(desk: Desk, message: Mapping[str, Any]) -> None:
    """Do what `message` asks. One that asks for what is gone, or for nothing there is, does nothing."""
    action = ACTIONS.get(str(message.get("type")))
    if action is None:
        return
    try:
        action(desk, message)
    except KeyError:
        # Another page was quicker: the scene it means has been removed.
        logger.debug("Nothing came of %s.", message.get("type"), exc_info=True)


ACTIONS: Mapping[str, Callable[[Desk, Mapping[str, Any]], object]] = {
    "edit": lambda desk, asked: desk.edit(asked["key"], asked["value"]),
    "profile": lambda desk, asked: desk.use_profile(asked["name"]),
    "edit-scene": lambda desk, asked: desk.edit_scene(asked["id"], asked["name"], asked["value"]),
    "move": lambda desk, asked: desk.move(asked["id"], int(asked["by"])),
    "add": lambda desk, asked: desk.add(asked.get("after")),
    "remove": lambda desk, asked: desk.remove(asked["id"]),
    "undo": lambda desk, asked: desk.undo(),
    "write": lambda desk, asked: desk.write(),
    "rewrite": lambda desk, asked: desk.rewrite(asked["id"]),
    "picture": lambda desk, asked: desk.picture(asked["id"]),
    "voice": lambda desk, asked: desk.voice(asked["id"]),
    "check": lambda desk, asked: desk.check(),
    "make": lambda desk, asked: desk.make(),
    "cancel": lambda desk, asked: desk.works.cancel(asked["work"]),
    "providers": lambda desk, asked: desk.ask_providers(live=bool(asked.get("live"))),
    "history": lambda desk, asked: desk.look_back(),
    "show": lambda desk, asked: desk.show(asked["job"]),
    "go-on": lambda desk, asked: desk.go_on_from(asked["job"]),
}


def media(desk: Desk, key: str) -> tuple[dict[str, Any], list[bytes]]:
    """What is to be seen or heard under `key`: a preview such as `picture:s1`, or `film` with its captions.

    Without bytes, `problem` says why.
    """
    try:
        if key == "film":
            return _film(desk)
        medium = desk.media[key]
        return {"version": medium.version, "kind": medium.kind}, [medium.read()]
    except (KeyError, OSError):
        return {"problem": "It is no longer where it was made."}, []


def _film(desk: Desk) -> tuple[dict[str, Any], list[bytes]]:
    film = desk.film
    if film is None:
        raise KeyError("film")
    told = {"version": str(film.path), "kind": "video/mp4"}
    size = film.path.stat().st_size
    if size > INLINE_BYTES:
        limit = INLINE_BYTES // 1_000_000
        return {**told, "problem": f"Larger than {limit} MB: open {film.path} with a video player."}, []
    captions = film.vtt.read_bytes() if film.vtt is not None and film.vtt.is_file() else b""
    return told, [film.path.read_bytes(), captions]
