"""All spellings of ``no_grad``, and what it does to generators, coroutines and threads."""

import asyncio
import inspect
import sys
import threading

import numpy as np
import pytest

from minillm.autograd import Parameter, no_grad
from minillm.autograd.grad_mode import is_recording


def doubled(tensor):
    """What it does."""
    return tensor * 2.0


@pytest.mark.parametrize("decorate", [no_grad, no_grad()])
def test_with_and_without_parentheses_a_decorated_function_records_nothing(decorate):
    silent = decorate(doubled)
    assert not silent(Parameter([1.0])).requires_grad
    assert (silent.__name__, silent.__doc__) == ("doubled", "What it does.")
    assert is_recording()


@pytest.mark.parametrize("decorate", [no_grad, no_grad()])
def test_a_decorated_method_gets_its_object(decorate):
    class Layer:
        factor = 3.0

        @decorate
        def forward(self, tensor):
            return tensor * self.factor

        @staticmethod
        @decorate
        def plain(tensor):
            return tensor * 1.0

        @classmethod
        @decorate
        def of_class(cls, tensor):
            return tensor * cls.factor

    for method in (Layer().forward, Layer.plain, Layer.of_class):
        assert not method(Parameter([1.0])).requires_grad


def test_the_class_of_blocks_can_be_entered_without_parentheses_also_inside_itself():
    with no_grad:
        with no_grad, no_grad():
            assert not is_recording()
        assert not is_recording()
    assert is_recording()


@pytest.mark.parametrize("wrong", [3, "f", Parameter, staticmethod(doubled), classmethod(doubled)])
def test_what_is_not_a_function_is_not_decorated(wrong):
    with pytest.raises(TypeError, match="no_grad decorates functions, got"):
        no_grad(wrong)


def test_an_asynchronous_generator_is_refused_with_a_way_out():
    async def numbers():
        yield 1

    with pytest.raises(TypeError, match=r"write `with no_grad\(\):` inside"):
        no_grad(numbers)


def test_a_decorated_generator_still_receives_raises_returns_and_closes():
    seen = []

    @no_grad
    def conversation():
        try:
            try:
                seen.append((yield "first"))
            except KeyError as error:
                seen.append(repr(error))
            seen.append(is_recording())
            yield "second"
            return "result"
        finally:
            seen.append(("closed", is_recording()))

    def delegating():
        seen.append((yield from conversation()))

    talk = conversation()
    next(talk)
    assert talk.send("answer") == "second"
    assert seen == ["answer", False]
    talk.close()
    assert seen[2:] == [("closed", False)]
    talk = conversation()
    next(talk)
    assert talk.throw(KeyError("key")) == "second"
    assert seen[3:] == ["KeyError('key')", False]
    assert list(delegating()) == ["first", "second"]
    assert seen[-1] == "result"
    assert is_recording()


def test_a_coroutine_records_nothing_while_others_in_its_thread_do():
    seen = []

    @no_grad
    async def silent():
        for _ in range(3):
            seen.append(("silent", is_recording()))
            await asyncio.sleep(0)
        return "done"

    async def loud():
        for _ in range(3):
            seen.append(("loud", is_recording()))
            await asyncio.sleep(0)

    async def both():
        return await asyncio.gather(silent(), loud())

    assert inspect.iscoroutinefunction(silent)
    assert asyncio.run(both()) == ["done", None]
    assert sorted(seen) == [("loud", True)] * 3 + [("silent", False)] * 3


@pytest.mark.parametrize("shared", [no_grad, no_grad()])
def test_one_block_entered_by_two_threads_gives_each_its_own_mode_back(shared):
    """Thread A enters, B enters inside another block, A leaves: A must record again, B must not."""
    inside, left = threading.Barrier(2), threading.Barrier(2)
    seen = {}

    def a():
        with shared:
            inside.wait()
        seen["a"] = is_recording()
        left.wait()

    def b():
        with no_grad():
            with shared:
                inside.wait()
                left.wait()
            seen["b"] = is_recording()

    threads = [threading.Thread(target=f) for f in (a, b)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert seen == {"a": True, "b": False}


@pytest.fixture
def impatient_threads():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(work, threads=8):
    """Run ``work`` in several threads that begin together."""
    start = threading.Barrier(threads)
    errors = []

    def run():
        start.wait()
        try:
            work()
        except Exception as error:
            errors.append(error)

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert errors == []


@pytest.mark.parametrize("shape", [(), (1,), (3, 2)])
def test_no_gradient_is_lost_when_many_threads_add_to_one_leaf(shape, impatient_threads):
    leaf = Parameter(np.zeros(shape))

    def work():
        for _ in range(200):
            (leaf * 1.0).backward(np.ones(shape))

    at_once(work)
    assert (leaf.grad == 8 * 200).all()


def test_nodes_made_by_many_threads_have_an_order_without_ties(impatient_threads):
    made = []

    def work():
        made.extend((Parameter([1.0]) * 2.0).node for _ in range(200))

    at_once(work)
    assert len({node.order for node in made}) == len(made)
    assert all(node.order > node.parents[0].order for node in made)
