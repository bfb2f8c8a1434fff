"""The MQTT line of one gateway: QoS 1, remembers what was not acknowledged, buffers while it is down."""

import threading
import time
from collections import deque
from typing import Any

import paho.mqtt.client as mqtt

IN_FLIGHT = 200
BUFFER = 20_000


class Line:
    """One gateway signed in with its own credentials; what it was given is sent until it is acknowledged."""

    def __init__(self, device_id: str, secret: str, host: str, port: int) -> None:
        self.device_id = device_id
        self.sent = self.acknowledged = 0
        self.error = ""
        self.up = True
        self._kept: deque[tuple[str, bytes]] = deque(maxlen=BUFFER)
        self._lock = threading.Lock()
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=device_id, clean_session=True, protocol=mqtt.MQTTv311
        )
        self._client.username_pw_set(device_id, secret)
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.max_queued_messages_set(BUFFER)
        self._client.reconnect_delay_set(1, 30)
        self._client.on_publish = self._on_publish
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._address = (host, port)
        self._dial()

    def _dial(self) -> None:
        self._client.connect_async(*self._address, keepalive=60)
        self._client.loop_start()

    def _on_publish(self, *_: Any) -> None:
        with self._lock:
            self.acknowledged += 1

    def _on_connect(self, _c: Any, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        self.error = str(reason) if reason.is_failure else ""

    def _on_disconnect(self, _c: Any, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        self.error = str(reason) if reason.is_failure else ""

    @property
    def waiting(self) -> int:
        """Messages given and not yet acknowledged, buffered ones included."""
        return self.sent - self.acknowledged + len(self._kept)

    @property
    def connected(self) -> bool:
        """Whether the broker knows it now."""
        return self.up and self._client.is_connected()

    def send(self, topic: str, payload: bytes) -> None:
        """Send, or keep while the line is down; the oldest is forgotten when the buffer is full."""
        if not self.up:
            self._kept.append((topic, payload))
            return
        with self._lock:
            self.sent += 1
        if self._client.publish(topic, payload, qos=1).rc == mqtt.MQTT_ERR_QUEUE_SIZE:
            with self._lock:
                self.sent -= 1

    def take_down(self) -> None:
        """The line breaks: the broker sees it go, the gateway keeps what it measures."""
        if self.up:
            self.up = False
            self._client.disconnect()
            self._client.loop_stop()

    def bring_up(self) -> None:
        """The line is back: everything kept goes out at once, with the times at which it was measured."""
        if self.up:
            return
        self.up = True
        self._dial()
        while self._kept:
            self.send(*self._kept.popleft())

    def settle(self, seconds: float) -> bool:
        """Wait for outstanding acknowledgements; whether all came."""
        end = time.monotonic() + seconds
        while self.sent > self.acknowledged and time.monotonic() < end:
            time.sleep(0.02)
        return self.sent == self.acknowledged

    def close(self) -> None:
        """Wait a moment for acknowledgements, say goodbye and stop."""
        if self.up and self._client.is_connected():
            self.settle(2.0)
        self._client.disconnect()
        self._client.loop_stop()
