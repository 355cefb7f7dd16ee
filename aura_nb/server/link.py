"""The link to a server as the user's browser reaches it: through Jupyter's proxy where there is one.

Who came to Jupyter, under whatever name and from whatever machine, comes through its proxy to the server
as well; an address of this machine is of use only to a browser on it. So the proxy is taken wherever it is
known to be there, and `AURA_NB_PROXY_LINK` has the last word.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import psutil

DIRECT = ("", "off")
"""What `AURA_NB_PROXY_LINK` may be for a link without any proxy."""
ASK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Link:
    """An address twice: `href` for a page that Jupyter itself showed, `address` for all others.

    The first names no host, and so holds under the one the user came by. Nor does the second where only
    the browser knows it.
    """

    href: str
    address: str


@dataclass(frozen=True, slots=True)
class Jupyter:
    """The Jupyter server that began this process: its URL as programs of this machine ask it."""

    url: str
    base_url: str

    def proxies(self, port: int) -> bool:
        """Whether jupyter-server-proxy runs there, by asking: only without it is there no such page.

        Nothing secret is sent. Whoever is not logged in is sent to do so by the proxy, and not by a page
        that does not exist.
        """
        try:
            # Its certificate is often its own, and only the status of its answer counts.
            with httpx.Client(verify=False, trust_env=False, timeout=ASK_SECONDS) as client:
                return client.get(urljoin(self.url, f"proxy/{port}/ping")).status_code != 404
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            return False


def jupyter(runtime: Path | None = None) -> Jupyter | None:
    """The Jupyter server this process runs under, as a kernel or from a terminal, None without one.

    A server keeps a file named by its process id in Jupyter's `runtime` folder.
    """
    if runtime is None:
        try:
            from jupyter_core.paths import jupyter_runtime_dir
        except ImportError:
            return None
        runtime = Path(jupyter_runtime_dir())
    try:
        for process in psutil.Process().parents():
            file = runtime / f"jpserver-{process.pid}.json"
            # In a container ids come back, and files of servers long gone have stayed.
            if file.is_file() and file.stat().st_mtime >= process.create_time() - 1:
                told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
                return Jupyter(told["url"], told["base_url"])
    except (psutil.Error, OSError, ValueError, KeyError):
        pass
    return None


def proxied(
    port: int,
    environ: Mapping[str, str] = os.environ,
    find: Callable[[], Jupyter | None] = jupyter,
) -> Link | None:
    """The link to this machine's `port` behind jupyter-server-proxy, None for a direct one.

    In this order:

    - `AURA_NB_PROXY_LINK`, with `{port}` and any variable of the environment in braces, as dask's
      `distributed.dashboard.link` does; empty or "off" means a direct link.
    - Under JupyterHub, `JUPYTERHUB_SERVICE_PREFIX` + `proxy/{port}/`. Its proxy cannot be asked without
      the user's login, and is taken to be there.
    - Under a Jupyter server that has the proxy, `proxy/{port}/` of that server.
    """
    template = environ.get("AURA_NB_PROXY_LINK")
    if template is not None:
        return None if template.strip().lower() in DIRECT else _filled(template.strip(), port, environ)
    prefix = environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if prefix:
        return _behind(prefix, environ.get("JUPYTERHUB_PUBLIC_URL", ""), port)
    server = find()
    if server is not None and server.proxies(port):
        return _behind(server.base_url, server.url, port)
    return None


def _filled(template: str, port: int, environ: Mapping[str, str]) -> Link | None:
    try:
        link = template.format_map({**environ, "port": port})
    except (KeyError, ValueError, IndexError):
        return None
    link = link if link.endswith("/") else f"{link}/"
    return Link(link, link)


def _behind(prefix: str, url: str, port: int) -> Link:
    href = f"{prefix.rstrip('/')}/proxy/{port}/"
    return Link(href, urljoin(url, href))
