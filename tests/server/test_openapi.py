"""The description is true: of every route, of nothing else, and of what is really answered."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import jsonschema
import pytest
from httpx_sse import connect_sse
from starlette.routing import Route

import aura_nb.server
from aura_nb.monitor import Monitor
from aura_nb.pipeline.cache import Cache
from aura_nb.server.access import Access
from aura_nb.server.app import routes
from aura_nb.server.hub import Hub
from aura_nb.server.jobs_api import JobsApi
from aura_nb.server.openapi import PATH, description
from aura_nb.server.operations import CODES, OPERATIONS, PARAMETERS
from tests.server.conftest import open_client
from tests.server.played import line, progress


class Described:
    """A description, and whether an answer is what it says: no field less, and none more."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = closed(told)

    def check(self, path: str, answer: httpx.Response) -> None:
        operation = self.told["paths"][path][answer.request.method.lower()]
        described = operation["responses"][str(answer.status_code)]
        for name, header in described["headers"].items():
            header = header if "$ref" not in header else self.told["components"]["headers"][name]
            if header["required"]:
                self.validate(answer.headers[name], header["schema"])
        content = described.get("content")
        if content is None:
            assert answer.content == b""
            return
        kind = answer.headers["content-type"].partition(";")[0]
        schema = content[kind]["schema"]
        self.validate(answer.json(), schema)

    def validate(self, value: Any, schema: dict[str, Any]) -> None:
        whole = {**schema, "components": self.told["components"]}
        checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
        jsonschema.Draft202012Validator(whole, format_checker=checker).validate(value)


def closed(schema: Any) -> Any:
    """`schema` that allows no field it does not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    whole = schema.get("type") == "object" and "properties" in schema
    return {
        **({"additionalProperties": False} if whole else {}),
        **{key: closed(one) for key, one in schema.items()},
    }


@pytest.fixture(scope="module")
def described(observed) -> Described:
    return Described(observed.client.get("api/openapi.json").json())


def test_every_route_is_described_and_nothing_else_is(journal, tmp_path):
    hub = Hub(journal)
    jobs = JobsApi(hub, lambda *_: pytest.fail("nothing begins"))
    found = {
        (route.path, method.lower())
        for route in routes(hub, jobs, Access("token"), Monitor(tmp_path), Cache(tmp_path))
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    said = {(path, method) for path, methods in OPERATIONS.items() for method in methods}
    assert found - said == set(), "add it to OPERATIONS in aura_nb/server/operations.py"
    assert said - found == set()


def test_every_operation_names_all_parameters_of_its_path():
    for path, methods in OPERATIONS.items():
        for operation in methods.values():
            given = [PARAMETERS[name] for name in operation.parameters]
            assert {one["name"] for one in given if one["in"] == "path"} == set(re.findall(r"{(\w+)}", path)), path


def test_the_code_of_every_problem_is_described_with_its_status():
    folder = Path(aura_nb.server.__file__).parent
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in folder.glob("*.py") if path.name != "operations.py"
    )
    raised = re.findall(r"Problem\(\s*(\d{3}),\s*\"(\w+)\"", source)
    assert len(raised) > 15
    assert {(int(status), code) for status, code in raised} <= {
        (code.status, name) for name, code in CODES.items()
    }
    assert [name for name in CODES if name != "UNKNOWN_PROVIDER" and f'"{name}"' not in source] == []


def test_operations_have_names_of_their_own():
    names = [operation.name for methods in OPERATIONS.values() for operation in methods.values()]
    assert len(set(names)) == len(names)


def test_it_is_served_to_whoever_has_the_token_and_linked_from_the_page(observed):
    server, client = observed.server, observed.client
    assert httpx.get(server.base_url + PATH[1:]).status_code == 401
    page = client.get("")
    link = re.fullmatch(r'<(.+)>; rel="service-desc"; type="application/json"', page.headers["link"])
    told = client.get(urljoin(str(page.url), link[1]))
    assert told.json()["openapi"] == "3.1.0"
    # Wherever a proxy has us, its paths begin where we do.
    assert urljoin(str(told.url), told.json()["servers"][0]["url"]) == server.base_url


def test_every_reference_leads_somewhere():
    told = description(Access("token"))
    for kind, name in re.findall(r'"#/components/(\w+)/([^"]+)"', json.dumps(told)):
        assert name in told["components"][kind]


def test_what_is_answered_is_what_is_said(client, described, play, film, tmp_path):
    path = tmp_path / "sky.mp4"
    path.write_bytes(bytes(100))
    failed, made = play("One"), play("Two", film=replace(film, path=path))
    failed.say(progress(30), line("said"))
    failed.end()
    made.say(progress(30))
    made.end()
    job = {"id": made.job.id, "name": "film.mp4"}
    for template in OPERATIONS:
        if "/events" in template or "/stream" in template or template in ("/", "/static/{name}"):
            continue
        if "get" in OPERATIONS[template] and "artifacts/" not in template:
            described.check(template, client.get(template.format(**job)[1:]))
    described.check("/api/jobs/{id}", client.get(f"api/jobs/{failed.job.id}"))
    for asked in ({"provider": "openai", "configuration": {"apiKey": "x"}}, {"provider": "windows"}):
        described.check(
            "/api/providers/validate-enhanced", client.post("api/providers/validate-enhanced", json=asked)
        )
        described.check(
            "/api/providers/validate", client.post("api/providers/validate", json={"providers": [asked]})
        )


def test_events_are_what_is_said(client, described, play, film):
    job = play(film=film)
    job.say(progress(10), line("one"), progress(50, 2))
    job.end()
    schemas = described.told["components"]["schemas"]
    with connect_sse(client, "GET", f"api/jobs/{job.job.id}/events") as source:
        events = list(source.iter_sse())
    assert len(events) > 3
    for event in events:
        described.validate({"id": event.id, "event": event.event, "data": event.data}, schemas["Frame"])
        described.validate(json.loads(event.data), schemas["Event"])
    again = client.get(f"api/jobs/{job.job.id}/events", headers={"Last-Event-ID": events[-1].id})
    assert again.status_code == 204
    described.check("/api/jobs/{id}/events", again)


def test_what_control_answers_is_what_is_said(serve, described):
    with open_client(serve(control=True)) as control:
        began = control.post("api/jobs", json={"topic": "Whales"})
        described.check("/api/jobs", began)
        cancelled = control.post(f"api/jobs/{began.json()['jobId']}/cancel")
        described.check("/api/jobs/{id}/cancel", cancelled)
        # Locations are relative to where they are told.
        assert control.get(urljoin(str(began.url), began.headers["location"])).status_code == 200


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/api/jobs", {"method": "POST", "json": {}}),
        ("/api/jobs/{id}", {"method": "GET"}),
        ("/api/jobs/{id}/events", {"method": "GET"}),
        ("/api/events", {"method": "GET", "params": {"lastEventId": "x"}}),
        ("/api/jobs/{id}/artifacts/{name}", {"method": "GET"}),
        ("/static/{name}", {"method": "GET"}),
        ("/health", {"method": "GET", "headers": {"Host": "evil.example", "Authorization": ""}}),
        ("/api/metrics/system", {"method": "GET", "headers": {"Authorization": ""}}),
        ("/api/providers/validate", {"method": "POST", "json": []}),
        ("/api/providers/validate", {"method": "POST", "content": "{"}),
        ("/api/providers/validate", {"method": "POST", "json": {"provider": "nobody"}}),
        ("/api/providers/validate", {"method": "POST", "json": {"providers": [{}]}}),
        ("/api/providers/validate-enhanced", {"method": "POST", "data": {"provider": "ollama"}}),
    ],
)
def test_problems_are_what_is_said(observed, described, path, asked):
    answer = observed.client.request(url=path[1:].format(id="none", name="none"), **asked)
    assert answer.status_code >= 400
    described.check(path, answer)


@pytest.mark.parametrize("name", ["Event", "JobState", "StageView", "LoadState", "ReportWire"])
def test_what_is_answered_has_all_its_fields(name):
    schema = description(Access("token"))["components"]["schemas"][name]
    assert {*schema["required"]} == {*schema["properties"]}


@pytest.mark.slow
def test_it_is_openapi():
    import schemathesis

    schemathesis.openapi.from_dict(description(Access("token"))).validate()
