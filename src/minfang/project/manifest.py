"""The release manifest: SM3 of every file that is shipped, signed with the SM2 build key (handbook A6, B.53).

The build key never comes near an instance. What an instance trusts is the build certificate, which lies
outside the release tree (``MINFANG_RELEASE_CERTIFICATE``), so whoever changes files cannot sign them anew.
"""

import base64
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from django.conf import settings

from minfang import __version__
from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base import clock
from minfang.kernel.base.periodic import every
from minfang.kernel.crypto import certificates, local, sm2, startup

log = logging.getLogger(__name__)
MANIFEST, SIGNATURE = "release.manifest.json", "release.manifest.sig"
TREES = ("src", "web/dist")
SINGLE = ("requirements.lock", "pyproject.toml", "web/package-lock.json")
DAY = 86_400
NAMED = 5


@dataclass(frozen=True)
class Verdict:
    """What a check found. ``present`` is false in a development checkout, which has no manifest."""

    present: bool
    problems: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing speaks against starting."""
        return not self.problems


def shipped(root: Path) -> Iterator[Path]:
    """The files of a release, without what Python and the build leave behind."""
    for name in SINGLE:
        if (root / name).is_file():
            yield root / name
    for tree in TREES:
        for path in sorted((root / tree).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                yield path


def digests(root: Path) -> dict[str, str]:
    """SM3 of every shipped file by its path from the root."""
    return {path.relative_to(root).as_posix(): local.sm3(path.read_bytes()).hex() for path in shipped(root)}


def make(root: Path, key: sm2.KeyPair) -> int:
    """Write manifest and signature into the release tree; returns the number of files."""
    files = digests(root)
    content = {"version": __version__, "made_at": clock.now().isoformat(), "files": files}
    text = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    (root / MANIFEST).write_bytes(text)
    (root / SIGNATURE).write_text(base64.b64encode(sm2.sign(key, text)).decode() + "\n")
    return len(files)


def verify(root: Path, certificate: Path) -> Verdict:
    """Compare the tree with its manifest, and the manifest with its signature by the build certificate."""
    if not present(root):
        return Verdict(present=False)
    text = (root / MANIFEST).read_bytes()
    try:
        trusted = certificates.from_pem(certificate.read_text())[0]
        signature = base64.b64decode((root / SIGNATURE).read_text().strip(), validate=True)
    except FileNotFoundError as error:
        return Verdict(True, [f"缺少 {Path(str(error.filename)).name}"])
    except (ValueError, IndexError):
        return Verdict(True, ["发布证书或签名文件残缺"])
    if not sm2.verify(certificates.public_point(trusted), text, signature):
        return Verdict(True, ["发布清单的签名不符"])
    return Verdict(True, _differences(orjson.loads(text)["files"], digests(root)))


def _differences(wanted: dict[str, str], found: dict[str, str]) -> list[str]:
    changed = [f"{path} 被改动" for path in wanted if path in found and found[path] != wanted[path]]
    gone = [f"{path} 缺失" for path in wanted if path not in found]
    added = [f"{path} 不在清单中" for path in found if path not in wanted]
    return changed + gone + added


def words(verdict: Verdict) -> str:
    """The first problems in one line."""
    more = f" 等 {len(verdict.problems)} 处" if len(verdict.problems) > NAMED else ""
    return "；".join(verdict.problems[:NAMED]) + more


def check(root: Path) -> Verdict:
    """This release with the certificate this instance trusts."""
    return verify(root, Path(settings.RELEASE_CERTIFICATE))


def present(root: Path) -> bool:
    """Whether this is a release; a development checkout has no manifest."""
    return (root / MANIFEST).exists()


def refusal() -> str:
    """Why no process of this release may start, in Chinese; empty when it may.

    Only a demonstration or a named exception (``MINFANG_UNSIGNED_ALLOWED``) runs without a manifest.
    """
    verdict = check(Path(settings.ROOT))
    if not verdict.present:
        if settings.DEMO or os.environ.get("MINFANG_UNSIGNED_ALLOWED") == "1":
            return ""
        return "没有发布清单，正式环境拒绝启动；确需以源码运行，请设 MINFANG_UNSIGNED_ALLOWED=1。"
    return "" if verdict.sound else f"程序文件与发布清单不符，拒绝启动：{words(verdict)}"


def objection() -> str:
    """Why no process of the product may start: its cryptography settings or its release; empty if it may."""
    return startup.refusal() or refusal()


def refuse_to_serve() -> None:
    """A process that serves ends here when something speaks against it."""
    if said := objection():
        raise SystemExit(said)


@every(DAY)
def check_daily() -> None:
    """Once a day: a changed program file is an alarm."""
    verdict = check(Path(settings.ROOT))
    if not verdict.sound:
        raise_alarm(
            "release.altered",
            target="release",
            summary=f"程序文件与发布清单不符：{words(verdict)}",
            details={"findings": verdict.problems[:20]},
        )
