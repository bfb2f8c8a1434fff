"""A board of indicators as a workbook."""

import io

import xlsxwriter
from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.iam.access import Access
from minfang.supervision.indicators.queries import board

FORMATS = {"percent": "0.0%", "number": "0.0", "count": "0"}


@transaction.atomic
def workbook(access: Access, scope: str, month: str) -> bytes:
    """Cards, trends and works of a board; noted in the trail."""
    shown = board(access, scope, month)
    out = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format({"bold": True})
        forms = [book.add_format({"num_format": FORMATS[card.format]}) for card in shown.cards]
        sheet = book.add_worksheet("指标")
        sheet.write_row(0, 0, ["指标", "单位", "数值", "目标", "达标", "口径"], bold)
        for line, (card, form) in enumerate(zip(shown.cards, forms, strict=True), start=1):
            sheet.write_row(line, 0, [card.title, card.unit])
            sheet.write(line, 2, card.value, form)
            sheet.write(line, 3, card.target, form)
            sheet.write_row(line, 4, ["—" if card.met is None else "是" if card.met else "否", card.basis])
        works = book.add_worksheet("工程")
        works.write_row(0, 0, ["工程编号", "工程", *(card.title for card in shown.cards)], bold)
        for line, row in enumerate(shown.works, start=1):
            works.write_row(line, 0, [row.works_no, row.works])
            for at, (value, form) in enumerate(zip(row.values, forms, strict=True), start=2):
                works.write(line, at, value, form)
        trend = book.add_worksheet("按月")
        moving = [(card, form) for card, form in zip(shown.cards, forms, strict=True) if card.trend]
        if moving:
            trend.write_row(0, 0, ["指标", *(point.month for point in moving[0][0].trend)], bold)
        for line, (card, form) in enumerate(moving, start=1):
            trend.write(line, 0, card.title)
            for at, point in enumerate(card.trend, start=1):
                trend.write(line, at, point.value, form)
    summary = f"导出{shown.label}专项指标 {shown.month}"
    record("indicator.export", person=access.person, target=f"indicators:{shown.scope}", summary=summary)
    return out.getvalue()
