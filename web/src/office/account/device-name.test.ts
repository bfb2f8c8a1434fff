import { describe, expect, it } from "vitest";
import { deviceName } from "./device-name";
import { problemText, returnPath } from "../sign-in";

describe("signing in", () => {
  it("names a device in a few words", () => {
    expect(deviceName("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0 Safari/537.36 Edg/120.0")).toBe("Edge · Windows");
    expect(deviceName("Mozilla/5.0 (X11; UOS x86_64) Chrome/100 Safari/537.36")).toBe("Chrome · Linux");
    expect(deviceName("")).toBe("未知设备");
  });
  it("goes on only to faces of this site", () => {
    expect(returnPath("/admin/people")).toBe("/admin/people");
    for (const bad of ["//evil", "/office", "https://x/admin", "/admin/../x?y", "/adminx"]) expect(returnPath(bad)).toBe("");
  });
  it("says why a platform sent somebody back", () => expect(problemText("unknown")).toContain("系统管理员"));
});
