"""A database of the previous release, with its files and key, brought to the present release."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minfang.project.postgres import BINARIES, EmbeddedPostgres

pytestmark = pytest.mark.xdist_group("upgrade")
RELEASE = Path(__file__).parent / "upgrade" / "release_1"
LOOK = """
import json, django
django.setup()
from minfang.project import cli
cli.migrate()
cli.load()
from minfang.kernel.audit import verification
from minfang.kernel.iam.models import Person, Party
from minfang.kernel.workflow.models import ProcessInstance
from minfang.kernel.workflow import queries as flow
from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.numbering.queries import series_reports
from minfang.services.models import Case
from minfang.kernel.files import actions as files, resealing
from minfang.kernel.files.models import StoredFile
from minfang.kernel.crypto.local import sm3
def whole():
    rows = StoredFile.objects.all()
    there = [file for file in rows if files.storing.storage.path_of(file.pk).exists()]
    return [len(there), sum(sm3(files.read(file)).hex() == file.sm3 for file in there)]
read = [whole()]
resealing.reseal()
read.append(whole())
report = verification.verify()
cases = list(Case.objects.order_by("id"))
print(json.dumps({
    "audit": [report.entries, [str(f) for f in report.findings]],
    "cases": [[c.internal_no, c.status, c.form_data.get("project_name", "")] for c in cases],
    "open": [len(list(flow.open_items(i))) for i in ProcessInstance.objects.filter(state="RUNNING")],
    "mobiles": sorted(p.mobile for p in Person.objects.all() if p.mobile),
    "parties": sorted(p.id_no for p in Party.objects.all()),
    "gaps": [r.missing for r in series_reports() if r.missing],
    "files": read,
    "pushes": OutboxMessage.objects.count(),
}, ensure_ascii=False))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of the previous release: its database, its files, its master key."""
    folder = tmp_path_factory.mktemp("release-1")
    folder.chmod(0o755)
    (folder / "keys").mkdir()
    shutil.copy(RELEASE / "master.key", folder / "keys" / "master.key")
    shutil.copytree(RELEASE / "files", folder / "files")
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    url = server.start()
    restore = [str(BINARIES / "pg_restore"), "--no-owner", "--exit-on-error", f"--dbname={url}"]
    subprocess.run([*restore, str(RELEASE / "database.dump")], check=True)
    yield folder
    server.stop()


@pytest.fixture(scope="module")
def upgraded(home: Path) -> dict[str, Any]:
    """What the present release finds after migrating."""
    env = {
        key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "MINFANG_TEST_HOME")
    }
    env |= {"MINFANG_HOME": str(home), "DJANGO_SETTINGS_MODULE": "minfang.project.settings"}
    done = subprocess.run(
        [sys.executable, "-c", LOOK], env=env, capture_output=True, text=True, check=False, timeout=180
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_trail_of_the_previous_release_is_carried_over_and_verifies(upgraded: dict[str, Any]) -> None:
    entries, findings = upgraded["audit"]
    assert entries >= 16
    assert findings == []


def test_cases_keep_their_content_and_their_open_steps(upgraded: dict[str, Any]) -> None:
    assert len(upgraded["cases"]) == 12
    assert all(name for _, _, name in upgraded["cases"])
    assert len(upgraded["open"]) == 10
    assert all(upgraded["open"])


def test_sealed_columns_of_the_old_format_are_read(upgraded: dict[str, Any]) -> None:
    assert "13800000188" in upgraded["mobiles"]
    assert "91310107MA1G0X2B6K" in upgraded["parties"]


def test_files_of_the_old_format_are_read_before_and_after_they_get_keys_of_their_own(
    upgraded: dict[str, Any],
) -> None:
    assert upgraded["files"] == [[4, 4], [4, 4]]


def test_numbers_and_pushes_are_all_there(upgraded: dict[str, Any]) -> None:
    assert upgraded["gaps"] == []
    assert upgraded["pushes"] > 0


def test_migrating_twice_and_loading_twice_changes_nothing_more(home: Path, upgraded: dict[str, Any]) -> None:
    env = {
        key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "MINFANG_TEST_HOME")
    }
    env |= {"MINFANG_HOME": str(home), "DJANGO_SETTINGS_MODULE": "minfang.project.settings"}
    done = subprocess.run([sys.executable, "-c", LOOK], env=env, capture_output=True, text=True, check=True)
    again = json.loads(done.stdout.splitlines()[-1])
    assert again == upgraded
