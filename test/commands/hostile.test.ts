import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commandNames, registry } from "../../src/commands/registry.ts";
import { filesIn, oneAddon } from "../fakes/world.ts";
import type { World } from "../fakes/world.ts";

/** Every entry with its command loaded. */
const commands = await Promise.all(
  registry.map(async (entry) => ({ ...entry, command: await entry.load() })),
);

/** What people, scripts and attackers type where a name is due. */
const nasty = [
  "",
  " ",
  "a b",
  "../../etc/passwd",
  "/etc/passwd",
  "a/b",
  "..",
  ".",
  "-",
  "--",
  "-x",
  "--nope",
  "-rf",
  "'",
  '"',
  "`id`",
  "$(id)",
  "a;id",
  "a\nb",
  "a\r\nb",
  "\t",
  "\u001b[31mred",
  "\u001b]0;title\u0007",
  "a\bb",
  "\u0085",
  "\u202egnp.exe",
  "\u200b",
  "é",
  "日本",
  "😀",
  "x".repeat(300),
  "x".repeat(40_000),
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "undefined",
  "0",
  "-1",
  "1e9",
  "%s",
  "%00",
  "MY-APP",
  "my-app-3030 ",
];
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...nasty) },
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc
    .tuple(fc.constantFrom(...nasty), fc.constantFrom(...nasty))
    .map(([a, b]) => a.slice(0, 100) + b.slice(0, 100)),
);
// What can be an argument of a process, and names nothing that is there.
const typed = name
  .map((text) => text.replaceAll("\0", ""))
  .filter((text) => !/^(my-app(-3030)?|postgres(ql)?|psql|pgsql)$/i.test(text));

async function expectRefused(world: World, argv: readonly string[]): Promise<void> {
  const before = { state: world.bytes(), machine: structuredClone(world.docker), files: filesIn(world.home) };
  const result = await world.run(argv, { stdin: "" });
  const where = JSON.stringify(argv.map((word) => word.slice(0, 100)));
  expect([1, 2], `${where}\n${result.screen}`).toContain(result.code);
  expect(result.stderr, where).toMatch(/^ ! {5}.*\S/m);
  expect(result.stderr, where).not.toMatch(/Unexpected:|defect/);
  // Nothing that steers a terminal, and no more of it than one wants to read.
  expect(result.stdout, where).toBe("");
  expect(result.stderr, where).not.toMatch(/[^\P{C}\n]/u);
  expect(result.stderr.length, where).toBeLessThan(2000);
  expect({ state: world.bytes(), machine: world.docker, files: filesIn(world.home) }, where).toEqual(before);
  expect(existsSync(join(world.folder, ".."))).toBe(true);
  expect(filesIn(world.folder)).toEqual([]);
}

const runs = { numRuns: 60 };

describe("names that are none: exit 1 or 2, a message, nothing changed", () => {
  test.each(nasty.map((text) => [JSON.stringify(text).slice(0, 60), text] as const))(
    "%s, wherever a name is due",
    async (_shown, text) => {
      const world = await oneAddon();
      if (!/^[a-z]*$/.test(text)) await expectRefused(world, [`--app=${text}`, "env-set", "A=1"]);
      await expectRefused(world, ["--app", "my-app", "addons-add", "postgresql", "--", text]);
      await expectRefused(world, [
        "--app",
        "my-app",
        "addons-remove",
        "--confirm",
        "my-app-3030",
        "--",
        text || "nope",
      ]);
      await expectRefused(world, ["destroy", `--confirm=${text}`, "--", text]);
    },
  );

  test("apps", async () => {
    const world = await oneAddon();
    const lines = fc.constantFrom(
      ["env"],
      ["addons"],
      ["addons-add", "postgresql", "1g"],
      ["env-set", "A=1"],
      ["destroy"],
      ["logs"],
    );
    const notApp = typed.filter((text) => !/^[a-z]([a-z0-9-]{0,46}[a-z0-9])?$/.test(text));
    await fc.assert(
      fc.asyncProperty(notApp, lines, async (app, line) => {
        await expectRefused(world, [...line, `--app=${app}`]);
        await expectRefused(world, ["-a", app, ...line]);
        await expectRefused(world, ["create", "--", app]);
      }),
      runs,
    );
  });

  test("add-ons", async () => {
    const world = await oneAddon();
    const lines = fc.constantFrom(
      ["addons-info"],
      ["addons-stop"],
      ["addons-start"],
      ["addons-remove", "--confirm=my-app-3030"],
      ["addons-restore"],
    );
    const missing = typed.filter((text) => text !== "");
    await fc.assert(
      fc.asyncProperty(missing, lines, async (addon, line) => {
        await expectRefused(world, ["--app", "my-app", ...line, "--", addon]);
        await expectRefused(world, ["--app", "my-app", ...line, `--addon=${addon}`]);
        await expectRefused(world, ["--app", "my-app", "addons-upgrade", "--", addon, "2g"]);
      }),
      runs,
    );
  });

  test("plans and types", async () => {
    const world = await oneAddon();
    const notPlan = typed.filter((text) => !/^(sandbox|free|\d+[mg]|postgresql-.*)$/i.test(text));
    await fc.assert(
      fc.asyncProperty(notPlan, async (plan) => {
        await expectRefused(world, ["--app", "my-app", "addons-add", "postgresql", "--", plan]);
        await expectRefused(world, ["--app", "my-app", "addons-upgrade", "my-app-3030", "--", plan]);
        await expectRefused(world, ["--app", "my-app", "addons-add", "--", plan, "1g"]);
        await expectRefused(world, ["addons-plans", "--", plan]);
      }),
      runs,
    );
  });

  test("variables", async () => {
    const world = await oneAddon();
    const notVariable = typed.filter(
      (text) => !/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(text) && !text.includes("="),
    );
    await fc.assert(
      fc.asyncProperty(notVariable, async (variable) => {
        await expectRefused(world, ["--app", "my-app", "env-set", "--", `${variable}=1`]);
        await expectRefused(world, ["--app", "my-app", "env-set", "--", "A=1", variable]);
        await expectRefused(world, ["--app", "my-app", "env-get", "--", variable]);
        await expectRefused(world, ["--app", "my-app", "env-unset", "--", variable]);
        await expectRefused(world, ["--app", "my-app", "db-tunnel", "--", variable]);
      }),
      runs,
    );
  });

  test("values of options", async () => {
    const world = await oneAddon();
    await fc.assert(
      fc.asyncProperty(typed, async (value) => {
        const app = ["--app", "my-app"];
        if (!/^\d+$/.test(value)) {
          await expectRefused(world, [...app, "logs", `--lines=${value}`]);
          await expectRefused(world, [...app, "addons-add", "postgresql", "1g", `--pg-version=${value}`]);
        }
        await expectRefused(world, [...app, "addons-add", "postgresql", "1g", `--engine=${value}`]);
        await expectRefused(world, [...app, "addons", `--format=${value}`]);
        // Spaces around it are not what one is asked to type, and not wrong either.
        if (value.trim() !== "my-app-3030")
          await expectRefused(world, [...app, "addons-remove", `--confirm=${value}`]);
        await expectRefused(world, [...app, "db-tunnel", `--port=${/^\d+$/.test(value) ? "99999" : value}`]);
        await expectRefused(world, [...app, "apps-link", "--", value || "nope"]);
        await expectRefused(world, [...app, "apps-unlink", "--", value || "nope"]);
        await expectRefused(world, ["completion", "--", value]);
      }),
      runs,
    );
  });

  test("commands", async () => {
    const world = await oneAddon();
    const known = new Set([
      ...commandNames(),
      "help",
      "__complete",
      "addons",
      "env",
      "apps",
      "run",
      "logs",
      "doctor",
      "create",
      "restart",
      "destroy",
      "completion",
    ]);
    const unknown = typed.filter(
      (text) =>
        !known.has(text) &&
        !/^(-h|--help|-v|-V|--version|--|-)?$/.test(text) &&
        !/^(-a|--ap|--ad)/.test(text),
    );
    await fc.assert(
      fc.asyncProperty(unknown, async (command) => {
        await expectRefused(world, [command, "x"]);
        await expectRefused(world, ["--app", "my-app", command]);
      }),
      runs,
    );
  });

  test("arguments too many and too few, for every command", async () => {
    const world = await oneAddon();
    for (const { name: command, command: definition } of commands) {
      const needed = definition.args.filter((argument) => argument.startsWith("<"));
      const variadic = definition.args.some((argument) => argument.includes("..."));
      if (needed.length > 0) await expectRefused(world, ["--app", "my-app", command]);
      if (!variadic)
        await expectRefused(world, [
          "--app",
          "my-app",
          command,
          ...definition.args.map(() => "x"),
          "one-too-many",
        ]);
      await expectRefused(world, ["--app", "my-app", command, "--nonsense"]);
    }
  });

  test("the environment is no more trusted than what is typed", async () => {
    const world = await oneAddon();
    await fc.assert(
      fc.asyncProperty(
        typed.filter((text) => text !== ""),
        async (value) => {
          const before = world.bytes();
          for (const env of [{ PGADDON_ENGINE: value }, { PGADDON_PORTS: value }]) {
            const { code, stderr } = await world.run("--app my-app addons-add postgresql 1g", { env });
            expect([1, 2]).toContain(code);
            expect(stderr).not.toMatch(/Unexpected:|[^\P{C}\n]/u);
          }
          const { code, stderr } = await world.run("--app my-app addons-info", {
            env: { PGADDON_ADDON: value },
          });
          expect(code).toBe(1);
          expect(stderr).not.toMatch(/Unexpected:|[^\P{C}\n]/u);
          expect(world.bytes()).toBe(before);
        },
      ),
      runs,
    );
  });
});
