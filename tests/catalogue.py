"""What must happen on bad input and faults: numbered items.

A test that sees to an item is marked ``@pytest.mark.fault(16)``; a call that must be refused has
``fault=16`` in the table of ``tests/ops/samples.py``.
"""

from typing import NamedTuple


class Item(NamedTuple):
    """What must happen, and what of it is left open, with the reason."""

    expected: str
    open: str = ""


IDS_AND_BATCHES = {
    1: Item("an id beyond the vocabulary is an IndexError with the id, its place and the size"),
    2: Item("a negative id does not mean a row from the end"),
    3: Item("float ids are a TypeError"),
    4: Item("a mask in the place of ids is one"),
    5: Item("ids of one byte index a large table"),
    6: Item("ragged ids are a ValueError with their lengths"),
    7: Item("a target class that does not exist"),
    8: Item("target -1 is not a class, unless it is the ignored one"),
    9: Item("a loss without any target is 0 with zero gradients"),
    10: Item("targets (N, 1) do not spread over (N,)"),
    11: Item("a batch of no sentences flows through: loss 0, zero gradients"),
    12: Item("a sentence of length 0 is refused by models and looks up nothing in a table"),
    13: Item("a sentence longer than the table of positions is refused with both lengths"),
    14: Item("a segment that does not exist"),
    15: Item("mask and ids of two shapes"),
}

MASKS_AND_NUMBERS = {
    16: Item("a query that may attend to nothing gives zeros, and poisons nothing"),
    17: Item("the mean over no real position is 0, and so is its gradient"),
    18: Item("masks are boolean; numbers are refused"),
    19: Item("True = may attend"),
    20: Item("what is masked does not leak, not even NaN"),
    21: Item(
        "a NaN logit shows in the loss, and training stops",
        open="not built yet: a mode that names the op in which the first NaN arose",
    ),
    22: Item("logits of any finite size have a finite loss and gradient; -inf rules a class out"),
    23: Item("softmax along an empty axis is refused"),
    24: Item("sums of float16 are added up in float32"),
    25: Item("what float16 counts, sums and squares inside an op does not overflow"),
    26: Item(
        "slopes at the edge of a domain are infinite, beyond it values are NaN, without warnings"
    ),
    27: Item("where() cannot hide a bad branch from the gradient; the safe pattern is shown"),
    28: Item("division by 0 is infinite, with the array library's warning; integers are float32"),
    29: Item("integers become float32 before anything is differentiated"),
    30: Item("arrays promote as in NumPy, scalars never"),
    31: Item("complex numbers, text, dates and objects are a TypeError in every op"),
    32: Item("a warning of NumPy fails a test"),
}

SHAPES_AND_LAYOUT = {
    33: Item("inner sizes of a product"),
    34: Item("shapes that do not broadcast"),
    35: Item("a weight the wrong way round is told so"),
    36: Item("gain and bias of another width"),
    37: Item("parts that cannot be joined are named by their place; so is an empty list"),
    38: Item("another number of elements, and two free sizes"),
    39: Item("axes that repeat or do not exist"),
    40: Item("an axis that is not an integer is a TypeError in every op"),
    41: Item("a boolean index of another length"),
    42: Item("the memory layout changes no number"),
    43: Item("every op takes a number without axes, or refuses it in words"),
    44: Item("every op takes arrays without elements, or refuses them in words"),
    45: Item("no op writes into its input"),
    46: Item("lists become float32; None is a TypeError, and so is a Tensor"),
    47: Item("gradients of two leaves are two arrays"),
    48: Item("an array on the left of an operator does not lose the graph"),
    49: Item("the truth of many elements is an error"),
}

GRAPH = {
    50: Item("backward from many elements asks for a gradient"),
    51: Item("a gradient of another shape or dtype"),
    52: Item("backward with nothing recorded"),
    53: Item("a second backward is an error unless the graph was kept, and never a wrong number"),
    54: Item(
        "what a graph holds cannot be changed unnoticed by assignment or +=",
        open="writing into single elements, x.data[0] = 1, goes unnoticed: Tensor.data says so",
    ),
    55: Item("x += 1 makes a new tensor and leaves the leaf alone; a Parameter refuses it"),
    56: Item("10,000 ops in a row: forward, backward and release"),
    57: Item("y = y + y 60 times"),
    58: Item("a shared expression collects all its shares first"),
    59: Item("a cycle is an error, not a hang"),
    60: Item("300 steps need no more memory than a few; no graph needs the garbage collector"),
    61: Item("no_grad ends with its block, also after an error, nested, or around a generator"),
    62: Item("every thread has its own mode"),
    63: Item("graphs in several threads give the serial gradients"),
    64: Item("a parameter in two places gets the sum"),
    65: Item("an optimiser leaves a parameter without gradient alone"),
    66: Item("an error inside a rule names the op and leaves no half-written gradient"),
    67: Item("a rule with a wrong answer is named"),
    68: Item("Ctrl-C inside backward spoils no gradient, and the next step is right"),
    69: Item("a graph goes on in a forked process; pickling one is a TypeError"),
}

LAYERS = {
    70: Item("dropout outside [0, 1)"),
    71: Item("heads that do not divide the width; sizes below 1"),
    72: Item(
        "an unknown name is refused beside the known ones; activations are functions, not names"
    ),
    73: Item("an unknown key in a stored description is named"),
    74: Item("evaluation switches dropout off everywhere below"),
    75: Item("there is no super().__init__() that could be forgotten"),
    76: Item("a shared parameter is counted, saved and stepped once"),
    77: Item("lists of modules are found; where none would be found is an error"),
    78: Item("a state that does not fit lists all misfits and changes nothing"),
    79: Item("settings of text generation", open="not built yet: generation"),
    80: Item("a cache of another batch is refused and left as it was"),
}

TRAINING = {
    81: Item("rates, betas, eps and decays that make no sense"),
    82: Item("no parameters, a used-up iterator, one parameter twice"),
    83: Item("the state of another optimiser changes nothing"),
    84: Item("clipping shows a NaN in the norm; without gradients or a positive bound it refuses"),
    85: Item("divergence stops with the step; the last checkpoint is kept"),
    86: Item("a warm-up that leaves no step is refused; beyond the last step the rate stays"),
    87: Item("the last, smaller window of accumulated batches takes the mean of what is there"),
    88: Item("a resumed run ends at the bits of the uninterrupted one"),
    89: Item("resuming with other settings or data is refused with the differences"),
    90: Item(
        "one seed gives one result: in this process, another one, with another hash seed",
        open="no promise across numbers of BLAS threads, and so no test",
    ),
    91: Item("Ctrl-C keeps the checkpoint and exits with 130"),
    92: Item("SIGTERM keeps it too"),
}

CATALOGUE: dict[int, Item] = {
    **IDS_AND_BATCHES,
    **MASKS_AND_NUMBERS,
    **SHAPES_AND_LAYOUT,
    **GRAPH,
    **LAYERS,
    **TRAINING,
}
