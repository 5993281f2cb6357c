"""The rows of the ops that multiply along named axes, or compare directions."""

import numpy as np

from tests.ops import naive_contraction
from tests.ops.table import Row, apart_from_zero, normal, refused, sample

OPS: dict[str, Row] = {}
A, B = np.ones((2, 3)), np.ones((3, 4))
OPS["einsum"] = Row(
    naive_contraction.einsum,
    [
        sample(normal(3, 5), normal(5, 2), subscripts="ij,jk->ik"),
        sample(normal(3, 5), normal(5, 2), subscripts="ij,jk"),
        sample(normal(2, 3, 5), normal(2, 5, 7), subscripts="bij, bjk -> bik"),
        sample(normal(3, 5), normal(3, 5), subscripts="ij,ij->"),
        sample(normal(3, 5), normal(7), subscripts="ij,k->kji"),
        sample(normal(3, 5), subscripts="ij->ji"),
        sample(normal(3, 5), subscripts="ba"),
        sample(normal(3, 5), subscripts="ij->j"),
        sample(normal(3, 5), normal(5, 2), subscripts="ij,jk->k"),
        sample(normal(3), normal(3), normal(3, 2), subscripts="i,i,ij->j"),
        sample(normal(2, 3), normal(3, 5), normal(5, 7), subscripts="ab,bc,cd->ad"),
        sample(normal(), normal(3), subscripts=",i->i"),
        sample(normal(), subscripts="->"),
        sample(normal(3), normal(2), subscripts="x,Y->"),
        sample(normal(0, 3), normal(3, 2), subscripts="ij,jk->ik"),
        sample(normal(3, 0), normal(0, 2), subscripts="ij,jk->ik"),
        sample(np.array([1e150, 1.0]), np.array([1e150, 1.0]), subscripts="i,i->i", smooth=False,
               fits=False),
    ],
    [
        refused(ValueError, "names 2 operands, got 1", A, subscripts="ij,jk->ik"),
        refused(ValueError, "names 1 operands, got 0", subscripts="->"),
        refused(ValueError, r"'ijk' does not name the axes of operand 0, \(2, 3\)", A,
                subscripts="ijk->i"),
        refused(ValueError, "'j' is 3 and 2 long", A, A, subscripts="ij,jk->ik"),
        refused(ValueError, "stands twice in 'ii'; pick the diagonal first", A, subscripts="ii->i"),
        refused(ValueError, "stands twice in 'jj'", A, subscripts="ij->jj"),
        refused(ValueError, "result 'iz' has a letter that no operand", A, subscripts="ij->iz"),
        refused(ValueError, r"letters, one each; there is no '\.\.\.'", A, subscripts="...j->..."),
        refused(ValueError, "letters", A, subscripts="i1->i"),
        refused(ValueError, "letters", A, B, subscripts="ij,jk->ik->"),
        refused(TypeError, "must be a string such as 'ij,jk->ik', got None", A, subscripts=None),
        refused(TypeError, "missing .*'subscripts'", A),
        refused(TypeError, "NoneType", A, None, subscripts="ij,jk"),
    ],
)  # fmt: skip
OPS["cosine_similarity"] = Row(
    naive_contraction.cosine_similarity,
    [
        sample(normal(3, 5), normal(3, 5)),
        sample(normal(2, 3, 5), normal(2, 3, 5), axis=1),
        sample(normal(2, 3, 5), normal(2, 3, 5), axis=-3),
        sample(normal(5), normal(5)),
        sample(normal(3, 5), normal(5)),
        sample(normal(4, 1, 5), normal(3, 5)),
        sample(normal(3, 1, 5), normal(1, 2, 5), eps=0.0),
        sample(apart_from_zero(3, 1), apart_from_zero(3, 1)),
        sample(normal(0, 5), normal(0, 5)),
        sample(0.1 * normal(3, 5), normal(3, 5), eps=np.float64(100.0)),
        sample(normal(2, 3, 5), normal(3, 5), axis=-2),
        sample(np.zeros((2, 3)), normal(2, 3), smooth=False),
        sample(1e3 * normal(3, 5), 1e-3 * normal(3, 5), smooth=False),
        sample(1e300 * normal(3, 5), 1e-250 * normal(3, 5), eps=0, smooth=False, fits=False),
    ],
    [
        refused(ValueError, r"a \(2, 3\) and b \(3, 4\) need equal lengths along axis -1", A, B),
        refused(ValueError, "equal lengths along axis 0, at least 1", A[:0], A[:0], axis=0),
        refused(ValueError, "count axis 0 from the end", np.ones((3, 3)), np.ones(3), axis=0),
        refused(ValueError, r"axis -1 is out of range for shape \(\)", np.array(1.0), np.ones(3)),
        refused(ValueError, "eps must not be negative, got -1.0", A, A, eps=-1),
        refused(ValueError, "got nan", A, A, eps=float("nan")),
        refused(TypeError, r"an axis must be an integer, got \(0, 1\)", A, A, axis=(0, 1)),
        refused(TypeError, "b is float32", A, A.astype(np.float32)),
    ],
)
