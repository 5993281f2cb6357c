"""A server as a process of its own, on a free port: many, slow and rude clients, and its end."""

import asyncio
import json
import re
import signal
import socket
import sys
import time
from contextlib import contextmanager, suppress

import pytest

from tests.commands.command_line import finish, start
from tests.serving.little import classifier, language, until

pytest.importorskip("uvicorn", reason="needs the extra serve")
from minillm.serving.connection import CONNECTIONS
from minillm.serving.server import listening

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and /proc are POSIX")
TIMEOUT = 1.0  # seconds that a client has


@contextmanager
def running(file, *options):
    """The command, once its model is there; its process and its port."""
    process = start("serve", file, "--port", 0, *options)
    try:
        line = process.stdout.readline().decode()
        port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/  \(Ctrl-C ends\)\n", line)[1])
        while b" 200 " not in spoken(port, request("GET", "/health")):
            time.sleep(0.02)
        yield process, port
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A classifier that is asked by clients which have one second."""
    file = tmp_path_factory.mktemp("served") / "classifier.safetensors"
    classifier().save(file)
    with running(file, "--timeout", TIMEOUT, "--max-bytes", 2000) as found:
        yield found
        assert found[0].poll() is None  # nothing has brought it down


@pytest.fixture
def port(server):
    """Where it listens."""
    return server[1]


def request(method, path, body=b"", *, host="localhost", length=None):
    """The bytes of a request."""
    length = len(body) if length is None else length
    kind = "Content-Type: application/json\r\n" if method == "POST" else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{kind}Content-Length: {length}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def rest_of(connection):
    """All that comes until the other side closes."""
    found = b""
    with suppress(ConnectionError):
        while part := connection.recv(65_536):
            found += part
    return found


def spoken(port, sent):
    """What comes back."""
    with connect(port) as connection:
        connection.sendall(sent)
        return rest_of(connection)


ASK = request("POST", "/api/classify", b'{"text": "the film was good"}')


def answers(port):
    """Whether it still does what it is there for."""
    found = spoken(port, ASK)
    assert found.startswith(b"HTTP/1.1 200 "), found
    return json.loads(found.partition(b"\r\n\r\n")[2])["label"]


async def nodelay_of(at):
    """Whether a connection that is accepted there sends each part of an answer at once."""
    found = asyncio.get_running_loop().create_future()

    class Accepted(asyncio.Protocol):
        def connection_made(self, transport):
            accepted = transport.get_extra_info("socket")
            found.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            transport.close()

    async with await asyncio.get_running_loop().create_server(Accepted, sock=at):
        _, writer = await asyncio.open_connection(*at.getsockname()[:2])
        try:
            return await asyncio.wait_for(found, 10)
        finally:
            writer.close()


def test_no_part_of_an_answer_waits_until_the_part_before_is_confirmed():
    with listening("127.0.0.1", 0) as at:
        assert asyncio.run(nodelay_of(at))


@pytest.mark.guide("G64")
def test_two_hundred_connections_at_once_are_all_answered(port):
    connections = [connect(port) for _ in range(200)]
    for connection in connections:
        connection.sendall(ASK)
    found = [rest_of(connection) for connection in connections]
    codes = {int(one.split()[1]) for one in found}
    assert codes <= {200, 503} and sum(b"200 OK" in one for one in found) >= 64
    assert all(b"retry-after: 1" in one for one in found if b" 503 " in one)
    labels = {json.loads(one.partition(b"\r\n\r\n")[2]).get("label") for one in found}
    assert len(labels - {None}) == 1
    for connection in connections:
        connection.close()
    assert answers(port)


SLOW = {  # what is sent, then nothing, or a byte from time to time
    "nothing": b"",
    "half a head": b"POST /api/classify HTTP/1.1\r\nHost: localhost\r\n",
    "no body": request("POST", "/api/classify", length=100),
    "half a body": request("POST", "/api/classify", b'{"text": ', length=100),
}


def test_slow_clients_are_ended_all_at_once_and_the_others_are_answered(port):
    began = time.monotonic()
    connections = {name: connect(port) for name in SLOW}
    for name, connection in connections.items():
        connection.sendall(SLOW[name])
    trickle = connect(port)
    for byte in b"GET /he":  # slower than a request may be, and never silent for long
        trickle.sendall(bytes([byte]))
        time.sleep(0.1)
    assert answers(port)
    found = {name: rest_of(connection) for name, connection in connections.items()}
    assert rest_of(trickle) == b""
    assert time.monotonic() - began < 8 * TIMEOUT
    assert found["nothing"] == found["half a head"] == b""
    for name in ("no body", "half a body"):
        assert found[name].startswith(b"HTTP/1.1 408 ") and b"to arrive" in found[name]
    for connection in (trickle, *connections.values()):
        connection.close()


RUDE = {
    "not http": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 9 + b"\r\n\r\n", b"400"),
    "a long head": (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n", b"400"),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 40_000 + b"\r\n", b"400"),
    "no host": (b"GET / HTTP/1.0\r\n\r\n", b"400"),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", b"400"),
    "two lengths": (ASK.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n", 1), b"400"),
    "a foreign host": (request("GET", "/", host="evil.example"), b"403"),
    "a path outside": (request("GET", "/../../../etc/passwd"), b"404"),
    "a proxy's path": (request("GET", "http://evil.example/health"), b"404"),
    "a negative length": (request("POST", "/api/classify", length=-5), b"400"),
}


@pytest.mark.parametrize("name", RUDE)
def test_what_is_no_request_of_ours_is_refused(port, name):
    sent, code = RUDE[name]
    with connect(port) as connection:
        with suppress(ConnectionError):  # it did not read to the end
            connection.sendall(sent)
        found = rest_of(connection)
    assert b"root:" not in found
    if len(sent) > 50_000 and found == b"":
        return  # it was reset while it was being sent
    head, _, body = found.partition(b"\r\n\r\n")
    assert head.split()[1] == code and b"nosniff" in head, found[:200]
    assert b"application/json" in head and json.loads(body)["error"]


def body_of(found):
    """The JSON of an answer."""
    return json.loads(found.partition(b"\r\n\r\n")[2])


@posix
def test_a_connection_too_many_is_told_so_in_json_and_to_come_again(tmp_path):
    classifier().save(tmp_path / "model.safetensors")
    with running(tmp_path / "model.safetensors") as (_, port):
        others = [connect(port) for _ in range(CONNECTIONS)]
        found = spoken(port, ASK)
        for connection in others:
            connection.close()
        assert found.startswith(b"HTTP/1.1 503 ") and b"retry-after: 1" in found
        assert b"nosniff" in found and "too many connections" in body_of(found)["error"]


def memory_of(process):
    """Megabytes of a process."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def sent_in_vain(port, head, data):
    """Send until the other side has had enough; what it says."""
    with connect(port) as connection:
        with suppress(ConnectionError):
            connection.sendall(head)
            for _ in range(10):
                connection.sendall(data)
        return rest_of(connection)


@posix
def test_ten_megabytes_are_refused_without_being_kept(server):
    process, port = server
    announced = request("POST", "/api/classify", length=10_000_000)
    chunked = announced.replace(b"Content-Length: 10000000", b"Transfer-Encoding: chunked")
    answers(port)
    before = memory_of(process)
    for _ in range(3):
        for head, data in (
            (announced, b" " * 1_000_000),
            (chunked, b"f4240\r\n" + b" " * 1_000_000 + b"\r\n"),
        ):
            found = sent_in_vain(port, head, data)
            assert found.startswith(b"HTTP/1.1 413 "), found[:100]
    assert answers(port)
    assert memory_of(process) - before < 8


@pytest.mark.slow
def test_answers_that_nobody_takes_are_given_up_and_their_connections_closed(tmp_path):
    """Pipelined, so that they fill every buffer on the way and the server cannot write on."""
    file = tmp_path / "classifier.safetensors"
    classifier().save(file)
    asked = request("GET", "/page.js").replace(b"Connection: close\r\n", b"")
    with running(file, "--timeout", 0.5) as (process, port), connect(port) as connection:
        connection.settimeout(10)
        with pytest.raises(ConnectionError):
            for _ in range(1000):
                connection.sendall(asked * 100)
        assert process.poll() is None and b" 200 " in spoken(port, request("GET", "/health"))


@posix
def test_ctrl_c_ends_it_in_one_line_in_the_middle_of_a_text(tmp_path):
    file = tmp_path / "language.safetensors"
    language(max_length=3000).save(file)
    with running(file, "--max-tokens", 2000) as (process, port):
        body = b'{"text": "a", "length": 2000, "stream": true, "stop": ["zzz"]}'
        connection, idle = connect(port), connect(port)
        connection.sendall(request("POST", "/api/generate", body))
        assert connection.recv(12) == b"HTTP/1.1 200"
        process.send_signal(signal.SIGINT)
        ended = finish(process)
        connection.close(), idle.close()
    assert (ended.code, ended.err.strip()) == (130, "minillm serve: stopped")


WAIT = b'{"text": "d", "length": 6000, "greedy": true}'  # takes seconds
FLOW = WAIT.replace(b"}", b', "stream": true}')


@posix
def test_whoever_waits_when_the_server_ends_is_told_so(tmp_path):
    """Those that wait for a text, one that is being written, and one that has not all arrived."""
    file = tmp_path / "language.safetensors"
    language(max_length=9000).save(file)
    options = ("--max-tokens", 6000, "--batch", 1, "--queue", 100)
    with running(file, *options) as (process, port):
        flowing = connect(port)
        flowing.sendall(request("POST", "/api/generate", FLOW))
        begun = flowing.recv(12)
        arriving = connect(port)
        arriving.sendall(request("POST", "/api/generate", b'{"text": ', length=100))
        waiting = [connect(port) for _ in range(50)]
        for connection in waiting:
            connection.sendall(request("POST", "/api/generate", WAIT))
        until(lambda: body_of(spoken(port, request("GET", "/health")))["waiting"] == len(waiting))
        process.send_signal(signal.SIGTERM)
        found = [rest_of(connection) for connection in (arriving, *waiting)]
        flow = begun + rest_of(flowing)
        for connection in (flowing, arriving, *waiting):
            connection.close()
        process.wait(10)
    for one in found:
        assert one.startswith(b"HTTP/1.1 503 ") and b"retry-after: 1" in one, one[:200]
        assert "ending" in body_of(one)["error"]
    assert flow.startswith(b"HTTP/1.1 200") and b'"error": "the server is ending"' in flow
