"""The embedded broker: nats-server with its MQTT port, configured under ``MINFANG_HOME/broker``.

Devices sign in with ``device_id`` and their secret; the broker asks the ingest process (``callout``), which
knows the digests. A device may publish below its own work and name only and may not subscribe.
"""

import os
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from minfang.supervision.arrival import nkeys
from minfang.supervision.arrival.definitions import load

ACCOUNT = "IOT"
INGEST = "ingest"
CONFIG = """# Written at every start; changes are lost.
server_name: minfang
listen: "127.0.0.1:{port}"
max_payload: {max_payload}
write_deadline: "30s"
jetstream {{ store_dir: "{store}", sync_interval: {sync} }}
mqtt {{ listen: "127.0.0.1:{mqtt_port}", max_ack_pending: 65535 }}
accounts {{
  {account} {{
    jetstream: enabled
    users = [ {{ user: "{ingest}", password: "{password}" }} ]
  }}
}}
authorization {{
  timeout: 5
  auth_callout {{ issuer: "{issuer}", account: "{account}", auth_users: [ "{ingest}" ] }}
}}
"""


@dataclass(frozen=True)
class Broker:
    """One broker of one installation, with its data under ``folder``."""

    folder: Path
    port: int
    mqtt_port: int

    @property
    def config_file(self) -> Path:
        """What the server is started with."""
        return self.folder / "nats.conf"

    @property
    def issuer_file(self) -> Path:
        """The key that signs what a device may do; the owner alone may read it."""
        return self.folder / "issuer.key"

    @property
    def url(self) -> str:
        """The address of the ingest process, with its password."""
        return f"nats://{INGEST}:{self._password()}@127.0.0.1:{self.port}"

    @property
    def command(self) -> list[str]:
        """How it is started."""
        beside = Path(sys.executable).parent / "nats-server"
        program = str(beside) if beside.exists() else shutil.which("nats-server") or "nats-server"
        return [program, "-c", str(self.config_file)]

    def _password(self) -> str:
        return _secret(self.folder / "ingest.key", secrets.token_urlsafe(24).encode()).decode()

    def write(self) -> None:
        """Write the configuration; keys are made at the first start and stay."""
        self.folder.mkdir(parents=True, exist_ok=True)
        rules = load("arrival")
        sync = os.environ.get("MINFANG_BROKER_SYNC", rules["broker"]["sync_interval"])
        text = CONFIG.format(
            port=self.port,
            mqtt_port=self.mqtt_port,
            max_payload=rules["broker"]["max_payload"],
            store=self.folder / "store",
            sync="always" if sync == "always" else f'"{sync}"',
            account=ACCOUNT,
            ingest=INGEST,
            password=self._password(),
            issuer=nkeys.public_account(nkeys.private(_secret(self.issuer_file, nkeys.new_key()))),
        )
        self.config_file.touch(0o600)
        self.config_file.write_text(text)


def _secret(path: Path, fresh: bytes) -> bytes:
    """The secret in this file, ``fresh`` where there is none yet; only its owner can ever read it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(fresh)
    return path.read_bytes()
