"""Refusals: the one way the product says no.

A refusal tells a person what is wrong, where it is and what to do next, in Chinese. The HTTP layer
turns it into JSON; nothing below the HTTP layer knows about status codes except through ``status``.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class FieldError:
    """One wrong field of a form: ``path`` such as ``land_use.0.far_area``, its label, and the message."""

    path: str
    label: str
    message: str


@dataclass
class Refusal(Exception):
    """A request that cannot be carried out; the state of the product is unchanged.

    ``code`` is stable and machine readable, ``message`` names the reason, ``hint`` the next step;
    ``wait_seconds`` when it may be tried again, where that is known.
    """

    code: str
    message: str
    hint: str = ""
    fields: list[FieldError] = field(default_factory=list)
    status: int = 400
    wait_seconds: int = 0

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def not_found(what: str = "该内容") -> Refusal:
    """Nothing there, or nothing this person may know of: the two are told apart to nobody."""
    return Refusal("NOT_FOUND", f"未找到{what}，或您无权查看。", "请核对编号，或从列表重新进入。", status=404)


def forbidden(message: str = "您没有办理此项的权限。") -> Refusal:
    """The person may know of the object but not do this to it."""
    return Refusal("FORBIDDEN", message, "如需办理，请联系本单位安全管理员授权。", status=403)


def stale(message: str = "该件刚刚被他人办理。") -> Refusal:
    """The person acted on a page older than the state of the case (another officer was faster)."""
    return Refusal("STALE", message, "已为您保留填写内容，请刷新后核对再办。", status=409)


def invalid(fields: list[FieldError], message: str = "") -> Refusal:
    """Form data that break the definition; every wrong field is named at once."""
    text = message or f"有 {len(fields)} 处需要改正。"
    return Refusal("INVALID", text, "改好后再提交，已填内容不会丢失。", fields, 422)
