"""Declared measures: a dataset says once what may be counted, by what and for whom.

Statistics pages, drill-downs, exports, reports and screens all ask through ``queries``; so a figure means the
same wherever it is shown, and every figure leads to the rows behind it.
"""
