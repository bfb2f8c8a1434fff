"""Alarm rules: what they say, when they hold, and the engine that watches readings by them."""
