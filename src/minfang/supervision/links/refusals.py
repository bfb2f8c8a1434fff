"""Refusals of this room."""

from minfang.kernel.base.errors import Refusal


def unusable(code: str, message: str, hint: str) -> Refusal:
    """A source, a query or a file that cannot be used as it is (422)."""
    return Refusal(code, message, hint, status=422)
