"""Sensing devices that behave like real ones: weather, water, machines, people, faults and bad clocks.

Everything a device says is a function of its seed and the instant, so a day can be repeated exactly.
"""
