"""Message templates: text with ``${…}`` from a closed list; nothing is evaluated (feature 91)."""

import re
from collections.abc import Mapping

PLACEHOLDERS = {
    "works": "工程名称",
    "unit": "防护单元",
    "room": "房间",
    "place": "位置（工程、层、单元、房间）",
    "sensor": "传感器名称",
    "metric": "监测类型",
    "value": "当前值",
    "unit_name": "计量单位",
    "threshold": "触发值",
    "level": "级别",
    "hold": "持续时长",
    "time": "时间",
}
_HOLE = re.compile(r"\$\{([^{}$]*)\}")


def faults(text: str) -> list[str]:
    """What is wrong with a template, in Chinese; nothing when it is good."""
    found = [
        f"没有 ${{{name}}} 这个变量；可用：{'、'.join(PLACEHOLDERS)}。"
        for name in _HOLE.findall(text)
        if name not in PLACEHOLDERS
    ]
    if "$" in _HOLE.sub("", text):
        found.append("变量要写成 ${名称}，请检查多余的 $ 或缺少的括号。")
    if not text.strip():
        found.append("消息内容不能为空。")
    return found


def fill(text: str, values: Mapping[str, str]) -> str:
    """The template with its values; an unknown name stays as written."""
    return _HOLE.sub(lambda match: values.get(match.group(1), match.group(0)), text)
