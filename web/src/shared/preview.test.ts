import { describe, expect, it } from "vitest";
import { noPreview, previewKind, wordPage } from "./preview";

describe("preview", () => {
  it("shows PDF, pictures and docx, and nothing that could act or cannot be drawn", () => {
    expect(previewKind("application/pdf")).toBe("pdf");
    expect(previewKind("image/jpeg")).toBe("picture");
    expect(previewKind("application/vnd.openxmlformats-officedocument.wordprocessingml.document")).toBe("word");
    for (const kind of ["image/svg+xml", "image/vnd.dwg", "application/msword", "application/ofd", "text/html"]) {
      expect(previewKind(kind)).toBe("none");
      expect(noPreview(kind)).toContain("请下载");
    }
  });

  it("finds the page of a Word file beside the file", () => {
    expect(wordPage("/api/files/1?download=true")).toBe("/api/files/1/preview");
  });
});
