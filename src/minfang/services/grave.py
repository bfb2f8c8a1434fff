"""Acts of weight in the life of a case, before which officers prove anew who they are (handbook B.12)."""

from minfang.kernel.workflow.models import WorkItem
from minfang.services.schemas import ActIn

SEALING_STEPS = frozenset({"N50_APPROVE", "N70_CERT"})
"""Steps whose completion has a seal put on the decision, or gives the sealed paper out (handbook §5)."""


def puts_a_seal(body: ActIn) -> bool:
    """Whether this verb completes a step that ends in a sealed paper."""
    if body.verb != "complete":
        return False
    return WorkItem.objects.filter(pk=body.item_id, node__in=SEALING_STEPS).exists()
