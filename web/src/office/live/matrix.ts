/** Kinds of sensors by what they watch over (handbook §9.2). */
export const CATEGORIES = [
  { code: "ENV", name: "环境" },
  { code: "GAS", name: "气体" },
  { code: "WATER", name: "涉水" },
  { code: "PROTECT", name: "防护设备" },
  { code: "VENT", name: "通风" },
  { code: "POWER", name: "电源" },
  { code: "SECURITY", name: "安防" },
  { code: "STRUCT", name: "结构" },
  { code: "DEVICE", name: "设备自身" },
];
