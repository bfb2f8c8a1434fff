/** A table as a file a spreadsheet opens; no cell is taken for a formula. */
const plain = (cell: string | number): string => {
  const text = String(cell);
  return `"${(/^[=+@\t]|^-(?!\d)/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
};
export const csvOf = (rows: (string | number)[][]): string => `\ufeff${rows.map((row) => row.map(plain).join(",")).join("\r\n")}\r\n`;

export function saveCsv(name: string, rows: (string | number)[][]): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csvOf(rows)], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
