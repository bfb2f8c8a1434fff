"""What went wrong at a source, said so that a person knows what to do."""

from minfang.kernel.base.errors import Refusal
from minfang.supervision.links.refusals import unusable

PASSWORD = ("28P01", "28000", "1045", "ORA-01017", "password authentication", "Access denied")
DATABASE = ("3D000", "FATAL:  database", "1049", "ORA-12514", "Unknown database")
TABLE = ("42P01", "1146", "ORA-00942", "UndefinedTable", "doesn't exist")
COLUMN = ("42703", "1054", "ORA-00904", "UndefinedColumn")
RIGHTS = ("42501", "1142", "1044", "ORA-01031", "InsufficientPrivilege")
REFUSED = ("Connection refused", "Errno 111", "ECONNREFUSED", "2003")
TIMEOUT = ("57014", "3024", "1969", "timeout", "timed out", "QueryCanceled")
WORDS: list[tuple[tuple[str, ...], str, str, str]] = [
    (PASSWORD, "WRONG_PASSWORD", "用户名或密码不对。", "请核对后重新填写密码。"),
    (DATABASE, "NO_DATABASE", "没有这个数据库。", "请核对数据库名。"),
    (TABLE, "NO_TABLE", "没有这个表或视图。", "请从列表中重新选择，并核对模式名。"),
    (COLUMN, "NO_COLUMN", "没有映射中的字段，源表结构可能已改变。", "请重新预览并检查字段映射。"),
    (RIGHTS, "NO_RIGHTS", "该账号无权读取。", "请对方管理员授予只读权限。"),
    (TIMEOUT, "TIMEOUT", "对方在限定时间内没有回答。", "请稍后重试；经常如此时请检查索引或减小每页行数。"),
    (REFUSED, "REFUSED", "对方拒绝连接。", "请核对端口，以及数据库服务是否已启动。"),
]


def told(error: BaseException) -> Refusal:
    """A refusal for any error of a source; what is not known is told with the class of the error only."""
    if isinstance(error, Refusal):
        return error
    cause = getattr(error, "orig", None) or error
    state = str(getattr(cause, "sqlstate", "") or "")
    number = str(cause.args[0]) if getattr(cause, "args", ()) else ""
    spoken = f"{state} {number[:12]} {type(cause).__name__} {cause}"
    for signs, code, message, hint in WORDS:
        if any(sign in spoken for sign in signs):
            return unusable(code, message, hint)
    return Refusal(
        "SOURCE_FAILED",
        f"数据源出错（{type(cause).__name__}）。",
        "请查看运行记录，或联系数据源的管理员。",
        status=422,
    )
