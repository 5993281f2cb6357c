"""The rows of the ops that move elements: axes, joining, repeating, padding."""

import numpy as np

from tests.ops import naive, naive_shaping
from tests.ops.table import NUMBERS, Row, normal, refused, sample

OPS: dict[str, Row] = {}
SQUARE = np.ones((2, 3))

OPS["swapaxes"] = Row(
    naive_shaping.swapaxes,
    [
        sample(normal(2, 3, 5), axis1=0, axis2=1),
        sample(normal(2, 3, 5), axis1=-1, axis2=-2),
        sample(normal(2, 3, 5), axis1=2, axis2=0),
        sample(normal(2, 3, 5), axis1=np.int64(1), axis2=-1),
        sample(normal(2, 3), axis1=1, axis2=-1),
        sample(normal(7), axis1=0, axis2=0),
        sample(normal(0, 3), axis1=0, axis2=1),
        sample(normal(1, 1), axis1=0, axis2=1),
        sample(np.array([[1e300, -1e300]]), axis1=0, axis2=1, smooth=False, fits=False),
    ],
    [
        refused(
            ValueError, r"swapaxes: axis 2 is out of range.*\(2, 3\)", SQUARE, axis1=0, axis2=2
        ),
        refused(ValueError, r"swapaxes: axis -3 is out of", SQUARE, axis1=-3, axis2=0),
        refused(ValueError, r"out of range for shape \(\)", np.array(1.0), axis1=0, axis2=0),
        refused(TypeError, r"must be an integer, got 1\.0", SQUARE, axis1=0, axis2=1.0),
        refused(TypeError, "must be an integer, got True", SQUARE, axis1=True, axis2=0),
        refused(TypeError, r"must be an integer, got \[0\]", SQUARE, axis1=[0], axis2=0),
    ],
)
OPS["expand_dims"] = Row(
    naive_shaping.expand_dims,
    [
        *(sample(normal(2, 3), axis=axis) for axis in (0, 1, 2, -1, -2, -3)),
        sample(normal(), axis=0),
        sample(normal(), axis=-1),
        sample(normal(0, 3), axis=1),
        sample(np.array([1e300]), axis=0, smooth=False, fits=False),
    ],
    [
        refused(ValueError, "expand_dims: axis 3 is out of range", SQUARE, axis=3),
        refused(ValueError, "expand_dims: axis -4 is out of range", SQUARE, axis=-4),
        refused(TypeError, r"integer, got \(0, 1\)", SQUARE, axis=(0, 1)),
        refused(TypeError, "integer, got False", SQUARE, axis=False),
    ],
)
OPS["squeeze"] = Row(
    naive_shaping.squeeze,
    [
        sample(normal(1, 3, 1), axis=0),
        sample(normal(1, 3, 1), axis=-1),
        sample(normal(2, 1, 3), axis=1),
        sample(normal(2, 1, 3), axis=-2),
        sample(normal(1), axis=0),
        sample(normal(0, 1), axis=1),
        sample(np.array([[1e300]]), axis=0, smooth=False, fits=False),
    ],
    [
        refused(ValueError, r"squeeze: axis 1 of shape \(2, 3\) is not of size 1", SQUARE, axis=1),
        refused(ValueError, r"axis 0 of shape \(0, 1\) is not", np.ones((0, 1)), axis=0),
        refused(ValueError, r"out of range for shape \(\)", np.array(1.0), axis=0),
        refused(TypeError, "integer, got None", np.ones((1, 1)), axis=None),
    ],
)
OPS["flip"] = Row(
    naive_shaping.flip,
    [
        sample(normal(7), axis=0),
        sample(normal(2, 3, 5), axis=1),
        sample(normal(2, 3, 5), axis=-1),
        sample(normal(2, 3, 5), axis=-3),
        sample(normal(2, 1), axis=1),
        sample(normal(0, 3), axis=0),
        sample(normal(0, 3), axis=1),
        sample(np.array([1e300, 0.0]), axis=0, smooth=False, fits=False),
    ],
    [
        refused(ValueError, r"flip: axis 2 is out of range for shape \(2, 3\)", SQUARE, axis=2),
        refused(ValueError, r"out of range for shape \(\)", np.array(1.0), axis=0),
        refused(TypeError, "integer, got None", SQUARE, axis=None),
        *(call._replace(settings={"axis": 0}) for call in NUMBERS),
    ],
)
OPS["broadcast_to"] = Row(
    naive_shaping.broadcast_to,
    [
        sample(normal(), shape=(2, 3)),
        sample(normal(3), shape=(2, 3)),
        sample(normal(2, 1), shape=(2, 3)),
        sample(normal(2, 1, 3), shape=(5, 2, 7, 3)),
        sample(normal(1, 1), shape=(1, 3)),
        sample(normal(2, 3), shape=(2, 3)),
        sample(normal(), shape=()),
        sample(normal(1), shape=(0,)),
        sample(normal(0, 1), shape=(0, 3)),
        sample(np.array([1e300]), shape=(2,), smooth=False, fits=False),
    ],
    [
        refused(ValueError, r"\(2,3\) .*shape \(4,3\)", SQUARE, shape=(4, 3)),
        refused(ValueError, r"more dimensions", SQUARE, shape=(3,)),
        refused(ValueError, r"\(2,3\) .*shape \(2,1\)", SQUARE, shape=(2, 1)),
        refused(ValueError, "non-negative", SQUARE, shape=(-1, 3)),
    ],
)
OPS["stack"] = Row(
    naive_shaping.stack,
    [
        sample(normal(3), normal(3)),
        *(sample(normal(2, 3), normal(2, 3), axis=axis) for axis in (0, 1, 2, -1, -2, -3)),
        sample(normal(2, 3)),
        sample(normal(), normal(), normal()),
        sample(normal(0, 3), normal(0, 3), axis=1),
        sample(normal(1), normal(1), axis=-1),
        sample(np.array([1e300]), np.array([-1e300]), smooth=False, fits=False),
    ],
    [
        refused(ValueError, "stack needs at least one part"),
        refused(
            ValueError,
            r"part 2 is \(3,\), part 0 is \(2, 3\)",
            SQUARE,
            SQUARE,
            np.ones(3),
            fault=37,
        ),
        refused(ValueError, r"part 1 is \(3, 2\)", SQUARE, SQUARE.T),
        refused(ValueError, "stack: axis 3 is out of range", SQUARE, SQUARE, axis=3),
        refused(TypeError, r"integer, got 0\.0", SQUARE, SQUARE, axis=0.0),
        refused(TypeError, "NoneType", SQUARE, None),
    ],
)
OPS["pad"] = Row(
    naive_shaping.pad,
    [
        sample(normal(3), widths=[(1, 2)]),
        sample(normal(2, 3), widths=((0, 0), (2, 0)), value=7.5),
        sample(normal(2, 3), widths=((1, 0), (0, 3)), value=-1e3),
        sample(normal(2, 3), widths=((0, 0), (0, 0))),
        sample(normal(), widths=()),
        sample(normal(0, 3), widths=((1, 1), (0, 0))),
        sample(normal(0, 3), widths=((0, 0), (1, 1)), value=np.float64(2.0)),
        sample(normal(1, 1), widths=((1, 1), (1, 1))),
        sample(np.array([1e300]), widths=[(0, 1)], smooth=False, fits=False),
    ],
    [
        refused(ValueError, r"\(2, 3\) needs 2 pairs .*got \[\(1, 1\)\]", SQUARE, widths=[(1, 1)]),
        refused(ValueError, "none of them negative", SQUARE, widths=((0, 0), (-1, 0))),
        refused(ValueError, r"pairs \(before, after\)", SQUARE, widths=((0, 0), (1,))),
    ],
)
MASK = np.array([[True, False, True], [False, False, True]])
ROWS = np.array([True, False, True])
OPS["take"] = Row(
    naive.take,
    [
        sample(normal(3, 5), index=1),
        sample(normal(3, 5), index=-1),
        sample(normal(3, 5), index=(2, 3)),
        sample(normal(3, 5), index=(slice(None), slice(4, 0, -2))),
        sample(normal(3, 5, 2), index=(..., 1)),
        sample(normal(3, 5), index=(None, 1, slice(None), None)),
        sample(normal(), index=()),
        sample(normal(7), index=slice(3, 3)),
        sample(normal(0, 3), index=(slice(None), 1)),
        sample(normal(3, 5), index=np.array([2, 0, 2, 2])),
        sample(normal(3, 5), index=np.array([[1, 1], [-1, -3]])),
        sample(normal(3, 5), index=(np.array([0, 0, 2]), np.array([4, 4, 1]))),
        sample(normal(3, 5), index=(slice(None), np.array([1, 1]))),
        sample(normal(3, 5), index=np.array([], dtype=np.int64)),
        sample(normal(3, 5), index=np.array(2)),
        sample(normal(3, 5), index=np.array([2, 2], dtype=np.uint8)),
        sample(normal(3, 5), index=(np.int64(1), slice(1, 3))),
        sample(normal(2, 3, 5), index=(np.array([[0], [1]]), slice(None), np.array([4, 4, 0]))),
        sample(normal(2, 3, 5), index=(..., np.array([0, 0]), 2)),
        sample(normal(3, 5), index=(None, np.array([1, 1]), slice(0, 4, 3))),
        sample(normal(1), index=np.zeros((2, 2), dtype=np.int64)),
        sample(normal(3), index=ROWS),
        sample(normal(2, 3), index=MASK),
        sample(normal(2, 3, 5), index=MASK),
        sample(normal(2, 3, 5), index=(slice(None), ROWS)),
        sample(normal(2, 3, 5), index=(..., ROWS, slice(1, None, 2))),
        sample(normal(3, 5), index=(ROWS, 4)),
        sample(normal(3, 5), index=(ROWS, np.array([0, 0]))),
        sample(normal(2, 3, 5), index=(MASK, np.array([1, 1, 3]))),
        sample(normal(3, 5), index=(None, ROWS)),
        sample(normal(3, 5), index=np.zeros(3, dtype=bool)),
        sample(normal(0, 3), index=np.zeros((0, 3), dtype=bool)),
        sample(np.array([1e300, -1e300]), index=np.array([1, 1]), smooth=False, fits=False),
    ],
    [
        refused(IndexError, "index 3 is out of bounds", np.ones(3), index=3),
        refused(IndexError, "index -4 is out of bounds", np.ones(3), index=-4),
        refused(IndexError, "index 7 is out of bounds", np.ones(3), index=np.array([0, 7])),
        refused(IndexError, "boolean index", np.ones(3), index=np.array([True, False]), fault=41),
        refused(IndexError, "boolean index", SQUARE, index=MASK.T),
        refused(IndexError, "too many indices", np.ones(3), index=(0, 0)),
        refused(IndexError, "shape mismatch", SQUARE, index=(np.array([0, 1]), np.arange(3))),
        refused(IndexError, "valid indices", np.ones(3), index=1.5),
        refused(IndexError, "integer", np.ones(3), index=np.array([1.0])),
    ],
)
OPS["take_along_axis"] = Row(
    naive_shaping.take_along_axis,
    [
        sample(normal(3, 5), index=np.array([[4, 4, 0], [1, 2, 3], [0, 0, 0]])),
        sample(normal(3, 5), index=np.array([[2], [0], [4]])),
        sample(normal(3, 5), index=np.array([[2, 2, 0, 1, 0]]), axis=0),
        sample(normal(2, 3, 5), index=np.ones((2, 7, 5), dtype=np.int32), axis=-2),
        sample(normal(7), index=np.array([6, 6], dtype=np.uint8)),
        sample(normal(1, 1), index=np.array([[0, 0]])),
        sample(normal(3, 5), index=np.zeros((3, 0), dtype=np.int64)),
        sample(normal(0, 5), index=np.zeros((0, 2), dtype=np.int64)),
        sample(normal(300, 1), index=np.array([[255], [255], [7]], dtype=np.uint8), axis=0),
        sample(np.array([1e300, 0.0]), index=np.array([0, 0]), smooth=False, fits=False),
    ],
    [
        refused(
            IndexError,
            r"element number 3 at position \(1, 0\) out of range for an axis of 3",
            SQUARE,
            index=np.array([[0], [3]]),
        ),
        refused(
            IndexError, r"element number -1 at position \(0, 1\)", SQUARE, index=[[0, -1], [0, 0]]
        ),
        refused(
            TypeError,
            "element numbers must be integers, got float64",
            SQUARE,
            index=np.ones((2, 1)),
        ),
        refused(TypeError, "got bool", SQUARE, index=MASK),
        refused(
            ValueError,
            r"x \(2, 3\) and index \(1, 2\) may differ in axis 1 alone",
            SQUARE,
            index=np.zeros((1, 2), dtype=int),
        ),
        refused(ValueError, r"index \(2,\)", SQUARE, index=np.zeros(2, dtype=int)),
        refused(ValueError, r"index \(2, 3, 1\)", SQUARE, index=np.zeros((2, 3, 1), dtype=int)),
        refused(ValueError, "axis 2 is out of range", SQUARE, index=np.zeros((2, 1)), axis=2),
        refused(ValueError, r"range for shape \(\)", np.array(1.0), index=np.array(0)),
    ],
)
