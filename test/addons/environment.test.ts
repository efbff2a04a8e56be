import { execFileSync } from "node:child_process";
import { parse } from "dotenv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkVariable, formatEnvironment, resolve, resolveAll } from "../../src/addons/environment.ts";

/** Values that shells and readers of .env files trip over, made of what they give a meaning to. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        "`",
        "$",
        "\\",
        "\n",
        "\r",
        " ",
        "#",
        "=",
        "$HOME",
        "${HOME}",
        "$(id)",
        "\\n",
        "!",
        "\t",
        "é",
        "😀",
        "*",
      ),
      fc.string({ maxLength: 5 }),
      fc.string({ unit: "binary", maxLength: 5 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join("").replaceAll("\0", ""))
  // What a process can be given: text that UTF-8 can hold.
  .filter((value) => Buffer.from(value).toString() === value);
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,10}$/);
const environments = fc.dictionary(name, hostile, { maxKeys: 6, noNullPrototype: true });

describe("formats are read back as they were", () => {
  test("shell: eval gives the values, whatever is in them", () => {
    // A shell has variables of its own that cannot be set.
    const free = environments.map((values) =>
      Object.fromEntries(Object.entries(values).map(([key, value]) => [`V_${key}`, value])),
    );
    fc.assert(
      fc.property(free, (values) => {
        const script = `${formatEnvironment(values, "shell")}\nexec "$NODE" -e 'process.stdout.write(JSON.stringify(process.env))'`;
        const env = { PATH: process.env["PATH"], NODE: process.execPath };
        const found: unknown = JSON.parse(execFileSync("sh", ["-c", script], { env, encoding: "utf8" }));
        expect(found).toMatchObject(values);
      }),
      { numRuns: 30 },
    );
  });

  test("shell: nothing in a value is run", () => {
    const values = { A: "'; exit 3; '", B: "$(exit 3)", C: "`exit 3`", D: "\n exit 3\n" };
    execFileSync("sh", [
      "-ec",
      `eval "$1"; test "$A" = "'; exit 3; '"`,
      "sh",
      formatEnvironment(values, "shell"),
    ]);
    expect(Object.keys(values)).toHaveLength(4);
  });

  test("dotenv: its own package reads the values", () => {
    const simple = fc.dictionary(
      name,
      hostile.filter((value) => !cannotBeWritten(value)),
      { maxKeys: 6, noNullPrototype: true },
    );
    fc.assert(
      fc.property(simple, (values) => {
        expect({ ...parse(formatEnvironment(values, "dotenv")) }).toEqual(values);
      }),
      { numRuns: 500 },
    );
  });

  test("plain: NAME=value, as it is", () => {
    expect(formatEnvironment({ A: "1", B: "$A 'x'" }, "plain")).toBe("A=1\nB=$A 'x'");
    expect(formatEnvironment({}, "plain")).toBe("");
  });
});

/** The format has no escape for its own quotes: all three kinds of them, or one with a carriage return, are out of its reach. */
function cannotBeWritten(value: string): boolean {
  const single = !/['\r]/.test(value);
  const backtick = !/[`\r]/.test(value);
  const double = !/"|\\[nr]/.test(value);
  // A last backslash escapes any closing quote.
  return value.endsWith("\\") ? !/^[^\s'"`#][^#\r\n]*$/.test(value) : !(single || backtick || double);
}

describe("aliases", () => {
  test("resolving ends, and its answer is a value that stands somewhere", () => {
    const some = fc.constantFrom("A", "B", "C", "D", "__proto__", "constructor");
    const values = fc.dictionary(
      some,
      fc.oneof(
        some.map((other) => `$${other}`),
        fc.constantFrom("", "x", "$", "$$A", "$A b"),
      ),
    );
    fc.assert(
      fc.property(values, some, (environment, start) => {
        const found = resolve(environment, start);
        if (!Object.hasOwn(environment, start)) expect(found).toBeUndefined();
        else expect(Object.values(environment)).toContain(found);
      }),
    );
  });

  test("all of them at once", () => {
    expect(resolveAll({ A: "$B", B: "1", C: "$D" })).toEqual({ A: "1", B: "1", C: "$D" });
  });
});

describe("the platform's rules", () => {
  test("what is let through can be written and read by every format", () => {
    fc.assert(
      fc.property(fc.oneof(name, fc.string()), hostile, (variable, value) => {
        const fits = /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(variable) && value !== "";
        if (fits) expect(() => checkVariable(variable, value)).not.toThrow();
        else expect(() => checkVariable(variable, value)).toThrow(/is invalid: /);
      }),
    );
  });
});
