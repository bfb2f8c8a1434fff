"""The outside sources of this installation, from ``MINFANG_SOURCES``."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings

from minfang.supervision.arrival.forward import Source
from minfang.supervision.arrival.sources.mqtt import MqttSource
from minfang.supervision.arrival.sources.queues import KafkaSource, RabbitSource

KINDS: dict[str, Callable[..., Source]] = {
    "mqtt": MqttSource,
    "rabbitmq": RabbitSource,
    "kafka": KafkaSource,
}


def makers() -> list[Callable[[], Source]]:
    """What opens each source. Raises ``KeyError`` for a kind there is none of."""
    found: list[Callable[[], Source]] = []
    for entry in settings.SOURCES:
        options: dict[str, Any] = dict(entry)
        found.append(partial(KINDS[options.pop("kind")], **options))
    return found
