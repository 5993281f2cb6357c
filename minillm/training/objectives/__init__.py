"""Several losses over shared parameters: aggregators, weightings, fronts."""
