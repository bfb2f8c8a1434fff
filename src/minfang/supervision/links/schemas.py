"""Parts of the pages of links."""

from datetime import datetime
from typing import Any

from pydantic import Field

from minfang.kernel.base.schemas import Option, Schema


class SourceIn(Schema):
    name: str = Field(min_length=1, max_length=80)
    kind: str = Field(pattern="^(POSTGRES|MYSQL|KINGBASE|DM|ORACLE|CSV|XLSX|HTTP)$")
    host: str = Field("", max_length=200)
    port: int | None = Field(None, ge=1, le=65535)
    database: str = Field("", max_length=100)
    schema_name: str = Field("", max_length=100)
    username: str = Field("", max_length=100)
    password: str = Field("", max_length=200)
    path: str = Field("", max_length=300)
    options: dict[str, Any] = {}
    note: str = Field("", max_length=300)


class SourceChange(SourceIn):
    version: int


class LinkSwitchIn(Schema):
    enabled: bool


class LinkIn(Schema):
    source_id: int
    name: str = Field(min_length=1, max_length=80)
    target: str = Field("READINGS", pattern="^(READINGS|DEVICES|EVENTS)$")
    relation: str = Field("", max_length=128)
    query: str = Field("", max_length=4000)
    mapping: dict[str, Any]
    sync_kind: str = Field(pattern="^(FULL|INCR_ID|INCR_DATE|PARTIAL_FULL)$")
    watermark_column: str = Field("", max_length=128)
    key_columns: list[str] = Field([], max_length=4)
    overlap: int = Field(0, ge=0, le=100_000_000)
    range_hours: int | None = Field(None, ge=1, le=24 * 3660)
    time_zone: str = Field("Asia/Shanghai", max_length=40)
    page_size: int = 5000
    cron: str = Field("", max_length=60)
    retries: int = Field(3, ge=0, le=10)
    expected_delay: int | None = Field(None, ge=60, le=86400 * 60)


class LinkChange(LinkIn):
    version: int


class WatermarkIn(Schema):
    value: str = Field("", max_length=100)


class SourceLookIn(Schema):
    relation: str = Field("", max_length=128)
    query: str = Field("", max_length=4000)


class ConnectionStepOut(Schema):
    name: str
    passed: bool
    text: str
    hint: str


class SourceTableOut(Schema):
    name: str
    view: bool


class SourceColumnOut(Schema):
    name: str
    kind: str
    native: str
    key: bool
    time_forms: list[str]


class SourcePreviewOut(Schema):
    columns: list[SourceColumnOut]
    rows: list[list[str | None]]


class LinkTrialRowOut(Schema):
    row: int
    passed: bool
    text: str


class LinkHealthOut(Schema):
    code: str
    label: str
    tone: str
    reason: str


class SourceOut(Schema):
    """A data source; whether a password is kept, never the password."""

    id: int
    version: int
    name: str
    kind: str
    kind_label: str
    office: str
    address: str
    host: str
    port: int | None
    database: str
    schema_name: str
    username: str
    has_password: bool
    path: str
    options: dict[str, Any]
    note: str
    enabled: bool
    state: str
    state_label: str
    state_reason: str
    tested_at: datetime | None
    links: int
    sync_kinds: list[str]
    last_success_at: datetime | None
    next_run_at: datetime | None
    late_seconds: int | None
    health: LinkHealthOut


class SourceList(Schema):
    """A page of sources; ``everything`` and ``ill`` count all of them, narrowed or not."""

    items: list[SourceOut]
    total: int
    page: int
    size: int
    everything: int
    ill: int
    may_manage: bool


class LinkOut(Schema):
    id: int
    version: int
    name: str
    source_id: int
    source_name: str
    source_kind_label: str
    target: str
    target_label: str
    relation: str
    sync_kind: str
    sync_label: str
    watermark_words: str
    cron: str
    enabled: bool
    state: str
    state_label: str
    next_run_at: datetime | None
    last_success_at: datetime | None
    late_seconds: int | None
    failures: int
    open_run_id: int | None
    progress: int | None
    health: LinkHealthOut


class LinkDetail(LinkOut):
    query: str
    mapping: dict[str, Any]
    watermark_column: str
    key_columns: list[str]
    overlap: int
    range_hours: int | None
    time_zone: str
    page_size: int
    retries: int
    expected_delay: int | None
    upcoming: list[datetime]


class LinkList(Schema):
    """A page of links; ``everything`` and ``ill`` count all of them, narrowed or not."""

    items: list[LinkOut]
    total: int
    page: int
    size: int
    everything: int
    ill: int
    may_manage: bool


class LinkRunOut(Schema):
    id: int
    link_id: int
    link_name: str
    source_name: str
    state: str
    state_label: str
    trigger_label: str
    sync_label: str
    attempt: int
    requested_by: str
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    seconds: int | None
    expected: int | None
    read: int
    written: int
    duplicates: int
    dropped: int
    failed: int
    source_count: int | None
    store_count: int | None
    watermark_before: str
    watermark_after: str
    unusual: str
    error_code: str
    error: str
    refusals: int


class LinkRunList(Schema):
    items: list[LinkRunOut]
    total: int
    page: int
    size: int


class LinkRefusalOut(Schema):
    row: int
    code: str
    reason: str
    data: dict[str, str]


class LinkRefusalList(Schema):
    items: list[LinkRefusalOut]
    total: int


class LinkDayOut(Schema):
    day: str
    succeeded: int
    failed: int
    written: int
    refused: int


class DeviceFieldOut(Option):
    required: bool


class LinkOptions(Schema):
    kinds: list[Option]
    targets: list[Option]
    sync_kinds: list[Option]
    run_states: list[Option]
    time_forms: list[Option]
    metrics: list[Option]
    device_fields: list[DeviceFieldOut]
    ports: dict[str, int]
