/** What Ctrl K finds: cases, and for those who watch works also alarms, works and devices. */
import { session } from "@/shared/session";
import { listAlarms } from "../alarms/api";
import { search } from "../api";
import type { SearchHit } from "../types";
import { listDevices, listWorks } from "../works/api";

const EACH = 5;

async function alarms(keyword: string): Promise<SearchHit[]> {
  const { rows } = await listAlarms({ keyword, sort: "-opened_at", page: 1, size: EACH }, true);
  return rows.map((row) => ({ kind: `预警 · ${row.state_label}`, title: `${row.works} ${row.title}`, detail: row.number, link: `/office/alarms?no=${row.number}` }));
}
async function works(keyword: string): Promise<SearchHit[]> {
  const { rows } = await listWorks({ keyword, size: EACH });
  return rows.map((row) => ({ kind: "工程", title: row.name, detail: row.works_no, link: `/office/works/${row.id}` }));
}
async function devices(keyword: string): Promise<SearchHit[]> {
  const { rows } = await listDevices({ keyword, size: EACH });
  return rows.map((row) => ({ kind: `设备 · ${row.type_label}`, title: `${row.works_name} ${row.name}`, detail: row.device_no, link: `/office/devices/${row.id}` }));
}

/** Everything this person may find; one source that fails leaves the others, all failing is a failure. */
export async function findAll(keyword: string): Promise<SearchHit[]> {
  const sources: [string, (keyword: string) => Promise<SearchHit[]>][] = [
    ["case.read", search],
    ["iot.read", alarms],
    ["works.read", works],
    ["iot.read", devices],
  ];
  const asked = sources.filter(([permission]) => session.has(permission)).map(([, find]) => find(keyword));
  const found = await Promise.allSettled(asked);
  const good = found.filter((one) => one.status === "fulfilled");
  if (found.length && !good.length) throw new Error("no source answered");
  return good.flatMap((one) => one.value);
}
