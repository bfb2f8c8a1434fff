"""What can be found by reading the code: known weaknesses, house rules, secrets."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
SEMGREP = [str(BIN / "semgrep"), "scan", "--metrics", "off", "--disable-version-check", "--json", "--quiet"]
SECRETS = [
    re.compile(r"-----BEGIN (?:EC |RSA |)PRIVATE KEY-----"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(
        r"\b(?:password|passwd|secret|token|api_key)\s*=\s*['\"][A-Za-z0-9+/=_-]{16,}['\"]", re.IGNORECASE
    ),
    re.compile(r"postgres(?:ql)?://[^:/\s]+:[^@\s{]{8,}@"),
]


def semgrep(*targets: str) -> list[dict[str, object]]:
    """Findings of the house rules."""
    command = [*SEMGREP, "--config", str(HERE / "rules.yml"), "--no-git-ignore", *targets]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout, done.stderr[-2000:]
    answer = json.loads(done.stdout)
    assert not [e for e in answer["errors"] if e["level"] == "error"], answer["errors"][:3]
    return list(answer["results"])


@pytest.mark.slow
def test_the_code_keeps_the_house_rules() -> None:
    found = [
        f"{row['path']}:{row['start']['line']} {str(row['check_id']).rsplit('.', 1)[-1]}"  # type: ignore[index]
        for row in semgrep("src")
    ]
    assert found == []


@pytest.mark.slow
def test_every_house_rule_fires_on_its_bad_example(tmp_path: Path) -> None:
    text = (HERE / "bad_examples.py.txt").read_text()
    (tmp_path / "bad.py").write_text(text)
    (tmp_path / "api.py").write_text("def answer(row): row.save()  # write-in-a-view\n")
    wanted = set(re.findall(r"# ([a-z-]+)$", text, re.MULTILINE)) | {"write-in-a-view"}
    fired = {str(row["check_id"]).rsplit(".", 1)[-1] for row in semgrep(str(tmp_path))}
    assert wanted - fired == set()
    rules = set(re.findall(r"- id: ([a-z-]+)", (HERE / "rules.yml").read_text()))
    assert rules == wanted


def reviewed(name: str, lines: list[int]) -> bool:
    """Whether somebody has looked at this place and said so for the linter that knows the same rules."""
    text = (ROOT / name).read_text().splitlines()
    return any("# noqa: S" in text[number - 1] for number in range(lines[0], lines[-1] + 1))


def test_no_known_weakness_of_medium_or_higher_severity() -> None:
    command = [str(BIN / "bandit"), "-q", "-r", "src", "-ll", "-f", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    report = json.loads(done.stdout)
    assert report["errors"] == []
    found = [
        f"{r['filename']}:{r['line_number']} {r['test_id']} {r['issue_text']}"
        for r in report["results"]
        if not reviewed(r["filename"], r["line_range"])
    ]
    assert found == []


def test_no_secret_is_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    found = []
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if (
            not name
            or name.startswith("tests/security/")
            or not path.is_file()
            or path.stat().st_size > 2_000_000
        ):
            continue
        text = path.read_text(errors="ignore")
        found += [f"{name}: {match[0][:40]}…" for rule in SECRETS for match in rule.finditer(text)]
    assert found == []


def test_what_is_installed_is_pinned_by_digest() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pinned = [line for line in lines if re.match(r"^[a-z0-9]", line)]
    assert len(pinned) > 60
    assert all("==" in line for line in pinned)
    assert sum("--hash=sha256:" in line for line in lines) >= len(pinned)
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]
    unpinned = [
        name for name, entry in packages.items() if name and "integrity" not in entry and "link" not in entry
    ]
    assert unpinned == []
