"""What rows become here, by the target of the link."""

from minfang.supervision.links.models import DataLink, Target
from minfang.supervision.links.writers.base import Outcome, Refused, Writer
from minfang.supervision.links.writers.devices import DevicesWriter
from minfang.supervision.links.writers.events import EventsWriter
from minfang.supervision.links.writers.readings import ReadingsWriter

__all__ = ["Outcome", "Refused", "Writer", "writer_for"]
WRITERS: dict[str, type[Writer]] = {
    Target.READINGS: ReadingsWriter,
    Target.DEVICES: DevicesWriter,
    Target.EVENTS: EventsWriter,
}


def writer_for(link: DataLink, columns: list[str]) -> Writer:
    """The writer of a link for rows of these columns."""
    return WRITERS[link.target](link, columns)
