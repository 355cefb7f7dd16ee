"""What a page may ask of a workshop, by the names its messages go by."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from aura_nb.film import INLINE_BYTES
from aura_nb.studio.workshop import Workshop

logger = logging.getLogger(__name__)


def act(shop: Workshop, message: Mapping[str, Any]) -> None:
    """Do what `message` asks. One that asks for what is gone, or for nothing there is, does nothing."""
    action = ACTIONS.get(str(message.get("type")))
    if action is None:
        return
    try:
        action(shop, message)
    except KeyError:
        # Another page was quicker: the scene it means has been removed.
        logger.debug("Nothing came of %s.", message.get("type"), exc_info=True)


ACTIONS: Mapping[str, Callable[[Workshop, Mapping[str, Any]], object]] = {
    "edit": lambda shop, asked: shop.desk.edit(asked["key"], asked["value"]),
    "profile": lambda shop, asked: shop.desk.use_profile(asked["name"]),
    "edit-scene": lambda shop, asked: shop.desk.edit_scene(asked["id"], asked["name"], asked["value"]),
    "move": lambda shop, asked: shop.desk.move(asked["id"], int(asked["by"])),
    "add": lambda shop, asked: shop.desk.add(asked.get("after")),
    "remove": lambda shop, asked: shop.desk.remove(asked["id"]),
    "undo": lambda shop, asked: shop.desk.undo(),
    "write": lambda shop, asked: shop.write(),
    "rewrite": lambda shop, asked: shop.rewrite(asked["id"]),
    "picture": lambda shop, asked: shop.picture(asked["id"]),
    "voice": lambda shop, asked: shop.voice(asked["id"]),
    "check": lambda shop, asked: shop.check(),
    "make": lambda shop, asked: shop.make(),
    "cancel": lambda shop, asked: shop.works.cancel(asked["work"]),
    "providers": lambda shop, asked: shop.ask_providers(live=bool(asked.get("live"))),
    "history": lambda shop, asked: shop.look_back(),
    "show": lambda shop, asked: shop.show(asked["job"]),
    "go-on": lambda shop, asked: shop.go_on_from(asked["job"]),
}


def media(shop: Workshop, key: str) -> tuple[dict[str, Any], list[bytes]]:
    """What is to be seen or heard under `key`: a preview such as `picture:s1`, or `film` with its captions.

    Without bytes, `problem` says why.
    """
    try:
        if key == "film":
            return _film(shop)
        medium = shop.media[key]
        return {"version": medium.version, "kind": medium.kind}, [medium.read()]
    except (KeyError, OSError):
        return {"problem": "It is no longer where it was made."}, []


def _film(shop: Workshop) -> tuple[dict[str, Any], list[bytes]]:
    film = shop.film
    if film is None:
        raise KeyError("film")
    told = {"version": str(film.path), "kind": "video/mp4"}
    size = film.path.stat().st_size
    if size > INLINE_BYTES:
        limit = INLINE_BYTES // 1_000_000
        return {**told, "problem": f"Larger than {limit} MB: open {film.path} with a video player."}, []
    captions = film.vtt.read_bytes() if film.vtt is not None and film.vtt.is_file() else b""
    return told, [film.path.read_bytes(), captions]
