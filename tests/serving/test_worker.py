"""What waits is answered together, and each answer is the one it would be alone."""

import pytest

from minillm.backend import stream
from minillm.models.decoding import filtering, sampling
from minillm.serving import Limits, Refused, Worker, served
from tests.serving.little import TEXTS, Held, Told, classifier, language, until, working

CASES = [
    *[(classifier, kind) for kind in ("tokens", "attention", "classify")],
    *[(language, kind) for kind in ("tokens", "attention", "next")],
    (lambda: classifier("gpt"), "attention"),
    (lambda: classifier("gpt"), "classify"),
]


def submit(worker, kind, rows):
    told = [Told(kind, **row) for row in rows]
    for one in told:
        worker.submit(one.job)
    return told


def same(one, other):
    """Equal but for the last digit of a probability."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            same(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            same(*pair)
    elif isinstance(one, float):
        assert abs(one - other) <= 2e-4 and one == pytest.approx(other, abs=2e-4)
    else:
        assert one == other


@pytest.mark.guide("G64")
@pytest.mark.parametrize(("make", "kind"), CASES)
def test_a_batch_gives_each_request_the_answer_that_it_gets_alone(make, kind):
    held = Held(served(make(), Limits()))
    rows = [{"text": text} for text in TEXTS]
    with working(held) as worker:
        first = submit(worker, kind, rows[:1])
        assert held.busy.wait(10)
        together = [*first, *submit(worker, kind, rows[1:])]
        held.go.set()
        found = [one.answer() for one in together]
        assert held.batches == [1, len(rows) - 1]
        alone = [submit(worker, kind, [row])[0].answer() for row in rows]
    assert [what for what, _ in found] == ["done"] * len(rows)
    for (_, one), (_, other) in zip(found, alone, strict=True):
        same(one, other)
    lengths = {len(one["tokens"]) for _, one in found}
    assert len(lengths) > 2  # there was something to pad


WRITTEN = [
    {"text": "the film", "greedy": True, "length": 9},
    {"text": "a", "seed": 5, "temperature": 0.9, "length": 14},
    {"text": "good plays are", "seed": 6, "top_k": 3, "length": 3},
    {"text": "", "seed": 7, "top_p": 0.8, "repetition_penalty": 1.5, "length": 12},
    {"text": "not very", "seed": 8, "min_p": 0.05, "length": 10, "stop": ["a", "e"]},
]


def texts_of(told):
    return [(one.answer()[1]["text"], one.answer()[1]["stopped"]) for one in told]


@pytest.mark.guide("G64")
def test_texts_that_are_written_side_by_side_are_those_that_are_written_alone():
    held = Held(served(language(), Limits()))
    with working(held) as worker:
        first = submit(worker, "next", [{"text": "a"}])
        assert held.busy.wait(10)
        together = submit(worker, "generate", WRITTEN)
        held.go.set()
        first[0].answer()
        found = texts_of(together)
        writing = [one.events for one in together]
        alone = [texts_of(submit(worker, "generate", [row]))[0] for row in WRITTEN]
    assert found == alone and len({text for text, _ in found}) == len(WRITTEN)
    for events, row, (text, stopped) in zip(writing, WRITTEN, found, strict=True):
        tokens = [content for what, content in events if what == "token"]
        assert "".join(one["piece"] for one in tokens) == text
        assert events[-1][0] == "done" and events[-1][1]["count"] == len(tokens)
        assert len(tokens) <= row["length"] and (stopped or len(tokens) == row["length"])


def test_a_text_is_the_one_that_the_same_seed_writes_elsewhere():
    model = language()
    with working(model) as worker:
        (found,) = texts_of(submit(worker, "generate", [WRITTEN[1]]))
    how = {"choose": sampling(stream(5, "generate")), "filtered": filtering(temperature=0.9)}
    assert found[0] == model.write(["a"], 14, **how)[0][0].text


def test_a_long_prompt_and_a_long_continuation_are_not_put_into_one_batch():
    """Side by side they would need more positions than there are, and both lose their beginning."""
    model = served(language(max_length=20), Limits())
    long, far = {"text": "a" * 17, "length": 2}, {"text": "a", "length": 17}
    questions = [model.question("generate", row) for row in (long, far)]
    assert not model.together("generate", questions)
    assert model.together("generate", questions[:1]) and model.together("generate", questions[1:])
    with working(model) as worker:
        found = texts_of(submit(worker, "generate", [long, far]))
        alone = [texts_of(submit(worker, "generate", [row]))[0] for row in (long, far)]
    assert found == alone


def test_one_that_does_not_fit_forgets_its_beginning_and_does_so_alone():
    model = language(max_length=12)
    row = {"text": "the film", "greedy": True, "length": 20}
    with working(model) as worker:
        (found,) = texts_of(submit(worker, "generate", [row]))
    assert found[0] == model.write(["the film"], 20)[0][0].text


def test_no_batch_is_larger_than_it_may_be_and_the_order_is_kept():
    held = Held(served(classifier(), Limits()))
    with working(held, batch=3) as worker:
        first = submit(worker, "classify", [{"text": "good"}])
        assert held.busy.wait(10)
        rest = submit(worker, "classify", [{"text": text} for text in TEXTS * 2])
        other = submit(worker, "tokens", [{"text": "bad"}])
        held.go.set()
        assert [one.answer()[0] for one in [*first, *rest, *other]] == ["done"] * 12
        assert held.batches == [1, 3, 3, 3, 1, 1]
        assert worker.waiting == 0


def endless(max_length, limits):
    """A language model that never ends a text by itself."""
    model = served(language(max_length=max_length), limits)
    model.end_of = lambda chat: ()
    return model


def test_other_questions_are_answered_while_a_text_is_being_written():
    with working(endless(400, Limits(max_tokens=300)), max_tokens=300) as worker:
        (text,) = submit(worker, "generate", [{"text": "a", "length": 300}])
        other, second = Told("next", text="a"), Told("generate", text="b", length=2)
        seen = {}
        for one in (other, second):
            one.job.tell = lambda *event, one=one: (
                seen.setdefault(one, len(text.events)),
                one.tell(*event),
            )
        until(lambda: text.events)
        worker.submit(other.job), worker.submit(second.job)
        assert [one.answer()[0] for one in (other, second, text)] == ["done"] * 3
        assert 0 < seen[other] < 300 < seen[second] == len(text.events)


def test_beyond_the_queue_requests_are_refused_and_later_taken_again():
    held = Held(served(classifier(), Limits()))
    with working(held, queue=2) as worker:
        (first,) = submit(worker, "classify", [{"text": "good"}])
        assert held.busy.wait(10)
        waiting = submit(worker, "classify", [{"text": "bad"}] * 2)
        with pytest.raises(Refused, match="2 requests wait already") as refused:
            submit(worker, "classify", [{"text": "bad"}])
        assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})
        held.go.set()
        assert [one.answer()[0] for one in (first, *waiting)] == ["done"] * 3
        assert submit(worker, "classify", [{"text": "bad"}])[0].answer()[0] == "done"


def test_what_nobody_waits_for_is_not_computed():
    held = Held(served(classifier(), Limits()))
    with working(held) as worker:
        (first,) = submit(worker, "classify", [{"text": "good"}])
        assert held.busy.wait(10)
        rest = submit(worker, "classify", [{"text": "bad"}] * 3)
        rest[0].job.abandoned = rest[1].job.abandoned = True
        held.go.set()
        first.answer(), rest[2].answer()
        assert held.batches == [1, 1] and worker.waiting == 0
        assert rest[0].events == []


def test_what_was_given_up_after_it_was_checked_is_left_out_of_its_batch():
    model, limits = served(classifier(), Limits()), Limits()
    worker = Worker(lambda: model, limits)
    worker.served = model  # its thread is this one
    told = submit(worker, "classify", [{"text": "bad"}] * 3)
    worker.gather(wait=False)
    told[1].job.abandoned = True
    worker.round(model)
    assert [len(one.events) for one in told] == [1, 0, 1] and worker.waiting == 0


def test_a_text_that_nobody_waits_for_is_not_written_on():
    with working(endless(600, Limits(max_tokens=500)), max_tokens=500) as worker:
        (text,) = submit(worker, "generate", [{"text": "a", "length": 500}])
        until(lambda: text.events)
        text.job.abandoned = True
        until(lambda: worker.writing is None)
        assert len(text.events) < 500 and not text.over.is_set()


def test_one_that_is_refused_or_fails_spoils_none_of_its_batch(capsys):
    model = served(classifier(), Limits())
    held, classes = Held(model), model.classes

    def failing(questions):
        if any("dull" in one.reading.shown for one in questions):
            raise ValueError("planted")
        return classes(questions)

    model.classes = failing
    with working(held) as worker:
        submit(worker, "classify", [{"text": "good"}])
        assert held.busy.wait(10)
        asked = [{"text": "bad"}, {"text": ""}, {"text": "dull"}, {"text": "good"}]
        rest = submit(worker, "classify", asked)
        held.go.set()
        told = [one.answer() for one in rest]
    assert [what for what, _ in told] == ["done", "refused", "refused", "done"]
    assert (told[1][1].status, told[2][1].status) == (422, 500)
    assert "planted" in str(told[2][1]) and "ValueError: planted" in capsys.readouterr().err


def test_before_the_model_is_there_and_after_the_end_nothing_is_taken():
    limits = Limits()
    worker = Worker(lambda: served(classifier(), limits), limits)
    with pytest.raises(Refused, match="still being loaded"):
        worker.submit(Told("classify", text="good").job)
    worker.start()
    until(lambda: worker.served is not None)
    worker.stop()
    with pytest.raises(Refused, match="ending") as refused:
        worker.submit(Told("classify", text="good").job)
    assert refused.value.status == 503


def test_whoever_waits_at_the_end_is_told_so():
    held = Held(served(language(), Limits()))
    with working(held) as worker:
        (first,) = submit(worker, "next", [{"text": "a"}])
        assert held.busy.wait(10)
        rest = submit(worker, "generate", [{"text": "a"}] * 2)
        worker.stopping = True
        held.go.set()
        assert [one.answer()[0] for one in rest] == ["refused"] * 2
        assert first.answer()[0] == "done"


def test_a_model_that_cannot_be_loaded_is_told():
    told = []
    worker = Worker(lambda: 1 / 0, Limits(), lambda: told.append(worker.error))
    worker.start()
    worker.thread.join(10)
    assert isinstance(told[0], ZeroDivisionError)
    with pytest.raises(Refused):
        worker.submit(Told("classify", text="good").job)
