import Table from "cli-table3";

const ascii = {
  top: "-",
  "top-mid": "+",
  "top-left": "+",
  "top-right": "+",
  bottom: "-",
  "bottom-mid": "+",
  "bottom-left": "+",
  "bottom-right": "+",
  left: "|",
  "left-mid": "+",
  mid: "-",
  "mid-mid": "+",
  right: "|",
  "right-mid": "+",
  middle: "|",
};
/** No rule between rows, only below the header. */
const noRules = { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" };

/** An ASCII table: headers upper-cased and centred, cells left-aligned. Without headers, rules only above and below. */
export function table(headers: readonly string[] | null, rows: readonly (readonly string[])[]): string {
  const style = { head: [], border: [], "padding-left": 1, "padding-right": 1 };
  if (headers === null) {
    const plain = new Table({ chars: { ...ascii, ...noRules }, style });
    plain.push(...rows.map((row) => [...row]));
    return plain.toString();
  }
  const widths = headers.map((header, i) => Math.max(header.length, ...rows.map((row) => row[i]?.length ?? 0)) + 2);
  const framed = new Table({ chars: { ...ascii, ...noRules }, style, colWidths: widths });
  framed.push(
    headers.map((header, i) => centre(header.toUpperCase(), (widths[i] ?? 2) - 2)),
    ...rows.map((row) => [...row]),
  );
  // cli-table3 has rules between all rows or none; the one below the header is a copy of the top.
  const lines = framed.toString().split("\n");
  const [rule = "", head = "", ...rest] = lines;
  return [rule, head, rule, ...(rows.length === 0 ? [rule] : rest)].join("\n");
}

/** The odd space goes right, as in the tool that is mirrored. */
function centre(text: string, width: number): string {
  const space = width - text.length;
  return " ".repeat(Math.floor(space / 2)) + text + " ".repeat(Math.ceil(space / 2));
}
