"""Fill a form of the portal in as a person does: by typing, choosing and ticking what its fields show."""

from typing import Any

Words = dict[str, list[dict[str, Any]]]


def _css(path: str) -> str:
    return "[id='field-" + path + "']"


def fill_step(page: Any, definition: dict[str, Any], step: str, data: dict[str, Any]) -> None:
    """Fill in every field of a step that is shown and that ``data`` has a value for."""
    groups = next(s for s in definition["steps"] if s["key"] == step)["groups"]
    words = definition.get("dictionaries", {})
    for group in groups:
        for field in group["fields"]:
            value = data.get(field["path"])
            if field.get("computed") or field.get("readonly") or value in (None, "", []):
                continue
            if field["type"] == "table":
                _fill_table(page, field, value, words)
            else:
                _fill(page, field, field["path"], value, words)


def _fill_table(page: Any, field: dict[str, Any], rows: list[dict[str, Any]], words: Words) -> None:
    path = field["path"]
    for index, row in enumerate(rows):
        if page.locator(_css(f"{path}.{index}")).count() == 0 and not _has_row(page, field, index):
            page.locator(f"[id='add-{path}']").click()
        for column in field["columns"]:
            value = row.get(column["path"])
            if column.get("computed") or column.get("readonly") or value in (None, "", []):
                continue
            _fill(page, column, f"{path}.{index}.{column['path']}", value, words)


def _has_row(page: Any, field: dict[str, Any], index: int) -> bool:
    return bool(page.locator(_css(f"{field['path']}.{index}.{field['columns'][0]['path']}")).count())


def _fill(page: Any, field: dict[str, Any], path: str, value: Any, words: Words) -> None:
    control = page.locator(_css(path))
    if control.count() == 0:
        page.wait_for_timeout(150)  # a field that another one brings up
    if control.count() == 0:
        return
    kind = control.first.evaluate("e => e.tagName + ':' + (e.type || '')")
    if kind in ("INPUT:radio", "INPUT:checkbox") and field["type"] == "boolean":
        if kind.endswith("checkbox"):
            control.set_checked(bool(value))
        else:
            control.check() if value else page.locator(_css(f"{path}-false")).check()
    elif kind == "INPUT:radio":
        chosen = page.locator(_css(f"{path}-{value}"))
        (chosen if chosen.count() else control).check()
    elif kind.startswith("SELECT"):
        control.select_option(str(value))
    elif kind.startswith("BUTTON"):
        control.click()
        options = field.get("options") or words[field["options_from"]]
        labels = {option["value"]: option["label"] for option in options}
        panel = page.locator(".mf-choice-panel")
        for one in value:
            panel.get_by_label(labels[one], exact=True).check()
        panel.get_by_role("button", name="选好了").click()
    elif control.is_enabled():
        control.fill(str(value))
        control.blur()
