"""Announcements reach the stream when a transaction is committed."""

import pytest
from django.db import transaction

from minfang.supervision.live.feed import Feed
from minfang.supervision.telemetry import notify


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_announced_once_and_what_is_rolled_back_never() -> None:
    heard: list[tuple[str, int, int]] = []
    feed = Feed(dict, lambda *values: heard.append(values), lambda *_: None)
    feed.listen(0.05)
    with transaction.atomic():
        notify.touch(notify.ALARM, 5, 6)
        notify.touch(notify.ALARM, 5, 6)
    with transaction.atomic():
        notify.touch(notify.ALARM, 5, 7)
        transaction.set_rollback(True)
    feed.listen(0.3)
    feed.close()
    assert heard == [("alarm", 5, 6)]
