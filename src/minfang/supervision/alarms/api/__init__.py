"""Alarms over HTTP: the office, callbacks of platforms, events of third systems."""
