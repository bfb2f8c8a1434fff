import { describe, expect, it } from "vitest";
import type { Verb } from "../types";
import { actionButtons, dialogOf, missingFor } from "./verbs";

const verb = (over: Partial<Verb>): Verb => ({
  verb: "complete", outcome: "AGREE", target: "", label: "同意", tone: "default", opinion_required: false, needs: [], ...over,
});

describe("the action bar", () => {
  it("puts the likely action first, dangerous ones last and only one solid", () => {
    const buttons = actionButtons([
      verb({ label: "不予", outcome: "NO", tone: "danger" }),
      verb({ verb: "transfer", label: "转派", needs: ["person"] }),
      verb({ label: "准予", tone: "primary" }),
      verb({ label: "另准", outcome: "B", tone: "primary" }),
    ]);
    expect(buttons.map((one) => one.label)).toEqual(["准予", "另准", "转派", "不予"]);
    expect(buttons.filter((one) => one.tone === "primary")).toHaveLength(1);
  });
  it("makes the only way on the solid one, but never a transfer or a return", () => {
    expect(actionButtons([verb({ label: "办结" })])[0]?.tone).toBe("primary");
    expect(actionButtons([verb({ verb: "withdraw", label: "撤回" })])[0]?.tone).toBe("default");
  });
  it("gathers several return targets under one button", () => {
    const returns = ["N15_PREREVIEW", "N20_ACCEPT"].map((target) => verb({ verb: "return", outcome: "", target, label: `退回${target}` }));
    const buttons = actionButtons(returns);
    expect(buttons).toHaveLength(1);
    expect(buttons[0]).toMatchObject({ label: "退回", dialog: "return" });
    expect(buttons[0]?.verbs).toHaveLength(2);
  });
  it("knows which dialog a verb needs", () => {
    expect(dialogOf(verb({ verb: "supplement", needs: ["items"] }))).toBe("supplement");
    expect(dialogOf(verb({ verb: "transfer", needs: ["person"] }))).toBe("transfer");
    expect(dialogOf(verb({ verb: "return", needs: ["opinion"] }))).toBe("return");
    expect(dialogOf(verb({ tone: "danger" }))).toBe("confirm");
    expect(dialogOf(verb({ verb: "withdraw" }))).toBe("confirm");
    expect(dialogOf(verb({}))).toBe("none");
  });
  it("says what is missing before sending", () => {
    expect(missingFor(verb({ opinion_required: true }), "  ")).toContain("须填写意见");
    expect(missingFor(verb({}), "字".repeat(501))).toContain("500");
    expect(missingFor(verb({ opinion_required: true }), "同意。")).toBe("");
  });

  it("keeps what is done aside under one button, and asks what each needs", () => {
    const found = actionButtons([
      verb({ verb: "complete", outcome: "OK", label: "同意", tone: "primary" }),
      verb({ verb: "add_signer", label: "加签", needs: ["person", "when"] }),
      verb({ verb: "hand_over", label: "转派其他单位", needs: ["office"] }),
      verb({ verb: "suspend", label: "启动特别程序", needs: ["until", "reason"] }),
      verb({ verb: "ask_cancel", label: "报批撤销", tone: "danger", needs: ["reason"] }),
    ]);
    expect(found.filter((button) => button.aside).map((button) => button.dialog)).toEqual(["transfer", "transfer", "reason", "reason"]);
    expect(found.filter((button) => !button.aside).map((button) => button.label)).toEqual(["同意"]);
  });
});
