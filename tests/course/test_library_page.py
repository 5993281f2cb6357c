"""The page for people from NumPy or PyTorch: its code runs, and what its tables say is so."""

import re

import numpy as np
import pytest

import minillm
from minillm import Parameter, Tensor, nn, ops, optim
from minillm.course.places import LESSONS

PAGES = {
    language: LESSONS / folder / "library.md" for language, folder in (("en", ""), ("zh", "zh"))
}


def text_of(language: str) -> str:
    return PAGES[language].read_text(encoding="utf-8")


def code_of(language: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text_of(language), flags=re.DOTALL)


def rows_of(language: str) -> list[list[str]]:
    """The cells of every row of the page's tables, heads and rules left out."""
    lines = [line for line in text_of(language).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_block_runs_after_those_before_it_and_says_what_it_promises(capsys):
    names: dict = {}
    for number, block in enumerate(code_of("en")):
        exec(compile(block, f"library.md, block {number}", "exec"), names)
    printed = capsys.readouterr().out
    losses = [float(found) for found in re.findall(r"loss (\d\.\d+)", printed)]
    assert len(losses) == 3 and losses[0] > 0.5 > 0.1 > losses[-1]
    assert max(map(float, re.findall(r"relative error: (\S+)", printed))) < 1e-6
    assert "forgetful: operand 0: vjp" in printed
    assert "write t.reshape(shape)" in printed and "write ops.exp(t)" in printed
    assert np.allclose(names["at_once"], np.concatenate(names["one_by_one"], axis=1), atol=1e-12)
    assert np.array_equal(names["again"](names["points"]), names["model"](names["points"]))
    assert "34 of 82 numbers are still trained" in printed
    check_the_stages(names, printed)
    told = [float(loss) for loss in re.findall(r": (\S+) nats per held-out token", printed)]
    assert len(told) == 3 and told[-1] < 0.4 and told[-1] < told[0] / 2
    assert names["language"].next_tokens("the dog", 1)[0][0] == " sat"


def check_the_stages(names: dict, printed: str) -> None:
    """Early stop, best weights, and a run that was left and resumed equals one that was not."""
    found = re.findall(r"update (\d+): (\S+) on the held-out points", printed)
    updates, losses = ([float(pair[i]) for pair in found] for i in (0, 1))
    assert updates[-1] < 400 and np.array_equal(np.diff(updates), np.full(len(found) - 1, 10))
    assert losses[-1] > min(losses) == losses[-3]
    uninterrupted = names["new_run"](None)
    assert len(list(uninterrupted.all())) == 50 + updates[-1]
    resumed = names["run"].model.state_dict()
    assert all(np.array_equal(resumed[k], v) for k, v in uninterrupted.model.state_dict().items())
    logits = uninterrupted.model(names["points"][names["held_out"]])
    loss = ops.cross_entropy(logits, targets=names["ring"][names["held_out"]])
    assert np.isclose(float(loss), min(losses), atol=1e-4)


def test_the_first_block_is_a_training_in_twenty_lines():
    assert len([line for line in code_of("en")[0].splitlines() if line.strip()]) <= 20


def test_both_languages_have_the_same_code_and_tables_of_one_shape():
    assert code_of("en") == code_of("zh")
    english, chinese = rows_of("en"), rows_of("zh")
    assert [len(row) for row in english] == [len(row) for row in chinese]
    assert len(english) > 30


@pytest.mark.parametrize("language", PAGES)
def test_what_the_tables_name_exists(language):
    ours = " ".join(row[1] for row in rows_of(language))
    named = set(re.findall(r"\b(ops|nn|optim)\.(\w+)", ours))
    assert len(named) >= 6
    assert [pair for pair in named if not hasattr(getattr(minillm, pair[0]), pair[1])] == []
    words = ("Parameter", "Tensor", "fit", "gradients_of", "no_grad", "to_device")
    assert all(hasattr(minillm, word) for word in words)


def test_what_differs_without_an_error_is_as_the_table_says():
    x = np.arange(24.0).reshape(2, 3, 4)
    t = Tensor(x)
    assert np.array_equal(ops.swapaxes(t, axis1=0, axis2=1).data, x.transpose(1, 0, 2))
    assert np.array_equal(Tensor(x[0]).transpose(0, 1).data, x[0])
    assert np.array_equal(t.max(1).data, x.max(axis=1))
    for ours, theirs in ((t.var, x.var), (t.std, x.std)):
        assert np.allclose(ours(1).data, theirs(axis=1))
        assert np.allclose(ours(1, correction=1).data, theirs(axis=1, ddof=1))


LEFT_OUT = {
    "second derivatives": lambda: ops.exp(Parameter([1.0])).backward(Parameter([1.0])),
    "float16 training": lambda: optim.AdamW([Parameter(np.ones(2, np.float16))]),
    "additive masks": lambda: nn.MultiHeadAttention(4, 2, rng=np.random.default_rng(0))(
        Tensor(np.ones((1, 3, 4), np.float32)), mask=np.zeros((3, 3))
    ),
    "einsum with dots": lambda: ops.einsum("...i->...", np.ones((2, 3))),
    "a letter twice": lambda: ops.einsum("ii->i", np.ones((3, 3))),
    "a setting of theirs": lambda: ops.softmax(np.ones(3), dtype=np.float64),
    "operations in place": lambda: Tensor([1.0]).add_(1.0),
    "NumPy on a tensor": lambda: np.exp(Tensor([1.0])),
}


@pytest.mark.parametrize("what", LEFT_OUT)
def test_what_the_page_calls_left_out_is_refused(what):
    with pytest.raises((TypeError, ValueError, AttributeError, RuntimeError)):
        LEFT_OUT[what]()
