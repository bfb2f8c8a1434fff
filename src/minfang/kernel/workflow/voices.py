"""One step done by several: who still has to be heard, and what their voices come to.

Pure. The items of one passage through a step are its voices (the officer, or one a seat of a
countersigned step) and those added to a voice: before it, after it, beside it, or in its place.
"""

from collections.abc import Iterable

from minfang.kernel.workflow.graph import Countersign, Node
from minfang.kernel.workflow.state import AFTER, DONE, REMOVED, Item

AGREE, OBJECT = "AGREE", "OBJECT"
CO_SIGNING = {AGREE: "同意", OBJECT: "有不同意见"}
"""What someone added to a voice may say; they advise, the step's own voices decide."""


def voices(items: Iterable[Item]) -> dict[str, Item]:
    """The last item of every voice of a passage; a removed one does not count."""
    found: dict[str, Item] = {}
    for item in items:
        if not item.duty:
            found[item.actor] = item
    return {actor: item for actor, item in found.items() if item.state != REMOVED}


def verdict(node: Node, items: list[Item]) -> str | None:
    """The outcome of a passage, or None while it is not certain.

    A voice counts once it is given and everyone added to it has signed.
    """
    heard = voices(items)
    waited_for = {item.added_to for item in items if item.is_open and item.duty}
    given = [i.outcome for i in heard.values() if i.state == DONE and i.number not in waited_for]
    rule = node.countersign
    if rule is None:
        return given[0] if given else None
    total = len({seat.code for seat in rule.seats} | set(heard))
    if rule.wait and len(given) < total:
        return None
    yes = given.count(rule.agree)
    needed = _needed(rule, total)
    if yes >= needed:
        return rule.agree
    return rule.refuse or rule.agree if total - (len(given) - yes) < needed else None


def _needed(rule: Countersign, total: int) -> int:
    """How many of ``total`` voices must agree."""
    if rule.rule == "any":
        return 1
    return -(-rule.share * total // 100) if rule.rule == "ratio" else total


def first_seats(rule: Countersign) -> list[str]:
    """The seats asked when the step is reached: all, or the first one when they are asked in order."""
    codes = [seat.code for seat in rule.seats]
    return codes[:1] if rule.rule == "ordered" else codes


def next_seat(node: Node, items: list[Item]) -> str | None:
    """The seat to ask now in a step whose seats are asked in order; None while one is being asked."""
    rule, heard = node.countersign, voices(items)
    if rule is None or rule.rule != "ordered" or any(item.is_open for item in items):
        return None
    return next((seat.code for seat in rule.seats if seat.code not in heard), None)


def follows(node: Node, item: Item, other: Item) -> bool:
    """Whether ``other``, of the same passage, came to act only because ``item`` was done."""
    if other.duty == AFTER and other.added_to == item.number:
        return True
    ordered = node.countersign is not None and node.countersign.rule == "ordered"
    return ordered and not other.duty and other.number > item.number and other.actor != item.actor
