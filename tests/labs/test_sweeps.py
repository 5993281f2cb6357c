"""What remedies do with each strength of a grid."""

from dataclasses import dataclass, field

from minillm.labs.compare import Case
from minillm.labs.sweeps import swept


@dataclass(frozen=True)
class Strengths:
    rate: float = 1.0
    width: int = 2


@dataclass(frozen=True)
class Settings:
    strengths: Strengths = field(default_factory=Strengths)


def fast(case):
    return case.settings.strengths.rate


def wide(case):
    return case.settings.strengths.rate + case.settings.strengths.width


def test_each_remedy_is_tried_with_every_strength_of_its_own_alone():
    case = Case(Settings(), 3)
    found = swept(
        case,
        {"width": (4, 5), "rate": (7.0,)},
        {"rate": "faster", "width": "wider"},
        {"faster": fast, "wider": wide},
        lambda one, model: [model, float(one.seed)],
    )
    assert found == {"width": [[5.0, 3.0], [6.0, 3.0]], "rate": [[7.0, 3.0]]}
    assert [*found] == ["width", "rate"] and case.settings == Settings()
