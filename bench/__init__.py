"""Measurements of the product: each beside a baseline taken in the same run, with its ratio."""
