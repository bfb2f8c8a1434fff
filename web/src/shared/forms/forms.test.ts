import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compileForm } from "./compiled";
import { evaluateForm } from "./evaluate";
import { isIdCard, isUscc } from "./identifiers";
import { FormStore } from "./store";
import type { FormData, FormDefinition, RowData } from "./types";

const folder = new URL("../../../../src/minfang/services/definitions/BASEMENT_SYNC/", import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as unknown;
const definition = read("form.json") as FormDefinition;
const valid = () => read("samples/valid.json") as FormData;
const form = compileForm(definition);

function problem(change: (data: FormData) => void): ReturnType<typeof evaluateForm> {
  const data = valid();
  change(data);
  return evaluateForm(form, data);
}
const rows = (data: FormData, table: string) => data[table] as RowData[];

describe("the browser's look at the application form", () => {
  test("finds nothing wrong with a complete application", () => {
    expect([...evaluateForm(form, valid()).errors]).toEqual([]);
  });

  test("computes sums of sub-tables and cells of a row", () => {
    const seen = problem((data) => {
      data.land_use = [
        { land_use_code: "Rc", far_area: "3180.00", exempt_area: "320.00" },
        { land_use_code: "C2", far_area: "6450", exempt_area: "" },
      ];
    });
    expect(seen.computed.get("land_use.0.base")).toBe("2860.00");
    expect(seen.computed.get("land_use.1.base")).toBe("6450.00");
    expect(seen.computed.get("far_area")).toBe("9630.00");
  });

  test("leaves to the server what needs its functions", () => {
    expect(evaluateForm(form, valid()).computed.has("required_area")).toBe(false);
  });

  test("says what is wrong with a number in the server's words", () => {
    expect(problem((data) => (data.land_area = "-5")).errors.get("land_area")).toContain("应大于 0，现填 -5");
    expect(problem((data) => (data.gfa_above = "-1")).errors.get("gfa_above")).toContain("不能为负数");
    expect(problem((data) => (data.land_area = "1.234")).errors.get("land_area")).toContain("最多 2 位小数");
    expect(problem((data) => (data.land_area = "一百")).errors.get("land_area")).toContain("应为数字");
  });

  test("counts characters, not code units, of rare names", () => {
    expect(problem((data) => (data.contact_name = "𬬻".repeat(50))).errors.has("contact_name")).toBe(false);
    expect(problem((data) => (data.project_name = "长".repeat(5000))).errors.get("project_name")).toContain("最多 200 个字，现有 5000 个字");
    expect(problem((data) => (data.contact_name = "顾\u200b书言")).errors.get("contact_name")).toContain("不可见");
  });

  test("hides what a condition hides and does not judge it", () => {
    const seen = problem((data) => {
      data.delivery_mode = "DOWNLOAD";
      data.recipient_mobile = "not a number";
    });
    expect(seen.hidden.has("recipient_mobile")).toBe(true);
    expect(seen.errors.has("recipient_mobile")).toBe(false);
    expect(seen.required.has("recipient_mobile")).toBe(false);
  });

  test("fills the places of a message with grouped figures", () => {
    const seen = problem((data) => {
      data.design_area = "5880";
      data.minimum_design_area = data.required_area = "5913.00";
    });
    expect(seen.errors.get("design_area")).toContain("填写 5,880.00 ㎡，比应建面积 5,913.00 ㎡ 少 33.00 ㎡");
  });

  test("names the wrong cell of a sub-table", () => {
    const seen = problem((data) => {
      const row = rows(data, "participants")[0];
      if (row) row.uscc = "123";
    });
    expect(seen.errors.get("participants.0.uscc")).toContain("应为 18 位");
  });
});

describe("a form being filled in", () => {
  test("keeps quiet about a field until it is left", () => {
    const store = new FormStore(definition, valid());
    store.write("postcode", "12");
    store.think();
    expect(store.errors.has("postcode")).toBe(false);
    store.touch("postcode");
    expect(store.errors.get("postcode")).toContain("6 位数字");
    store.write("postcode", "200331");
    store.think();
    expect(store.errors.has("postcode")).toBe(false);
  });

  test("shows the server's errors of an attempted step until the field is changed", () => {
    const store = new FormStore(definition, valid());
    store.attempt("area", { errors: [{ path: "required_area", label: "应建面积", message: "无法核算。" }], warnings: [] });
    expect(store.problems("area").map((one) => one.path)).toEqual(["required_area"]);
    store.attempt("area", { errors: [], warnings: [] });
    expect(store.problems("area")).toEqual([]);
  });

  test("never overwrites what a person types with the answer of a save", () => {
    const store = new FormStore(definition, valid());
    store.write("project_name", "新名称");
    store.receive({ ...valid(), required_area: "6000.00" }, []);
    expect(store.read("project_name")).toBe("新名称");
    expect(store.read("required_area")).toBe("6000.00");
  });

  test("adds, removes and restores rows", () => {
    const store = new FormStore(definition, valid());
    const before = store.rows("land_use").length;
    expect(store.addRow("land_use")).toBe(before);
    const gone = store.removeRow("land_use", 0);
    expect(store.rows("land_use")).toHaveLength(before);
    if (gone) store.insertRow("land_use", 0, gone);
    expect(store.rows("land_use")).toHaveLength(before + 1);
  });

  test("orders errors as the form does and names rows", () => {
    const store = new FormStore(definition, valid());
    store.attempt("units", { errors: [], warnings: [] });
    store.write("clear_height", "");
    store.write("protective_units.1.unit_no", "");
    store.think();
    expect(store.problems("units").map((one) => one.label)).toContain("防护单元 第2行 单元编号");
    expect(store.problems("units")[0]?.label).toBe("净高");
  });
});

test("identifiers are checked by their check characters", () => {
  expect(isUscc("91310107MA1G0X2B6K")).toBe(true);
  expect(isUscc("91310107MA1G0X2B6L")).toBe(false);
  expect(isIdCard("310107198803150002")).toBe(true);
  expect(isIdCard("310107198802300002")).toBe(false);
});
