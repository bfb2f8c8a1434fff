"""The broker asks who a device is; the answer is a signed token that says what it may do.

A device signs in with ``device_id`` and its secret. It may publish telemetry, events and its state below its
own work and name, and hear nothing. A retired or unknown device, or a wrong secret, is turned away.
"""

import logging
import threading
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import close_old_connections

from minfang.registry import secrets
from minfang.registry.models import Device
from minfang.supervision.arrival import nkeys, streams
from minfang.supervision.arrival.broker import ACCOUNT
from minfang.supervision.arrival.wire import BrokerAway, BrokerError, Connection

log = logging.getLogger(__name__)
SUBJECT = b"$SYS.REQ.USER.AUTH"
QUEUE = b"minfang"


def allowed(device_id: str, secret: str) -> list[str] | None:
    """What this device may publish; None where it is not who it says."""
    device = Device.objects.filter(device_id=device_id, retired_at=None).select_related("works").first()
    if device is None or not secrets.matches(secret, device.secret_digest):
        return None
    return [f"cd.iot.*.{device.works.works_no}.{device_id}"]


def answer(request: dict[str, Any], issuer: bytes, now: int) -> str:
    """The signed answer to one question of the broker."""
    key = nkeys.private(issuer)
    public = nkeys.public_account(key)
    asked = request["nats"]
    options = asked.get("connect_opts", {})
    name = str(options.get("user", ""))
    subjects = allowed(name, str(options.get("pass", "")))
    said: dict[str, Any] = {"type": "authorization_response", "version": 2}
    if subjects is None:
        said["error"] = "unknown device or wrong secret"
    else:
        rights = {"pub": {"allow": subjects}, "sub": {"deny": [">"]}, "subs": -1, "data": -1, "payload": -1}
        user = {
            "jti": f"{now}-{name}",
            "iat": now,
            "iss": public,
            "sub": asked["user_nkey"],
            "aud": ACCOUNT,
            "name": name,
            "nats": {**rights, "type": "user", "version": 2},
        }
        said["jwt"] = nkeys.sign(user, key)
    claims = {
        "jti": f"{now}-{name}-r",
        "iat": now,
        "iss": public,
        "sub": asked["user_nkey"],
        "aud": asked["server_id"]["id"],
        "nats": said,
    }
    return nkeys.sign(claims, key)


def run(stop: threading.Event, url: str, mqtt: tuple[str, int] | None) -> None:
    """Answer until told to stop; several processes share the questions."""
    while not stop.is_set():
        try:
            connection = Connection(url, "callout")
            streams.ensure(connection, mqtt, streams.credentials(url))  # nobody speaks before we can hear
            connection.subscribe(SUBJECT, 2, QUEUE)
            _serve(stop, connection)
        except (BrokerAway, BrokerError):
            stop.wait(1.0)
        except Exception:
            log.exception("a device could not be let in")
            stop.wait(1.0)


def _serve(stop: threading.Event, connection: Connection) -> None:
    issuer = Path(settings.BROKER_ISSUER).read_bytes()
    try:
        while not stop.is_set():
            for _, reply, _, payload in connection.read(1.0):
                close_old_connections()
                token = answer(nkeys.read(payload), issuer, int(time.time()))
                connection.publish(reply, token.encode())
    finally:
        connection.close()
