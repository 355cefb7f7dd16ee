"""What a page may ask of a workshop, by the names its messages go by."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from aura_nb.studio.wire import film_key
from aura_nb.studio.workshop import Workshop
from aura_nb.widgets.film_pieces import Files, files
from aura_nb.widgets.poster import poster

logger = logging.getLogger(__name__)


class Asked(BaseModel):
    """A message as a page writes it: what it does not say is empty, so that it means nothing there is."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)

    type: str
    key: str = ""
    name: str = ""
    id: str = ""
    after: str | None = None
    by: int = 0
    value: str | bool | int | float | None = ""
    work: str = ""
    job: str = ""
    live: bool = False


def act(shop: Workshop, message: Mapping[str, Any]) -> None:
    """Do what `message` asks. One that asks for what is gone, or for nothing there is, does nothing."""
    try:
        # As JSON: half a character, of an emoji that is being typed, is text to Python and to nobody else.
        asked = Asked.model_validate_json(json.dumps(message))
        ACTIONS[asked.type](shop, asked)
    except (ValidationError, KeyError):
        # A page of another version, or one that was not as quick as another: the scene it means is removed.
        logger.debug("Nothing came of a page's message.", exc_info=True)


def _scene(shop: Workshop, asked: Asked) -> str:
    """The id of the scene that is meant. KeyError when it is gone."""
    return shop.desk.editor[asked.id].id


ACTIONS: Mapping[str, Callable[[Workshop, Asked], object]] = {
    "edit": lambda shop, asked: shop.desk.edit(asked.key, asked.value),
    "profile": lambda shop, asked: shop.desk.use_profile(asked.name),
    "edit-scene": lambda shop, asked: shop.desk.edit_scene(asked.id, asked.name, asked.value),
    "move": lambda shop, asked: shop.desk.move(asked.id, asked.by),
    "add": lambda shop, asked: shop.desk.add(asked.after),
    "remove": lambda shop, asked: shop.desk.remove(asked.id),
    "undo": lambda shop, asked: shop.desk.undo(),
    "write": lambda shop, asked: shop.write(),
    "rewrite": lambda shop, asked: shop.rewrite(_scene(shop, asked)),
    "picture": lambda shop, asked: shop.picture(_scene(shop, asked)),
    "voice": lambda shop, asked: shop.voice(_scene(shop, asked)),
    "check": lambda shop, asked: shop.check(),
    "make": lambda shop, asked: shop.make(),
    "cancel": lambda shop, asked: shop.works.cancel(asked.work),
    "providers": lambda shop, asked: shop.ask_providers(live=asked.live),
    "history": lambda shop, asked: shop.look_back(),
    "show": lambda shop, asked: shop.show(asked.job),
    "go-on": lambda shop, asked: shop.go_on_from(asked.job),
}


def media(shop: Workshop, key: str) -> tuple[dict[str, Any], list[bytes]]:
    """What is to be seen or heard under `key`: a preview such as `picture:s1`, or the `film`'s poster.

    Nothing where it is gone.
    """
    try:
        if key == "film":
            return _poster(shop)
        medium = shop.media[key]
        return {"version": medium.version, "kind": medium.kind}, [medium.read()]
    except (KeyError, OSError):
        return {}, []


def film_files(shop: Workshop, key: str) -> Files | None:
    """The files of the film that a page knows by `key`, while it is the one shown here."""
    film = shop.film
    return files(film) if film is not None and film_key(film) == key else None


def _poster(shop: Workshop) -> tuple[dict[str, Any], list[bytes]]:
    film = shop.film
    if film is None:
        raise KeyError("film")
    return {"version": film_key(film), "kind": "image/jpeg"}, [poster(film)]
