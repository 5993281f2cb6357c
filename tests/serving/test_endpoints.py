"""Every path, and what is answered to a request that cannot be answered."""

import gc
import json
import threading
import time
import tracemalloc

import numpy as np
import pytest

from minillm.course import assets
from minillm.serving import Limits, ending, served
from minillm.text.documents import Message
from tests.serving.little import Held, classifier, client, language, until

KINDS = {
    "classifier": (classifier, {"tokens", "attention", "classify"}),
    "gpt classifier": (lambda: classifier("gpt"), {"tokens", "attention", "classify"}),
    "language": (language, {"tokens", "attention", "next", "generate"}),
}
TWO = [(language, "next"), (language, "generate")]
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def labels():
    with client(classifier()) as found:
        yield found


@pytest.fixture(scope="module")
def writes():
    with client(language()) as found:
        yield found


@pytest.mark.guide("G64")
@pytest.mark.parametrize("name", KINDS)
def test_a_model_answers_what_it_can_and_404_to_what_it_cannot(name):
    make, kinds = KINDS[name]
    with client(make()) as ask:
        about = ask.get("/api/model").json()
        assert {*about["can"]} == kinds and about["layers"] == about["heads"] == 2
        for kind in ("tokens", "attention", "classify", "next", "generate"):
            answer = ask.post(f"/api/{kind}", json={"text": "very good"})
            assert answer.status_code == (200 if kind in kinds else 404), answer.text
            assert ("tokens" in answer.json()) == (kind in kinds)


def test_the_answers_are_those_of_the_library(labels, writes):
    text, model = "the film was very dull", classifier()
    found = labels.post("/api/classify", json={"text": text}).json()
    p = model.predict_probabilities([text])[0]
    assert {c["label"]: c["p"] for c in found["classes"]} == pytest.approx(
        dict(zip(model.labels.names, p.tolist(), strict=True)), abs=1e-5
    )
    assert found["label"] == model.predict([text])[0] == found["classes"][0]["label"]
    assert [t["text"] for t in found["tokens"]] == ["[CLS]", *text.split(), "[SEP]"]
    found = writes.post("/api/next", json={"text": "the", "count": 3}).json()
    expected = language().next_tokens("the", 3)
    assert [one["text"] for one in found["next"]] == [token for token, _ in expected]
    assert [one["p"] for one in found["next"]] == pytest.approx([p for _, p in expected], abs=1e-5)
    assert sum(one["p"] for one in found["next"]) + found["others"] == pytest.approx(1, abs=1e-4)


def test_attention_is_that_of_the_layer_that_is_asked_for(labels):
    text, model = "a good play", classifier()
    ids = model.encoder([text])[0][None]
    model.model.eval()
    layers = [*model.model.bert.attention_weights(ids, ids >= 0)]
    for layer, weights in enumerate(layers):
        found = labels.post("/api/attention", json={"text": text, "layer": layer}).json()
        assert found["layer"] == layer and len(found["heads"]) == 2
        assert abs(weights[0] - found["heads"]).max() < 1e-4
    last = labels.post("/api/attention", json={"text": text}).json()
    assert last["layer"] == 1


def test_an_unknown_word_is_shown_as_it_was_typed(labels):
    tokens = labels.post("/api/tokens", json={"text": "good 饺子"}).json()["tokens"]
    assert [(t["text"], t["known"]) for t in tokens[1:-1]] == [
        ("good", True), ("饺", False), ("子", False),
    ]  # fmt: skip


def test_a_text_comes_token_by_token_if_wanted_and_is_the_same(writes):
    asked = {"text": "the", "seed": 3, "length": 8, "temperature": 0.7}
    whole = writes.post("/api/generate", json=asked).json()
    answer = writes.post("/api/generate", json={**asked, "stream": True})
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[-1]["done"] is True and lines[-1]["text"] == whole["text"]
    assert "".join(line["piece"] for line in lines[:-1]) == whole["text"]
    assert [line["token"] for line in lines[:-1]] == whole["tokens"]
    assert all(0 < one["p"] <= 1 for one in whole["tokens"])


def test_a_message_is_answered_only_by_a_model_with_a_template(writes):
    answer = writes.post("/api/generate", json={"text": "the", "chat": True})
    assert answer.status_code == 422 and "no template" in answer.json()["error"]


def test_a_message_is_answered_as_the_template_writes_it():
    model = assets.load("gpt")
    template, said = model.template, [Message("user", "is it good?")]
    ids = template.encode(said, model.tokenizer, model.vocabulary, ask=True)
    end = model.vocabulary.token_to_id[template.end]
    expected = "".join(model.stream(ids, 9, stop_ids=[end]))
    with client(model) as ask:
        asked = {"text": said[0].content, "chat": True, "greedy": True, "length": 9}
        assert ask.post("/api/generate", json=asked).json()["text"] == expected
        plain = ask.post("/api/generate", json={**asked, "chat": False}).json()["text"]
    assert plain != expected


BODIES = {  # what is sent -> status, and what is said
    b"": (400, "not JSON"),
    b"{": (400, "line 1, column 2"),
    b'{"text": "a"} x': (400, "not JSON"),
    b"[1]": (400, 'must be an object such as {"text": "..."}, got [1]'),
    b'[true, null, "\\ud800"]': (400, 'got [true, null, "\\ud800"]'),
    b'"text"': (400, "must be an object"),
    b"null": (400, "must be an object"),
    b'{"text": "\xff"}': (400, "not UTF-8: byte 10"),
    '{"text": "a"}'.encode("utf-16"): (400, "not UTF-8"),
    b"[" * 50_000: (400, "not JSON"),
    b'{"text": ' + b"9" * 5000 + b"}": (400, "not JSON"),
    b"{}": (422, "text must be a text, got nothing"),
    b'{"text": null}': (422, "got nothing"),
    b'{"text": 3}': (422, "got 3"),
    b'{"text": ["a"]}': (422, "must be a text"),
    b'{"text": ""}': (422, "the text is empty"),
    b'{"text": " \\n\\t "}': (422, "the text is empty"),
    b'{"text": "\\ud800"}': (422, "surrogate"),
    b'{"text": "a", "txet": 1}': (
        422,
        '"txet" is not a field of this request; did you mean "text"',
    ),
    b'{"text": "a", "cut": 1}': (422, "cut must be true or false, got 1"),
    b'{"text": true}': (422, "text must be a text, got true"),
    b'{"text": {"a": null}}': (422, 'text must be a text, got {"a": null}'),
    ('{"text": "' + "good " * 15 + '"}').encode(): (422, "17 tokens, at most 16"),
}


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:24].decode("latin-1"))
def test_a_body_that_is_no_question_is_refused_with_its_reason(labels, body):
    status, told = BODIES[body]
    answer = labels.post("/api/classify", content=body, headers=JSON)
    assert (answer.status_code, told in answer.json()["error"]) == (status, True), answer.text


GENERATE = [
    *[("temperature", value) for value in ("NaN", "Infinity", "-1", "0", "1e400", '"1"', "true")],
    *[("temperature", value) for value in ("1e-300", "1e30", "[]", "9" * 400)],
    *[("top_p", value) for value in ("NaN", "0", "-0.1", "1.1")],
    *[("min_p", value) for value in ("-1", "2")],
    *[("repetition_penalty", value) for value in ("0.5", "-Infinity")],
    *[("top_k", value) for value in ("0", "-3", "1.5", "25", "NaN")],
    *[("length", value) for value in ("0", "-1", "129", "1e3", "9" * 400)],
    *[("seed", value) for value in ("-1", "0.5", "9" * 30)],
    *[("stop", value) for value in ('"a"', '[""]', '["a", 1]', '["a","b","c","d","e"]')],
    *[("greedy", '1, "text": "b"'), ("greedy", 'true, "top_k": 2'), ("stream", "2")],
]


@pytest.mark.parametrize(("field", "value"), GENERATE)
def test_a_setting_that_is_no_such_number_is_422(writes, field, value):
    body = f'{{"text": "a", "{field}": {value}}}'.encode()
    answer = writes.post("/api/generate", content=body, headers=JSON)
    assert answer.status_code == 422 and len(answer.json()["error"]) < 200, answer.text
    assert field in answer.json()["error"]


@pytest.mark.parametrize("layer", [-1, 2, 0.5, "0"])
def test_a_layer_that_there_is_not_is_422(labels, layer):
    answer = labels.post("/api/attention", json={"text": "a", "layer": layer})
    assert answer.status_code == 422 and "from 0 to 1" in answer.json()["error"]


def test_a_long_text_is_cut_if_wanted_where_the_model_needs_it_least(labels, writes):
    found = labels.post("/api/tokens", json={"text": "good " * 15 + "bad", "cut": True}).json()
    assert found["cut"] == 2 and len(found["tokens"]) == 16
    assert [t["text"] for t in found["tokens"]][::15] == ["[CLS]", "[SEP]"]
    found = writes.post("/api/next", json={"text": "b" + "a" * 60, "cut": True}).json()
    assert {t["text"] for t in found["tokens"]} == {"a"} and len(found["tokens"]) == 48
    refused = writes.post("/api/next", json={"text": "a" * 60})
    assert refused.status_code == 422 and '"cut": true' in refused.json()["error"]


def test_an_empty_text_is_a_beginning_to_what_writes(writes):
    for kind in ("next", "generate"):
        assert writes.post(f"/api/{kind}", json={"text": ""}).status_code == 200
    assert writes.post("/api/attention", json={"text": ""}).status_code == 422


@pytest.mark.parametrize(
    "text",
    ["\0", "‮ a", "e" + "\u0301" * 50, "🧑‍🚀", "<script>alert(1)</script>", "a\r\nb", "\ufeffa"],
)
def test_no_text_breaks_anything(labels, writes, text):
    for ask, kind in ((labels, "classify"), (labels, "attention"), (writes, "generate")):
        answer = ask.post(f"/api/{kind}", json={"text": text})
        assert answer.status_code in (200, 422), answer.text
        json.loads(answer.text)


def test_a_body_beyond_the_limit_is_refused_while_it_is_read(labels):
    sent = []

    def parts():
        for _ in range(160):
            sent.append(1)
            yield b"x" * 65_536

    announced = labels.post("/api/tokens", content=b"x" * 10_000_000, headers=JSON)
    hidden = labels.post("/api/tokens", content=parts(), headers=JSON)  # in chunks: no length
    for answer in (announced, hidden):
        assert answer.status_code == 413 and "larger than 65536 bytes" in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/api/tokens", 405, {"POST"}),
        ("POST", "/api/model", 405, {"GET", "HEAD"}),
        ("DELETE", "/health", 405, {"GET", "HEAD"}),
        ("POST", "/", 405, {"GET", "HEAD"}),
        ("GET", "/api", 404, None),
        ("GET", "/api/tokens/", 404, None),
        ("GET", "/index.html", 404, None),
        ("GET", "/..%2f..%2fpyproject.toml", 404, None),
        ("GET", "//etc/passwd", 404, None),
        ("GET", "/page.js%00", 404, None),
        ("GET", "/%ff", 404, None),
        ("GET", "/" + "a" * 5000, 404, None),
    ],
)
def test_other_paths_and_methods_are_404_and_405_as_json(labels, method, path, status, allow):
    answer = labels.request(method, path)
    assert answer.status_code == status and answer.json()["error"]
    assert allow is None or {*answer.headers["Allow"].split(", ")} == allow


def test_while_the_model_is_loaded_the_answer_is_503_and_then_it_is_there():
    go = threading.Event()

    def load():
        assert go.wait(10)
        return served(classifier(), Limits())

    with client(load, wait=False) as ask:
        for answer in (
            ask.get("/health"),
            ask.get("/api/model"),
            ask.post("/api/classify", json={"text": "good"}),
        ):
            assert answer.status_code == 503 and answer.headers["Retry-After"] == "1"
            assert "loaded" in answer.json()["error"]
        assert ask.get("/").status_code == 200  # the page is there, and waits
        go.set()
        until(lambda: ask.get("/health").status_code == 200)
        assert ask.post("/api/classify", json={"text": "good"}).status_code == 200


def test_beyond_the_queue_the_answer_is_503_and_says_when_to_come_again():
    held = Held(served(classifier(), Limits()))
    with client(lambda: held, queue=1) as ask:
        answers = {}

        def post(name):
            answers[name] = ask.post("/api/classify", json={"text": "good"})

        threads = [threading.Thread(target=post, args=(n,)) for n in range(2)]
        threads[0].start()
        assert held.busy.wait(10)
        threads[1].start()
        until(lambda: ask.worker.waiting == 1)
        post("late")
        assert answers["late"].status_code == 503 and answers["late"].headers["Retry-After"] == "1"
        held.go.set()
        for thread in threads:
            thread.join(10)
        assert {answers[n].status_code for n in range(2)} == {200}


def test_what_takes_too_long_is_504_and_is_given_up():
    held = Held(served(classifier(), Limits()))
    with client(lambda: held, timeout=0.1) as ask:
        answer = ask.post("/api/classify", json={"text": "good"})
        assert answer.status_code == 504
        held.go.set()


def test_a_text_that_takes_too_long_ends_with_an_error_in_its_last_line():
    model = served(language(max_length=2000), Limits(max_tokens=1000))
    model.end_of = lambda chat: ()
    writing = model.writing

    def slowly(jobs):
        found = writing(jobs)
        step = found.step
        found.step = lambda: (time.sleep(0.02), step())[1]
        return found

    model.writing = slowly
    with client(lambda: model, timeout=0.3, max_tokens=1000) as ask:
        asked = {"text": "a", "length": 1000, "stream": True}
        lines = ask.post("/api/generate", json=asked).text.splitlines()
        assert len(lines) > 2 and "in time" in json.loads(lines[-1])["error"]
        until(lambda: ask.worker.writing is None)


def test_a_failure_of_the_model_is_500_and_the_server_goes_on(capsys):
    model = served(classifier(), Limits())
    classes = model.classes
    model.classes = lambda questions: 1 / 0
    with client(lambda: model) as ask:
        assert ask.post("/api/classify", json={"text": "good"}).status_code == 500
        model.classes = classes
        assert ask.post("/api/classify", json={"text": "good"}).status_code == 200
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize(("make", "kind"), [(classifier, "classify"), *TWO])
def test_a_damaged_model_says_so_and_gives_no_probabilities(make, kind, capsys):
    model = make()
    next(iter(model.model.parameters())).data[:] = np.nan
    with client(model) as ask:
        answer = ask.post(f"/api/{kind}", json={"text": "a"})
    assert answer.status_code == 500 and "NaN" in answer.text.replace("nan", "NaN")


def test_memory_does_not_grow_with_the_number_of_requests():
    with client(classifier()) as ask:

        def many(n):
            for i in range(n):
                ask.post("/api/classify", json={"text": f"good film {i}"})
                ask.post("/api/classify", content=b"{" + b" " * 60_000, headers=JSON)
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        tracemalloc.start()
        try:
            many(2)
            before = many(2)
            assert many(8) - before < 240_000  # the bodies alone were 480,000
        finally:
            tracemalloc.stop()


def test_an_end_does_not_wait_for_a_batch_that_takes_long(monkeypatch):
    monkeypatch.setattr(ending, "SECONDS", 0.05)
    held, answers = Held(served(classifier(), Limits())), []
    with client(lambda: held) as ask:
        thread = threading.Thread(
            target=lambda: answers.append(ask.post("/api/classify", json={"text": "good"}))
        )
        thread.start()
        assert held.busy.wait(10)
        ask.portal.call(ask.ending)
        thread.join(10)
        for answer in (*answers, ask.get("/health"), ask.get("/api/model")):
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
            assert answer.json() == {"error": "the server is ending", "code": "ending"}
        held.go.set()


def test_what_happens_often_has_a_code_and_its_numbers(labels, writes):
    for ask, kind, text, told in (
        (labels, "classify", "", {"code": "empty"}),
        (labels, "classify", "good " * 15, {"code": "too_long", "n": 17, "most": 16}),
        (writes, "next", "a" * 60, {"code": "too_long", "n": 61, "most": 48}),
        (labels, "tokens", "a" * 70_000, {"code": "too_large", "most": 65536}),
    ):
        found = ask.post(f"/api/{kind}", json={"text": text}).json()
        assert found.pop("error") and found == told


def test_a_text_whose_next_token_takes_long_ends_with_an_error_when_the_server_ends(monkeypatch):
    monkeypatch.setattr(ending, "SECONDS", 0.05)
    model = served(language(), Limits())
    writing, slow, go, answers = model.writing, threading.Event(), threading.Event(), []

    def held(jobs):
        found = writing(jobs)
        step, steps = found.step, iter(range(99))
        found.step = lambda: (next(steps) == 2 and (slow.set(), go.wait(10)), step())[1]
        return found

    model.writing = held
    asked = {"text": "d", "length": 9, "greedy": True, "stream": True}
    with client(lambda: model) as ask:
        thread = threading.Thread(
            target=lambda: answers.append(ask.post("/api/generate", json=asked))
        )
        thread.start()
        assert slow.wait(10)
        ask.portal.call(ask.ending)
        thread.join(10)
        go.set()
    *tokens, last = map(json.loads, answers[0].text.splitlines())
    assert last == {"error": "the server is ending", "code": "ending"}
    assert len(tokens) == 2 and all("piece" in line for line in tokens)
