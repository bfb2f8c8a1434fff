/** Which files are shown inside the page, and what is said of the others. */
const WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const SHOWN: Record<string, PreviewKind> = { "application/pdf": "pdf", "image/png": "picture", "image/jpeg": "picture", [WORD]: "word" };
const ADVICE: Record<string, string> = {
  "application/msword": "旧版 Word 文件（doc）不能在页面内预览，请下载查看。",
  "application/ofd": "OFD 文件不能在页面内预览，请下载后用 OFD 阅读器打开。",
  "image/vnd.dwg": "DWG 图纸不能在页面内预览，请下载后用看图软件打开。",
  "application/zip": "压缩包不能在页面内预览，请下载后解压查看。",
};

export type PreviewKind = "pdf" | "picture" | "word" | "none";

export const previewKind = (mediaType: string): PreviewKind => SHOWN[mediaType] ?? "none";
export const noPreview = (mediaType: string): string => ADVICE[mediaType] ?? "这种格式不能在页面内预览，请下载后用专用软件打开。";
/** The address of the harmless page that shows a Word file. */
export const wordPage = (fileAddress: string): string => `${fileAddress.split("?")[0] ?? ""}/preview`;
