"""The feature ledger: 190 numbered features joined with the tests that show them."""

import re
import tomllib
from collections import Counter
from pathlib import Path

FEATURES = 190
STATES = {"done": "已完成", "partly": "部分", "missing": "未做"}
_MARK = re.compile(r"mark\.feature\(([^)]*)\)")


def marked_tests(root: Path) -> Counter[int]:
    """How many test marks each feature has."""
    found: Counter[int] = Counter()
    for path in sorted((root / "tests").rglob("*.py")):
        for arguments in _MARK.findall(path.read_text(encoding="utf-8")):
            found.update(int(number) for number in re.findall(r"\d+", arguments))
    return found


def read(root: Path) -> list[dict[str, object]]:
    """The rows of ``docs/features.toml`` in order of their numbers."""
    rows = tomllib.loads((root / "docs" / "features.toml").read_text(encoding="utf-8"))["feature"]
    return sorted(rows, key=lambda row: int(row["number"]))


def problems(root: Path) -> list[str]:
    """What the ledger claims that the tests do not bear out."""
    rows, marks = read(root), marked_tests(root)
    found = []
    numbers = [row["number"] for row in rows]
    if numbers != list(range(1, FEATURES + 1)):
        found.append(f"台账应有 {FEATURES} 行且编号连续，现有 {len(rows)} 行")
    for row in rows:
        if row["state"] not in STATES:
            found.append(f"{row['number']} 状态“{row['state']}”不在 {list(STATES)}")
        if row["state"] == "done" and not marks[int(str(row["number"]))]:
            found.append(f"{row['number']} {row['name']} 标为已完成，却没有标注此功能的测试")
    return found


def report(root: Path) -> int:
    """Print the ledger; exit code 1 when it claims what no test shows."""
    rows, marks = read(root), marked_tests(root)
    for row in rows:
        number = int(str(row["number"]))
        place = row.get("where", "") or "—"
        print(f"{number:>3} {STATES[str(row['state'])]:　<4} 测试 {marks[number]:>2}  {row['name']}  {place}")
    states = Counter(str(row["state"]) for row in rows)
    print(
        "\n" + "，".join(f"{label} {states[state]}" for state, label in STATES.items()) + f"，共 {len(rows)}"
    )
    wrong = problems(root)
    for line in wrong:
        print("问题：" + line)
    return 1 if wrong else 0
