"""What can be done with messages to and from outside platforms."""

from minfang.kernel.exchange.actions.delivering import DrainReport, drain
from minfang.kernel.exchange.actions.enqueueing import KeyReused, enqueue, receive
from minfang.kernel.exchange.actions.handling import cancel, resend, resend_dead, settle_contradiction

__all__ = [
    "DrainReport",
    "KeyReused",
    "cancel",
    "drain",
    "enqueue",
    "receive",
    "resend",
    "resend_dead",
    "settle_contradiction",
]
