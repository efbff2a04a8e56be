import fc from "fast-check";
import { expect, test } from "vitest";
import { table } from "../../src/output/table.ts";

test("as in the tool that is mirrored", () => {
  const rows = [["PostgreSQL", "ad-11111111-2222-3333-4444-555555555555", "postgresql-starter-512"]];
  expect(table(["Addon", "ID", "Plan"], rows)).toBe(`\
+------------+-----------------------------------------+------------------------+
|   ADDON    |                   ID                    |          PLAN          |
+------------+-----------------------------------------+------------------------+
| PostgreSQL | ad-11111111-2222-3333-4444-555555555555 | postgresql-starter-512 |
+------------+-----------------------------------------+------------------------+`);
});

test("cells narrower than their header", () => {
  expect(
    table(
      ["Long header", "B"],
      [
        ["x", "1"],
        ["yy", "22"],
      ],
    ),
  ).toBe(`\
+-------------+----+
| LONG HEADER | B  |
+-------------+----+
| x           | 1  |
| yy          | 22 |
+-------------+----+`);
});

test("centring: the odd space goes right", () => {
  expect(table(["ab"], [["12345"]]).split("\n")[1]).toBe("|  AB   |");
  expect(table(["ab"], [["1234"]]).split("\n")[1]).toBe("|  AB  |");
  expect(table(["ab"], [["123"]]).split("\n")[1]).toBe("| AB  |");
});

test("an empty list is header and rules", () => {
  expect(table(["Addon", "ID"], [])).toBe(`\
+-------+----+
| ADDON | ID |
+-------+----+
+-------+----+`);
});

test("without headers, rules only above and below", () => {
  expect(
    table(null, [
      ["Status", "running"],
      ["ID", "x"],
    ]),
  ).toBe(`\
+--------+---------+
| Status | running |
| ID     | x       |
+--------+---------+`);
});

test("whatever the cells, every line is as wide, and splitting at | gives the cells back", () => {
  const cell = fc.stringMatching(/^[ -{}~]{0,40}$/);
  const shape = fc.integer({ min: 1, max: 5 }).chain((columns) => {
    const row = fc.array(cell, { minLength: columns, maxLength: columns });
    return fc.tuple(
      fc.array(fc.stringMatching(/^[A-Z ]{1,20}$/), { minLength: columns, maxLength: columns }),
      fc.array(row, { maxLength: 6 }),
    );
  });
  fc.assert(
    fc.property(shape, ([headers, rows]) => {
      const lines = table(headers, rows).split("\n");
      expect(new Set(lines.map((line) => line.length)).size).toBe(1);
      expect(lines).toHaveLength(rows.length + 4);
      const cells = lines.slice(3, -1).map((line) =>
        line
          .slice(1, -1)
          .split("|")
          .map((text) => text.slice(1).trimEnd()),
      );
      expect(cells).toEqual(rows.map((row) => row.map((text) => text.trimEnd())));
    }),
  );
});

test("a thousand rows are whole and take work in proportion to their number", () => {
  const rows = Array.from({ length: 2000 }, (_, i) => [`my-app-${i}`, "1g"]);
  const spent = (count: number): number => {
    const before = process.cpuUsage();
    expect(table(["ID", "Plan"], rows.slice(0, count)).split("\n")).toHaveLength(count + 4);
    return process.cpuUsage(before).user;
  };
  spent(500);
  // Squared it would be sixteen times as much; what the machine adds of its own stays far below that.
  expect(spent(2000) / spent(500)).toBeLessThan(10);
});
