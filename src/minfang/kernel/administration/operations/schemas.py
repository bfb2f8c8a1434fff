"""What the operations page shows."""

from datetime import datetime

from ninja import Schema


class BrokenThing(Schema):
    """One thing that is broken."""

    area: str
    title: str
    detail: str
    advice: str
    severity: str
    count: int
    since: datetime | None
    link: str


class ReadyCheck(Schema):
    name: str
    passed: bool
    detail: str


class ProcessOut(Schema):
    name: str
    pid: int
    host: str
    version: str
    started_at: datetime
    seen_at: datetime
    silent: bool


class JobOut(Schema):
    name: str
    seconds: float
    last_at: datetime
    last_ok_at: datetime | None
    milliseconds: int
    failures: int
    last_error: str


class BackupOut(Schema):
    path: str
    taken_at: datetime
    size: int
    verified_at: datetime | None


class OperationsOut(Schema):
    """How the running product is."""

    at: datetime
    version: str
    findings: list[BrokenThing]
    checks: list[ReadyCheck]
    processes: list[ProcessOut]
    jobs: list[JobOut]
    backups: list[BackupOut]
    free_bytes: int
