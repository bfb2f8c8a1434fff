"""The demonstration's stock history can be copied, and says what could not be."""

from pathlib import Path
from typing import Any

import pytest
from tests.support.telemetry import a_device, forget

from minfang.kernel.base import clock
from minfang.sandbox import demo, demo_links
from minfang.services.actions import publishing
from minfang.supervision.links import browsing, jobs
from minfang.supervision.links.models import DataLink, DataSource
from minfang.supervision.telemetry.models import Reading


@pytest.mark.django_db
@pytest.mark.feature(80)
def test_the_stock_of_the_demonstration_is_copied_but_for_two_rows(settings: Any, tmp_path: Path) -> None:
    settings.LINK_FILES = str(tmp_path / "imports")
    publishing.load_all()
    demo.ensure_accounts()
    for n in range(3):
        a_device(f"damp-{n}")
    forget()
    demo_links.ensure()
    demo_links.ensure()
    assert all(step.passed for step in browsing.test(DataSource.objects.get()))
    link = DataLink.objects.get()
    assert link.next_run_at is None
    DataLink.objects.update(next_run_at=clock.now())
    assert jobs.run_now(link.pk)
    run = link.runs.get()
    assert (run.state, run.read, run.written, run.failed) == ("SUCCEEDED", 2160, 2158, 2), run.error
    assert {refusal.row for refusal in run.refusals.all()} == {361, 721}
    assert Reading.objects.count() == 2158
    forget()
