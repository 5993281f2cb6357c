import pytest

from tests.tasks.translation.little import LEARNS, train


@pytest.fixture(scope="session")
def learned():
    """A training on the little language that has learned it."""
    training, _ = train(settings=LEARNS)
    return training
