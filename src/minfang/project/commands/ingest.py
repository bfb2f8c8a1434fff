"""``minfang ingest``: the process that takes in what devices send."""

import argparse
import signal
import threading

from minfang.project.commands import Add


def register(add: Add) -> None:
    """Bring in the command."""
    add("ingest", run, "只运行物联数据接入：从消息中间件取数、入库、判断预警，可运行多个进程分担")


def run(_: argparse.Namespace) -> int:
    """Take in messages until SIGTERM; what is in hand is committed and acknowledged first."""
    from minfang.project.cli import prepare_django

    prepare_django()
    from django.conf import settings

    from minfang.project import manifest
    from minfang.supervision.arrival import callout, forward
    from minfang.supervision.arrival.sources import configured
    from minfang.supervision.arrival.worker import Worker, mqtt_address

    if objection := manifest.objection():
        print(objection)
        return 1
    if not settings.BROKER_URL:
        print("没有配置消息中间件（MINFANG_BROKER_URL）。")
        return 1
    worker = Worker(settings.BROKER_URL, mqtt_address())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop.set())
    door = threading.Thread(
        target=callout.run, args=(worker.stop, settings.BROKER_URL, mqtt_address()), daemon=True
    )
    door.start()
    for maker in configured.makers():
        carried = (worker.stop, maker, settings.BROKER_URL, lambda: 0 in worker.partitions)
        threading.Thread(target=forward.run, args=carried, daemon=True).start()
    worker.run()
    return 0
