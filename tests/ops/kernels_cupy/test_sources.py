"""The texts in CUDA C: short, launched, and with the same constants as their launchers."""

import re
from importlib.resources import files

import pytest

from minillm.ops.kernels_cupy import attentions, dropouts, launching, normalizations
from tests.benchmarks.cuda_kernels import names
from tests.cuda_on_host.compiler import kernels_of

FOLDER = files("minillm.ops.kernels_cupy")
TEXTS = {name: (FOLDER / f"{name}.cu").read_text(encoding="utf-8") for name in [*names(), "block"]}


def constant(name, text):
    """The number that a text defines under a name."""
    (number,) = re.findall(rf"#define {name} (\d+)\b", TEXTS[text])
    return int(number)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_short_and_begins_by_saying_what_it_computes(name):
    lines = TEXTS[name].splitlines()
    assert len(lines) <= 250
    assert max(map(len, lines)) <= 100
    assert lines[0].startswith("// ")
    assert name == "block" or re.search(r"^//   .* = ", TEXTS[name], re.M) or name == "dropout"


def test_launchers_have_the_constants_of_their_texts():
    assert constant("BLOCK", "block") == launching.BLOCK
    assert constant("ROWS", "layer_norm") == normalizations.ROWS
    assert constant("TILE", "attention") == attentions.TILE
    assert attentions.TILE**2 == launching.BLOCK  # a thread for each score of a tile
    pattern = r"#define WIDEST \(sizeof\(real\) == 4 \? (\d+) : (\d+)\)"
    widest = re.search(pattern, TEXTS["attention"])
    assert {"f": int(widest[1]), "d": int(widest[2])} == attentions.WIDEST
    assert f"0x{dropouts.MULTIPLIER:x}ull" in TEXTS["dropout"]


def test_every_kernel_is_launched_and_none_has_the_name_of_another():
    launchers = [p for p in FOLDER.iterdir() if p.name.endswith(".py")]
    code = "\n".join(p.read_text(encoding="utf-8") for p in launchers)
    found = [kernel for text in TEXTS.values() for kernel in kernels_of(text)]
    assert len(found) == len({*found})
    for kernel in found:
        named = f'"{kernel}"' in code or re.search(r"_(forward|backward)$", kernel)
        assert named or kernel == "adam", kernel  # NAME_forward is put together from its op's name


def test_no_kernel_adds_up_in_an_order_that_differs_from_run_to_run():
    assert not re.search("atomic", "\n".join(TEXTS.values()).replace("no atomics", ""))
