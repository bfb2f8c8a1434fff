"""A release that was changed after it was signed does not start and is told about."""

import re
from pathlib import Path
from typing import Any

import pytest

from minfang.kernel.audit.models import SecurityAlarm
from minfang.kernel.base.periodic import registered
from minfang.project import manifest
from minfang.project.cli import parser


@pytest.fixture
def release(tmp_path: Path, settings: Any) -> Path:
    """A small signed release, and the certificate this instance trusts."""
    root = tmp_path / "release"
    for name in ("src/minfang/a.py", "src/minfang/b.py", "web/dist/assets/x.js", "requirements.lock"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    settings.ROOT = root
    settings.RELEASE_CERTIFICATE = str(tmp_path / "build.crt.pem")
    assert run("make", root, "--key", str(tmp_path / "build.pem")) == 0
    return root


def run(action: str, root: Path, *more: str) -> int:
    options = parser().parse_args(["manifest", action, "--root", str(root), *more])
    return int(options.function(options))


def test_an_unchanged_release_is_sound_and_python_s_leavings_do_not_matter(release: Path) -> None:
    (release / "src/minfang/__pycache__").mkdir()
    (release / "src/minfang/__pycache__/a.pyc").write_text("x")
    assert manifest.check(release) == manifest.Verdict(True, [])
    assert run("verify", release) == 0


def test_a_checkout_without_a_manifest_is_for_development(tmp_path: Path) -> None:
    assert manifest.check(tmp_path) == manifest.Verdict(False, [])


@pytest.mark.parametrize(
    ("path", "content", "problem"),
    [
        ("src/minfang/a.py", "x", "src/minfang/a.py 被改动"),
        ("src/minfang/b.py", None, "src/minfang/b.py 缺失"),
        ("src/minfang/c.py", "x", "src/minfang/c.py 不在清单中"),
        ("web/dist/assets/x.js", "x", "web/dist/assets/x.js 被改动"),
    ],
)
def test_each_changed_missing_or_added_file_is_named(
    release: Path, path: str, content: str | None, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is None:
        (release / path).unlink()
    else:
        (release / path).write_text(content)
    assert run("verify", release) == 1
    assert problem in capsys.readouterr().out


def test_whoever_makes_a_manifest_anew_lacks_the_build_key(release: Path, tmp_path: Path) -> None:
    (release / "src/minfang/a.py").write_text("evil")
    assert run("make", release, "--key", str(tmp_path / "other.pem")) == 0
    assert manifest.check(release).problems == ["发布清单的签名不符"]


def test_a_manifest_without_a_trusted_certificate_is_not_believed(release: Path, settings: Any) -> None:
    settings.RELEASE_CERTIFICATE = str(release / "none.pem")
    assert manifest.check(release).problems == ["缺少 none.pem"]


@pytest.mark.django_db
def test_the_daily_check_raises_an_alarm(release: Path) -> None:
    assert "project.manifest.check_daily" in [entry.name for entry in registered()]
    manifest.check_daily()
    assert not SecurityAlarm.objects.exists()
    (release / "src/minfang/a.py").write_text("evil")
    manifest.check_daily()
    assert "src/minfang/a.py 被改动" in SecurityAlarm.objects.get().summary


def test_no_process_of_the_product_starts_alone_with_a_changed_program(
    release: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    from minfang.project import cli, live, worker, wsgi
    from minfang.project.commands import ingest

    settings.BROKER_URL = ""
    ran: list[str] = []
    monkeypatch.setattr(cli, "prepare_django", lambda: None)
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    monkeypatch.setattr(worker, "run", lambda _: ran.append("worker"))
    wsgi._refuse_to_serve()
    assert (cli.worker(parser().parse_args(["worker"])), ran) == (0, ["worker"])
    (release / "src/minfang/a.py").write_text("evil")
    for serve in (wsgi._refuse_to_serve, live.manifest.refuse_to_serve):
        with pytest.raises(SystemExit, match=re.escape("src/minfang/a.py 被改动")):
            serve()
    assert ingest.run(parser().parse_args(["ingest"])) == 1
    assert "src/minfang/a.py 被改动" in capsys.readouterr().out
    assert (cli.worker(parser().parse_args(["worker"])), ran) == (1, ["worker"])
    assert "src/minfang/a.py 被改动" in capsys.readouterr().out


def test_without_a_manifest_only_a_demonstration_or_a_named_exception_starts(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ROOT, settings.DEMO = tmp_path, True
    assert manifest.refusal() == ""
    settings.DEMO = False
    assert "没有发布清单" in manifest.refusal()
    monkeypatch.setenv("MINFANG_UNSIGNED_ALLOWED", "1")
    assert manifest.refusal() == ""
