/** Choices of the filter bar: steps under their standard names (handbook §5.2), districts by their GB/T 2260 codes. */

export interface Choice {
  value: string;
  label: string;
}

export const LIGHTS: Choice[] = [
  { value: "RED", label: "红灯 · 超期" },
  { value: "YELLOW", label: "黄灯 · 将到期" },
  { value: "GREEN", label: "绿灯 · 正常" },
  { value: "GREY", label: "灰灯 · 停钟" },
];

export const NODES: Choice[] = [
  { value: "N05_REVISE", label: "申请人修改" },
  { value: "N15_PREREVIEW", label: "预审" },
  { value: "N20_ACCEPT", label: "受理审查" },
  { value: "N25_SUPPLEMENT", label: "补正" },
  { value: "N30_REVIEW", label: "审查" },
  { value: "N40_CHECK", label: "审核" },
  { value: "N50_APPROVE", label: "审定" },
  { value: "N60_FINISH", label: "办结" },
  { value: "N70_CERT", label: "制证" },
];

export const STATUSES: Choice[] = [
  { value: "PREREVIEW", label: "预审中" },
  { value: "PREREVIEW_FAILED", label: "预审不通过" },
  { value: "ACCEPTING", label: "受理审查" },
  { value: "SUPPLEMENT", label: "补正中" },
  { value: "NOT_ACCEPTED", label: "不予受理" },
  { value: "REVIEWING", label: "审查中" },
  { value: "DECIDED", label: "已决定" },
  { value: "CERTIFYING", label: "制证中" },
  { value: "DONE", label: "办结" },
  { value: "DELIVERED", label: "已送达" },
];

export const DISTRICTS: Choice[] = [
  ["310101", "黄浦区"], ["310104", "徐汇区"], ["310105", "长宁区"], ["310106", "静安区"],
  ["310107", "普陀区"], ["310109", "虹口区"], ["310110", "杨浦区"], ["310112", "闵行区"],
  ["310113", "宝山区"], ["310114", "嘉定区"], ["310115", "浦东新区"], ["310116", "金山区"],
  ["310117", "松江区"], ["310118", "青浦区"], ["310120", "奉贤区"], ["310151", "崇明区"],
].map(([value = "", label = ""]) => ({ value, label }));

export const SORT_WORDS: Record<string, string> = {
  urgent: "按“最急优先”排序：红、黄、绿、灰，同灯按到期日",
  project: "按项目名称",
  number: "按办件编号",
  submitted: "按提交时间",
  due: "按承诺到期日",
};

/** How the list is ordered, in words. */
export const sortWords = (sort: string): string => {
  const words = SORT_WORDS[sort.replace(/^-/, "")] ?? SORT_WORDS.urgent ?? "";
  return sort.startsWith("-") ? `${words}，从后往前` : words;
};
