"""What the checks of all lessons share, on answers that students give."""

import numpy as np
import pytest

from minillm.course.content.checks.common import close, parts, shaped
from minillm.course.watching import NotAnswered


@pytest.mark.parametrize("found", [(1, 2), [1, 2]])
def test_an_answer_of_several_parts_may_be_a_tuple_or_a_list(found):
    assert parts(found, "ids", "mask") == (1, 2)


@pytest.mark.parametrize("found", [None, 3, (1,), (1, 2, 3), np.zeros(3), np.zeros(()), "ab"])
def test_an_answer_with_other_parts_is_told_which_are_needed(found):
    with pytest.raises(AssertionError, match="it must return 2 things: ids, mask"):
        parts(found, "ids", "mask")


@pytest.mark.parametrize("found", [..., (1, ...), [..., 2]])
def test_an_answer_with_a_part_that_is_not_written_is_a_stub(found):
    with pytest.raises(NotAnswered):
        parts(found, "ids", "mask")


def test_a_shape_and_a_number_that_are_off_are_told():
    with pytest.raises(AssertionError, match=r"g: the shape is \(2,\), not \(3,\)"):
        shaped("g", [1, 2], (3,))
    with pytest.raises(AssertionError, match=r"g: \[1\.0, 2\.1\] is off"):
        close("g", shaped("g", [1, 2.1], (2,)), np.array([1, 2]))
    close("g", shaped("g", [1, 2 + 1e-9], (2,)), np.array([1, 2]))


def test_of_many_numbers_the_first_that_is_off_is_told_with_its_place():
    found = np.zeros(2000)
    found[[7, 9]] = np.nan, 3
    with pytest.raises(
        AssertionError, match="of 2000 numbers the first that is off stands at 7: nan"
    ):
        close("p", found, np.zeros(2000))


def test_what_is_no_number_is_not_off_by_so_much():
    with pytest.raises(AssertionError, match=r"^g: nan is off  ·  g：nan 不对$"):
        close("g", np.array(np.nan), np.array(1.0))


def test_none_is_no_number():
    with pytest.raises(AssertionError, match="p: None stands for a number"):
        shaped("p", [1.0, None], (2,))
    assert np.isnan(shaped("p", [1.0, np.nan], (2,))[1])
