"""A model's table as a workbook."""

import io

import xlsxwriter
from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.supervision.anomalies.asking import Asked
from minfang.supervision.anomalies.figures import Model
from minfang.supervision.anomalies.queries import ordered

FORMATS = {"percent": "0.0%", "number": "0.0", "count": "0", "text": "@"}


@transaction.atomic
def workbook(asked: Asked, model: Model) -> bytes:
    """All figures with how they are calculated on a second sheet; noted in the trail."""
    figures = ordered(model.figures(asked), "")
    columns = model.columns(asked)
    out = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(model.title[:31])
        sheet.write_row(0, 0, ["分组", "对象", "说明", *(c.title for c in columns), "判断", "依据"], bold)
        cells = [book.add_format({"num_format": FORMATS[c.format]}) for c in columns]
        for line, figure in enumerate(figures, start=1):
            sheet.write_row(line, 0, [figure.group, figure.label, figure.sub])
            for at, (column, form) in enumerate(zip(columns, cells, strict=True), start=3):
                sheet.write(line, at, figure.cells[column.code], form)
            verdict = "样本不足" if figure.small else "异常" if figure.flagged else "正常"
            sheet.write_row(line, 3 + len(columns), [verdict, figure.reason])
        sheet.freeze_panes(1, 2)
        sheet.set_column(0, 2, 24)
        basis = book.add_worksheet("计算方法")
        basis.write_column(0, 0, [f"统计周期：{asked.period.label}", *model.how()])
        basis.set_column(0, 0, 100)
    summary = f"导出异常监测“{model.title}”{asked.period.label}，{len(figures)} 行"
    record("anomaly.export", person=asked.access.person, target=f"anomaly:{model.code}", summary=summary)
    return out.getvalue()
