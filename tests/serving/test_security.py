"""Who may ask: hosts and origins; and what a browser is told about every answer."""

import pytest

from tests.serving.little import HOST, classifier, client

pytest.importorskip("starlette", reason="needs the extra serve")
from minillm.serving import security
from minillm.serving.security import Secured, hostname, same_origin


@pytest.fixture(scope="module")
def ask():
    with client(classifier()) as found:
        yield found


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:9", "[::1]:8000", "LOCALHOST:80"]
)
def test_the_names_of_this_machine_are_answered(ask, host):
    assert ask.get("/health", headers={"Host": host}).status_code == 200


FOREIGN = [
    *("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example"),
    *("evil.example@localhost", "localhost:80:80", "localhost:x", "localhost/", "", "192.168.0.7"),
    *("127.0.0.1:99999999", "[::1", "localhost evil", "xn--localhost"),
]


@pytest.mark.guide("G64")
@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", ["/", "/health", "/api/model"])
def test_any_other_host_is_403_whatever_is_asked(ask, host, path):
    answer = ask.get(path, headers={"Host": host})
    assert answer.status_code == 403 and "this server is not" in answer.json()["error"]


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "https://evil.example", "null", "", "http://localhost:8001",
     "http://localhost", "file://", "http://localhost:8000.evil.example", "localhost:8000"],
)  # fmt: skip
def test_a_page_of_another_server_may_not_ask(ask, origin):
    answer = ask.post("/api/classify", json={"text": "good"}, headers={"Origin": origin})
    assert answer.status_code == 403 and "may not ask" in answer.json()["error"]


def test_our_own_page_and_a_program_may(ask):
    for headers in ({"Origin": HOST}, {}):
        answer = ask.post("/api/classify", json={"text": "good"}, headers=headers)
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "",
     "application/json; charset=gbk", "application/jsonx", "text/json"],
)  # fmt: skip
def test_what_a_form_can_send_is_415(ask, kind):
    answer = ask.post("/api/classify", content=b'{"text": "a"}', headers={"Content-Type": kind})
    assert answer.status_code == 415 and "application/json" in answer.json()["error"]


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=UTF-8"])
def test_json_is_taken(ask, kind):
    answer = ask.post("/api/classify", content=b'{"text": "a"}', headers={"Content-Type": kind})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", {}),
        ("GET", "/page.js", {}),
        ("GET", "/nothing", {}),
        ("POST", "/api/classify", {}),
        ("GET", "/health", {"Host": "evil.example"}),
    ],
)
def test_every_answer_has_the_headers_of_security_and_opens_nothing_to_others(
    ask, method, path, headers
):
    answer = ask.request(method, path, headers={"Origin": "http://localhost:8000", **headers})
    for name, value in security.HEADERS.items():
        assert answer.headers[name] == value
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "http" not in policy
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "server" not in answer.headers


def test_a_preflight_is_not_granted(ask):
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    assert ask.options("/api/classify", headers=asked).status_code == 403


def test_at_an_open_address_digits_are_ours_and_names_are_not():
    """A name could be anybody's; digits cannot be rebound."""
    opened = Secured(None, ["localhost", "lab"], addresses=True)
    assert all(map(opened.is_ours, ["10.0.0.7:8000", "[fe80::1]:8000", "lab:8000", "LAB"]))
    assert not any(map(opened.is_ours, ["evil.example", "10.0.0.7.evil.example", "1.2.3"]))
    closed = Secured(None, ["localhost"])
    assert not closed.is_ours("10.0.0.7")


def test_parts_of_hosts_and_origins():
    assert [hostname(h) for h in ("a:1", "[::1]:2", "A", "a:b")] == ["a", "::1", "a", None]
    assert same_origin("http://A:1", "a:1") and not same_origin("ftp://a:1", "a:1")
