"""An outside MQTT broker: persistent session, QoS 1, acknowledged by hand after the message is safe."""

import queue
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlparse

import paho.mqtt.client as mqtt

from minfang.supervision.arrival.forward import Outside

IN_FLIGHT = 20_000  # throughput is this window divided by the time to store
BATCH = 2_000


class MqttSource:
    """``mqtt://user:password@host:port`` (``mqtts`` for TLS) and the topics to hear."""

    def __init__(self, name: str, url: str, topics: Sequence[str], client_id: str = "") -> None:
        parts = urlparse(url)
        self.name = name
        self._topics = list(topics)
        self._error = ""
        self._messages: queue.Queue[mqtt.MQTTMessage] = queue.Queue(IN_FLIGHT)
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=client_id or f"minfang-{name}",
            clean_session=False,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
        )
        if parts.username:
            self._client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            self._client.tls_set()
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._lost
        self._client.on_message = lambda _c, _u, message: self._messages.put(message)
        self._client.connect(parts.hostname or "127.0.0.1", parts.port or 1883, keepalive=30)
        self._client.loop_start()

    def _connected(self, client: mqtt.Client, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        if reason.is_failure:
            self._error = str(reason)
            return
        client.subscribe([(topic, 1) for topic in self._topics])

    def _lost(self, _c: Any, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        self._error = f"连接中断：{reason}"

    def take(self, seconds: float) -> Sequence[Outside]:
        """Messages in their order; an answer at the latest after ``seconds``."""
        found: list[Outside] = []
        deadline = time.monotonic() + seconds
        while len(found) < BATCH:
            try:
                wait = 0.005 if found else max(deadline - time.monotonic(), 0.005)
                message = self._messages.get(timeout=wait)
            except queue.Empty:
                break
            found.append(Outside(message.topic, bytes(message.payload), (message.mid, message.qos)))
        if not found and self._error:
            raise ConnectionError(self._error)
        return found

    def done(self, taken: Sequence[Outside]) -> None:
        """PUBACK each."""
        for message in taken:
            mid, qos = message.token
            if qos:
                self._client.ack(mid, qos)

    def close(self) -> None:
        """Leave; the broker keeps what was not acknowledged."""
        self._client.disconnect()
        self._client.loop_stop()
