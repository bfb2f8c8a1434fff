"""Indicators of the watching wing: the city's own works, and each district's, with targets (100, 101)."""
