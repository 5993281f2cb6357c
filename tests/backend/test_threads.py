import pytest
import threadpoolctl

from minillm.backend.threads import VARIABLES, limit_threads


@pytest.fixture
def asked(monkeypatch):
    """What the thread pools are asked for; nothing is really changed."""
    calls = []
    monkeypatch.setattr(threadpoolctl, "threadpool_limits", lambda **wanted: calls.append(wanted))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return calls


def test_blas_is_asked_for_that_many_threads(asked):
    limit_threads(3)
    assert asked == [{"limits": 3, "user_api": "blas"}]


@pytest.mark.parametrize("name", VARIABLES)
def test_a_number_in_the_environment_goes_first(name, asked, monkeypatch):
    monkeypatch.setenv(name, "4")
    limit_threads(1)
    assert asked == []


@pytest.mark.parametrize("threads", [0, -1])
def test_less_than_one_thread_is_refused_whatever_the_environment_says(threads, monkeypatch):
    monkeypatch.setenv(VARIABLES[0], "1")
    with pytest.raises(ValueError, match=f"--threads must be at least 1, got {threads}"):
        limit_threads(threads)
