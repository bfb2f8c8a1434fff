"""Servers of other makers, started in a throw-away folder where this machine has them."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

MARIADB = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin")
RABBIT = shutil.which("rabbitmq-server") or shutil.which("rabbitmq-server", path="/usr/sbin:/usr/local/sbin")
NO_MARIADB = "MariaDB 没有安装（apt-get install mariadb-server-core），未对真实 MySQL 协议测试"
NO_RABBIT = "RabbitMQ 没有安装（apt-get install rabbitmq-server），未对真实 RabbitMQ 测试"
SYSTEM_TABLES = ("mysql_system_tables.sql", "mysql_system_tables_data.sql")
START_SECONDS = 60


def free_port() -> int:
    """A port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(ready: Callable[[], object], process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until ``ready`` no longer raises; a server that ended is told of with its last words."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            ready()
            return
        except Exception as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{process.args!r}: {log.read_text(errors='replace')[-800:]}") from error
            time.sleep(0.1)


@contextmanager
def mariadb(folder: Path, statements: list[str]) -> Iterator[int]:
    """MariaDB on a port of the loopback, with these statements carried out beforehand."""
    data, log = folder / "data", folder / "mariadb.log"
    data.mkdir(parents=True)
    # A server that starts sweeps its temporary folder, another's tables in it too.
    (folder / "tmp").mkdir()
    small = ["--innodb-log-file-size=8M", "--innodb-buffer-pool-size=16M", "--innodb-fast-shutdown=2"]
    common = [
        str(MARIADB),
        "--no-defaults",
        "--user=root",
        f"--datadir={data}",
        f"--tmpdir={folder}/tmp",
        *small,
    ]
    scripts = [(Path("/usr/share/mysql") / name).read_text() for name in SYSTEM_TABLES]
    begin = ["CREATE DATABASE mysql;", "USE mysql;", "SET @auth_root_socket=NULL;", *scripts]
    script = "\n".join([*begin, "FLUSH PRIVILEGES;", *statements, ""])
    with log.open("wb") as out:
        subprocess.run([*common, "--bootstrap"], input=script.encode(), stdout=out, stderr=out, check=True)
        port = free_port()
        where = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/s"]
        process = subprocess.Popen([*common, *where, "--skip-name-resolve"], stdout=out, stderr=out)
    try:
        until(lambda: socket.create_connection(("127.0.0.1", port), 1).close(), process, log)
        yield port
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def rabbit(folder: Path) -> Iterator[str]:
    """RabbitMQ on a port of the loopback; its address."""
    folder.mkdir(parents=True, exist_ok=True)
    port, distribution, mapper = free_port(), free_port(), free_port()
    log = folder / "rabbit.log"
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{port}\nloopback_users = none\nlog.console = true\n"
    )
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "RABBITMQ_NODENAME": f"minfang{port}@localhost",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none -start_epmd false -erl_epmd_port "
        + str(distribution),
        "ERL_EPMD_PORT": str(mapper),
    }
    (folder / "plugins").write_text("[].")
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["/usr/lib/rabbitmq/bin/rabbitmq-server"],
            env=environment,
            cwd=folder,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        until(lambda: socket.create_connection(("127.0.0.1", port), 1).close(), process, log)
        yield f"amqp://guest:guest@127.0.0.1:{port}/%2F"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        for left in psutil.process_iter(["name", "environ"]):
            if left.info["name"] == "epmd" and (left.info["environ"] or {}).get("ERL_EPMD_PORT") == str(
                mapper
            ):
                left.kill()
