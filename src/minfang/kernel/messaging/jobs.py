"""What the background process does for messages."""

from minfang.kernel.base.periodic import every
from minfang.kernel.messaging.actions import release_held

EVERY_SECONDS = 10.0


@every(EVERY_SECONDS)
def send_what_waited() -> int:
    """SMS whose number was written to too often go out when their turn has come."""
    return release_held()
