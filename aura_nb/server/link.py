"""The link to a server as the user's browser reaches it: behind Jupyter, through its proxy."""

from __future__ import annotations

import os
from collections.abc import Mapping


def proxied(port: int, environ: Mapping[str, str] = os.environ) -> str | None:
    """The address of this machine's `port` behind jupyter-server-proxy, None where nothing says there is one.

    `AURA_NB_PROXY_LINK` decides, with `{port}` and any variable of the environment in braces, as dask's
    `distributed.dashboard.link` does; under JupyterHub it is `JUPYTERHUB_SERVICE_PREFIX` + `proxy/{port}/`.
    """
    template = environ.get("AURA_NB_PROXY_LINK", "").strip()
    if not template:
        prefix = environ.get("JUPYTERHUB_SERVICE_PREFIX", "")
        template = f"{prefix.rstrip('/')}/proxy/{{port}}/" if prefix else ""
    if not template:
        return None
    try:
        link = template.format_map({**environ, "port": port})
    except (KeyError, ValueError, IndexError):
        return None
    return link if link.endswith("/") else f"{link}/"
