"""What the sandbox remembers, in one SQLite file: arrivals, records, answers by key, faults."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

SHANGHAI = ZoneInfo("Asia/Shanghai")
SCHEMA = """
CREATE TABLE IF NOT EXISTS arrivals (
  id INTEGER PRIMARY KEY AUTOINCREMENT, platform TEXT, at TEXT, path TEXT, dataset TEXT, case_no TEXT,
  key TEXT, outcome TEXT, status INTEGER, note TEXT, payload TEXT, answer TEXT);
CREATE INDEX IF NOT EXISTS arrivals_platform ON arrivals (platform, id);
CREATE TABLE IF NOT EXISTS records (
  platform TEXT, kind TEXT, id TEXT, case_no TEXT, version INTEGER, at TEXT, position INTEGER, data TEXT,
  PRIMARY KEY (platform, kind, id));
CREATE INDEX IF NOT EXISTS records_case ON records (platform, kind, case_no);
CREATE TABLE IF NOT EXISTS answers (
  platform TEXT, key TEXT, digest TEXT, answer TEXT, PRIMARY KEY (platform, key));
CREATE TABLE IF NOT EXISTS faults (platform TEXT PRIMARY KEY, settings TEXT);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER);
"""
LONGEST_TEXT = 2000
PAGES_BETWEEN_CHECKPOINTS = 8000


def now_text() -> str:
    """The instant as outside interfaces write it: ``yyyy-MM-dd HH:mm:ss``, Shanghai."""
    return datetime.now(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def shortened(value: Any) -> Any:
    """The value with file contents and other very long texts cut, for showing."""
    if isinstance(value, dict):
        return {name: shortened(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value]
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return f"{value[:80]}…（共 {len(value)} 字符）"
    return value


def _written(value: Any) -> str:
    """The value as JSON; numbers and texts beyond what is usual, as somebody may send them, the slow way."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value)


def _read(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return json.loads(text)


class Store:
    """One sandbox's memory. Used from the server's single thread."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._db = sqlite3.connect(folder / "sandbox.sqlite", isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(f"PRAGMA wal_autocheckpoint={PAGES_BETWEEN_CHECKPOINTS}")
        self._db.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: a platform keeps its record and its answer together. May stand within another."""
        inner = self._db.in_transaction
        self._db.execute("SAVEPOINT inner" if inner else "BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK TO inner" if inner else "ROLLBACK")
            if inner:
                self._db.execute("RELEASE inner")
            raise
        self._db.execute("RELEASE inner" if inner else "COMMIT")

    def arrived(self, platform: str, **fields: Any) -> int:
        """Note one call; returns its number."""
        row = {"path": "", "dataset": "", "case_no": "", "key": "", "outcome": "", "status": 0, "note": ""}
        row.update(fields, platform=platform, at=datetime.now(SHANGHAI).isoformat(timespec="milliseconds"))
        for name in ("payload", "answer"):
            row[name] = _written(shortened(row.get(name)))
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        cursor = self._db.execute(f"INSERT INTO arrivals ({names}) VALUES ({marks})", row)  # noqa: S608
        return int(cursor.lastrowid or 0)

    def arrivals(
        self, *, platform: str = "", case_no: str = "", before: int = 0, limit: int = 50
    ) -> list[dict[str, Any]]:
        """Calls, newest first, without their contents; a case is found by either of its two numbers."""
        other = self.get("apply_no", "internal", case_no) or case_no
        other = (self.get("apply_no", "number", case_no) or {}).get("internal_no", other)
        rows = self._db.execute(
            "SELECT id, platform, at, path, dataset, case_no, key, outcome, status, note FROM arrivals"
            " WHERE (? = '' OR platform = ?) AND (? = '' OR case_no LIKE ? OR case_no LIKE ?)"
            " AND (? = 0 OR id < ?)"
            " ORDER BY id DESC LIMIT ?",
            (platform, platform, case_no, f"%{case_no}%", f"%{other}%", before, before, limit),
        )
        return [dict(row) for row in rows]

    def arrival(self, number: int) -> dict[str, Any] | None:
        """One call with what was sent and answered."""
        row = self._db.execute("SELECT * FROM arrivals WHERE id = ?", (number,)).fetchone()
        if row is None:
            return None
        return {**dict(row), "payload": json.loads(row["payload"]), "answer": json.loads(row["answer"])}

    def put(self, platform: str, kind: str, identity: str, data: Any, case_no: str = "") -> int:
        """Keep a record, or replace it as its next version; returns the version."""
        known = self._db.execute(
            "SELECT version FROM records WHERE platform = ? AND kind = ? AND id = ?",
            (platform, kind, identity),
        ).fetchone()
        text = _written(data)
        if known:
            self._db.execute(
                "UPDATE records SET data = ?, version = version + 1, at = ?, case_no = ?"
                " WHERE platform = ? AND kind = ? AND id = ?",
                (text, now_text(), case_no, platform, kind, identity),
            )
            return int(known["version"]) + 1
        self._db.execute(
            "INSERT INTO records VALUES (?, ?, ?, ?, 1, ?, ?, ?)",
            (platform, kind, identity, case_no, now_text(), self.count_up("position"), text),
        )
        return 1

    def get(self, platform: str, kind: str, identity: str) -> Any:
        """One record's data, or ``None``."""
        row = self._db.execute(
            "SELECT data FROM records WHERE platform = ? AND kind = ? AND id = ?", (platform, kind, identity)
        ).fetchone()
        return None if row is None else _read(row["data"])

    def has(self, platform: str, kind: str, identity: str) -> bool:
        """Whether there is such a record."""
        found = self._db.execute(
            "SELECT 1 FROM records WHERE platform = ? AND kind = ? AND id = ?", (platform, kind, identity)
        )
        return found.fetchone() is not None

    def count(self, platform: str, kind: str, case_no: str) -> int:
        """How many records of a kind a case has."""
        found = self._db.execute(
            "SELECT count(*) AS n FROM records WHERE platform = ? AND kind = ? AND case_no = ?",
            (platform, kind, case_no),
        )
        return int(found.fetchone()["n"])

    def records(self, platform: str, kind: str = "", case_no: str = "") -> list[dict[str, Any]]:
        """Records in the order they came, with their versions."""
        rows = self._db.execute(
            "SELECT kind, id, case_no, version, at, data FROM records WHERE platform = ?"
            " AND (? = '' OR kind = ?) AND (? = '' OR case_no = ?) ORDER BY position",
            (platform, kind, kind, case_no, case_no),
        )
        return [{**dict(row), "data": _read(row["data"])} for row in rows]

    def answer(self, platform: str, key: str) -> tuple[str, Any] | None:
        """The digest and the answer of an earlier call with this key."""
        row = self._db.execute(
            "SELECT digest, answer FROM answers WHERE platform = ? AND key = ?", (platform, key)
        ).fetchone()
        return None if row is None else (row["digest"], _read(row["answer"]))

    def remember(self, platform: str, key: str, digest: str, answer: Any) -> None:
        """Keep the answer under its key for repeats."""
        text = _written(answer)
        self._db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", (platform, key, digest, text))

    def count_up(self, name: str) -> int:
        """The next number of a counter, from 1."""
        self._db.execute(
            "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1", (name,)
        )
        row = self._db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
        return int(row["value"])

    def faults(self, platform: str) -> dict[str, Any]:
        """The saved fault switches of a platform."""
        row = self._db.execute("SELECT settings FROM faults WHERE platform = ?", (platform,)).fetchone()
        return {} if row is None else dict(json.loads(row["settings"]))

    def save_faults(self, platform: str, settings: dict[str, Any]) -> None:
        """Keep the fault switches over a restart."""
        self._db.execute("INSERT OR REPLACE INTO faults VALUES (?, ?)", (platform, json.dumps(settings)))

    def totals(self) -> dict[str, dict[str, int]]:
        """Calls by platform and outcome."""
        counts: dict[str, dict[str, int]] = {}
        for row in self._db.execute("SELECT platform, outcome, count(*) AS n FROM arrivals GROUP BY 1, 2"):
            counts.setdefault(row["platform"], {})[row["outcome"]] = row["n"]
        return counts

    def clear_list(self, platform: str) -> None:
        """Empty the list of calls; what the platform knows stays."""
        self._db.execute("DELETE FROM arrivals WHERE platform = ?", (platform,))

    def forget(self, platform: str) -> None:
        """Remove everything a platform received."""
        for table in ("arrivals", "records", "answers"):
            self._db.execute(f"DELETE FROM {table} WHERE platform = ?", (platform,))  # noqa: S608
