"""The drill: back up an instance, lose it, restore it, and prove that nothing is missing or changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("backup")
FILL = """
import django
django.setup()
from minfang.project import cli
cli.migrate(); cli.load()
from minfang.sandbox import demo
from minfang.kernel.files import actions as files
from minfang.kernel.iam.models import Person
from minfang.kernel.audit.models import AuditEvent
demo.ensure_accounts()
import io
from PIL import Image
out = io.BytesIO(); Image.new("RGB", (40, 40), "white").save(out, "PNG")
files.store("图.png", out.getvalue(), owner=Person.objects.first(), allowed=("png",), purpose="test")
from django.db import transaction
from minfang.kernel.numbering import actions as numbering
from minfang.registry.districts import district
with transaction.atomic():
    numbering.reserve("approval_city", context={"region": district("310000").number_names, "matter": "04"},
                      scope="SH-CITY", count=3, reason="演练")
print(AuditEvent.objects.count())
"""
START = """
import sys
from pathlib import Path
from minfang.project.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]) / "postgres", durable=False)
server.start()
try:
    exec(sys.stdin.read())
finally:
    from django.db import connections
    connections.close_all()
    server.stop()
"""


def run(home: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    env = {
        key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "MINFANG_TEST_HOME")
    }
    env |= {"MINFANG_HOME": str(home), "DJANGO_SETTINGS_MODULE": "minfang.project.settings"}
    return subprocess.run(
        [sys.executable, *arguments],
        env=env,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def minfang(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(home, "-m", "minfang.project.cli", *arguments)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drill")
    folder.chmod(0o755)
    done = run(folder, "-c", START, str(folder), text=FILL)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def backup(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("backups")
    done = minfang(home, "backup", "--to", str(target))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "主密钥不在备份中" in done.stdout
    return next(target.iterdir())


def test_a_lost_database_and_lost_files_come_back_and_every_chain_verifies(home: Path, backup: Path) -> None:
    shutil.rmtree(home / "postgres")
    shutil.rmtree(home / "files")
    done = minfang(home, "restore", str(backup), "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "恢复完成" in done.stdout
    assert "核验通过" in done.stdout


@pytest.mark.parametrize("part", ["database.dump", "files.tar", "manifest.json"])
def test_a_changed_backup_is_refused_before_anything_is_touched(
    home: Path, backup: Path, part: str, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(backup, copy)
    content = bytearray((copy / part).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / part).write_bytes(content)
    done = minfang(home, "restore", str(copy), "--yes", "--check-only")
    assert done.returncode == 1
    assert "不符" in done.stdout


def test_a_backup_without_its_master_key_is_refused(backup: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir(mode=0o755)
    done = minfang(other, "restore", str(backup), "--yes", "--check-only")
    assert done.returncode == 1
    assert "主密钥" in done.stdout
