"""What the file room reports as broken: no room on the disk, no virus scanner, infected files."""

from collections.abc import Iterator

from minfang.kernel.files import queries as files
from minfang.kernel.operations.findings import BAD, WARN, Finding, source


@source("文件")
def storage() -> Iterator[Finding]:
    """New files cannot be kept."""
    told = files.storage_problem()
    if told:
        yield Finding("文件", told, "上传和文书生成会被拒绝。", "请清理或扩充文件存储空间。", BAD)


@source("文件")
def scanning() -> Iterator[Finding]:
    """Files that wait for the virus scanner, and those it found something in."""
    count, oldest = files.waiting_for_scan()
    if count:
        yield Finding(
            "文件",
            f"{count} 份文件等待病毒扫描",
            "扫描完成前这些文件不可见。",
            "请检查病毒扫描服务（clamd）；恢复后自动继续。",
            BAD,
            count,
            oldest,
        )
    infected = files.quarantined()
    if infected:
        yield Finding(
            "文件",
            f"{infected} 份文件发现病毒，已隔离",
            "",
            "请通知申请人重新提交，并核查来源。",
            WARN,
            infected,
        )
