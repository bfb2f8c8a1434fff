"""A complete case as the case repository wants it; the tests break one thing at a time."""

from typing import Any

OFFICE = "12310000DEM000057E"
OFFICE_NAME = "上海市浦东新区国防动员办公室"
APPLICANT = "上海浦江示例置业有限公司"
ITEM = "新建民用建筑防空地下室同步建设审批"
REGION = "310115000000"


def base_info(number: str, **changes: Any) -> dict[str, Any]:
    task = "1131000000000000001000112090036"
    return {
        "orgbusno": "PD042026112200001",
        "projid": number,
        "projpwd": "a1b2c3",
        "itemno": "312090036000",
        "catalogcode": "000112090036",
        "taskcode": task,
        "taskhandleitem": task + "01",
        "itemname": "新建民用建筑防空地下室同步建设审批",
        "itemversion": "1",
        "regionid": REGION,
        "itemtype": "01",
        "itemregionid": REGION,
        "projectname": f"关于{APPLICANT}的{ITEM}",
        "applicant": APPLICANT,
        "applyertype": "2",
        "applyerpagetype": "001",
        "applyerpagecode": "91310115MA1DEM0158",
        "applydate": "2026-11-20 09:00:00",
        "submit": "2",
        "legalman": "陈嘉禾",
        "applicantname": "周明宇",
        "applicanttype": "111",
        "applicantcode": "310104199007250024",
        "applicantmobile": "13800000101",
        "address": "上海市浦东新区",
        "acceptdeptname": OFFICE_NAME,
        "acceptdeptid": "SH-310115",
        "acceptdeptcode": OFFICE,
        "approvaltype": "2",
        "promisetimelimit": 8,
        "promisetimeunit": "1",
        "timelimit": 20,
        "timeunit": "1",
        "datasources": "1",
        "isagency": "0",
        "isdraft": "0",
        "ischain": "0",
        "datasourcessysname": "上海民防一体化平台",
        "systemlevel": "2",
        **changes,
    }


def step(number: str, sn: int, kind: str = "1", result: str = "4", **changes: Any) -> dict[str, Any]:
    return {
        "projid": number,
        "regionid": REGION,
        "sn": sn,
        "nodename": "受理",
        "nodecode": "N20_ACCEPT",
        "nodetype": kind,
        "noderesult": result,
        "nodeprocername": "沈嘉禾",
        "procunit": "SH-310115",
        "procunitname": OFFICE_NAME,
        "procdeptcode": OFFICE,
        "nodestarttime": "2026-11-20 10:00:00",
        "nodeendtime": "2026-11-20 11:00:00",
        "nodeadv": "同意受理",
        "serviceidentify": "0",
        **changes,
    }


def done(number: str, **changes: Any) -> dict[str, Any]:
    return {
        "projid": number,
        "regionid": REGION,
        "doneresult": "0",
        "isdeliveryresults": "1",
        "resulttype": "20",
        "occurtime": "2026-11-21 10:00:00",
        "certificatenam": "准予行政许可决定书",
        "certificateno": "浦国动审〔2026〕001号",
        "publisher": OFFICE_NAME,
        "isfee": "0",
        "transactor": "沈嘉禾",
        **changes,
    }
