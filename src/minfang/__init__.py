"""Minfang: the civil-defence services and supervision platform."""

__version__ = "0.1.0"
