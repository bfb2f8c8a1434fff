"""The demonstration's history of alarms: a year of judged ones for the analyses, and those open this morning.

Seeded: the same works, devices and verdicts at every start; times count back from now. Made once.
"""

from minfang.sandbox.demo_alarms.history import ensure

__all__ = ["ensure"]
