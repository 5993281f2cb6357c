"""Judges of explanations: curves of deletion and insertion, probes with a control task."""

from minillm.tasks.interpretation.curves import area, deletion_curve, insertion_curve, ranking
from minillm.tasks.interpretation.probes import (
    Labelled,
    Probe,
    Selectivity,
    control_classes,
    fitted_probe,
    selectivity,
)

__all__ = [
    "Labelled",
    "Probe",
    "Selectivity",
    "area",
    "control_classes",
    "deletion_curve",
    "fitted_probe",
    "insertion_curve",
    "ranking",
    "selectivity",
]
