"""The verbs of a process: one function for each thing a person or the product does to an instance.

Each is one transaction. The instance row is locked first, with a short wait and one further attempt; a
repeated ``key`` returns what it did the first time; an item that has changed since it was seen
(``seen_version``) is refused with the name of the colleague who was faster.
"""

from minfang.kernel.workflow.actions.life import (
    cancel,
    reopen,
    request_cancel,
    request_void,
    resume,
    suspend,
)
from minfang.kernel.workflow.actions.people import (
    add_signer,
    claim,
    delegate,
    hand_over,
    open_item,
    release,
    remove_signer,
    transfer,
)
from minfang.kernel.workflow.actions.steps import (
    answer_supplement,
    complete,
    complete_system,
    request_supplement,
    return_to,
    skip,
    start,
    withdraw,
)
from minfang.kernel.workflow.engine import Transition
from minfang.kernel.workflow.publishing import publish

__all__ = [
    "Transition",
    "add_signer",
    "answer_supplement",
    "cancel",
    "claim",
    "complete",
    "complete_system",
    "delegate",
    "hand_over",
    "open_item",
    "publish",
    "release",
    "remove_signer",
    "reopen",
    "request_cancel",
    "request_supplement",
    "request_void",
    "resume",
    "return_to",
    "skip",
    "start",
    "suspend",
    "transfer",
    "withdraw",
]
