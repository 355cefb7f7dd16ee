from __future__ import annotations

import httpx
import pytest
from httpx_sse import connect_sse

from aura_nb.server.page import FILES
from tests.server.conftest import open_client
from tests.server.played import progress


def test_the_link_s_token_becomes_a_cookie_that_only_this_site_and_no_script_has(server):
    answer = httpx.get(server.url + "&x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "./?x=1")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    # The browser takes the path of the link, whatever proxies lie before it (RFC 6265 §5.1.4).
    assert "Path" not in cookie
    name, _, rest = cookie.partition("=")
    page = httpx.get(server.base_url, cookies={name: rest.partition(";")[0]})
    assert page.status_code == 200
    assert server.token not in page.text


def test_a_wrong_token_becomes_no_cookie(server):
    answer = httpx.get(f"{server.base_url}?token=wrong")
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("name", ["", *(f"static/{name}" for name in FILES)])
def test_the_page_and_its_files_allow_nothing_from_elsewhere(server, name):
    with open_client(server) as client:
        answer = client.get(name)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "http://" not in answer.text.replace("http://www.w3.org", "")
    assert "https://" not in answer.text


@pytest.mark.parametrize("name", ["page.py", "..%2fpage.py", "%2e%2e/app.py", "none.js"])
def test_no_other_file_is_given(client, name):
    assert client.get(f"static/{name}").status_code == 404


def test_the_machine_s_load_is_told(client):
    told = client.get("api/metrics/system").json()
    assert set(told) == {"load", "paused", "stale"}


def test_nobody_who_looks_ends_the_pause_of_a_render(server, client, play):
    play().say(progress(10))
    with connect_sse(client, "GET", "api/events") as source:
        next(source.iter_sse())
        for _ in range(5):
            client.get("")
            assert client.get("api/metrics/system").json() == {"load": None, "paused": True, "stale": True}
