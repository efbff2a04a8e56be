import Table from "cli-table3";

/** Frame only: rules with their crossings are drawn here. */
const chars = {
  top: "-",
  "top-left": "+",
  "top-right": "+",
  bottom: "-",
  "bottom-left": "+",
  "bottom-right": "+",
  left: "|",
  right: "|",
  mid: "",
  "left-mid": "",
  "mid-mid": "",
  "right-mid": "",
};
const style = { head: [], border: [], "padding-left": 1, "padding-right": 1 };

/**
 * An ASCII table: headers upper-cased and centred, cells left-aligned. A row goes in as one cell, its columns aligned here: the
 * library's work for a cell is so much that a list of plans would take longer than all the rest of the command.
 */
export function table(headers: readonly string[] | null, rows: readonly (readonly string[])[]): string {
  const all = headers === null ? rows : [headers, ...rows];
  const widths = (all[0] ?? []).map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    widths.map((width, i) => (cells[i] ?? "").padEnd(width)).join(" | ");
  const framed = new Table({ chars, style });
  if (headers !== null) framed.push([line(headers.map((header, i) => centre(header, widths[i] ?? 0)))]);
  framed.push(...rows.map((row) => [line(row)]));
  const [, ...body] = framed.toString().split("\n").slice(0, -1);
  const rule = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+`;
  return [rule, ...(headers === null ? [] : [body.shift() ?? "", rule]), ...body, rule].join("\n");
}

/** The odd space goes right, as in the tool that is mirrored. */
function centre(text: string, width: number): string {
  return " ".repeat(Math.floor((width - text.length) / 2)) + text.toUpperCase();
}
