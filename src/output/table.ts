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

/** The library's work grows with the square of the number of rows. */
const ROWS_AT_ONCE = 25;

/**
 * An ASCII table: headers upper-cased and centred, cells left-aligned. A row goes in as one cell, its columns aligned here: the
 * library's work for a cell is so much that a list of plans would take longer than all the rest of the command.
 */
export function table(headers: readonly string[] | null, rows: readonly (readonly string[])[]): string {
  const all = headers === null ? rows : [headers, ...rows];
  const widths = (all[0] ?? []).map((_, i) =>
    all.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), 0),
  );
  const line = (cells: readonly string[]): string =>
    widths.map((width, i) => (cells[i] ?? "").padEnd(width)).join(" | ");
  const rule = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+`;
  const head = headers?.map((header, i) => centre(header, widths[i] ?? 0));
  return [
    rule,
    ...(head === undefined ? [] : [...framed([line(head)]), rule]),
    ...framed(rows.map(line)),
    rule,
  ].join("\n");
}

/** Lines between the frame's sides. */
function framed(lines: readonly string[]): string[] {
  const done: string[] = [];
  for (let at = 0; at < lines.length; at += ROWS_AT_ONCE) {
    const part = new Table({ chars, style });
    part.push(...lines.slice(at, at + ROWS_AT_ONCE).map((line) => [line]));
    done.push(...part.toString().split("\n").slice(1, -1));
  }
  return done;
}

/** The odd space goes right, as in the tool that is mirrored. */
function centre(text: string, width: number): string {
  return " ".repeat(Math.floor((width - text.length) / 2)) + text.toUpperCase();
}
