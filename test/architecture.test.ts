import { fileURLToPath } from "node:url";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";

/** The rules of the design that a machine can check. Each says what it is for; change a rule here and in the design together. */
const root = fileURLToPath(new URL("..", import.meta.url));
const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .sort();
const sources = new Map(files.map((name) => [name, readFileSync(join(root, "src", name), "utf8")]));

interface Import {
  from: string;
  /** A file below src, or a package, without its subpath; `node:` kept. */
  to: string;
  /** Types only: gone when it runs. */
  type: boolean;
  /** import(): loaded when it is used. */
  late: boolean;
}

const imports: Import[] = [...sources].flatMap(([from, text]) => {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const target = (specifier: string): string => {
    if (specifier.startsWith("."))
      return relative(join(root, "src"), resolve(root, "src", dirname(from), specifier));
    if (specifier.startsWith("node:")) return specifier;
    return specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
  };
  const found: Import[] = [];
  for (const [, kind, names, specifier] of code.matchAll(
    /^(?:import|export) (type )?(?:([^"';]*?) from )?"([^"]+)"/gm,
  )) {
    // `import { type A, type B }` is types only as well.
    const onlyTypes = /^\{\s*type [^,]+(,\s*type [^,]+)*,?\s*\}$/.test(names ?? "");
    found.push({ from, to: target(specifier ?? ""), type: kind !== undefined || onlyTypes, late: false });
  }
  for (const [, specifier] of code.matchAll(
    /\b(?:import|require|createRequire\([^)]*\))\(\s*"([^"]+)"\s*\)/g,
  )) {
    found.push({ from, to: target(specifier ?? ""), type: false, late: true });
  }
  return found;
});
const lines = (found: readonly Import[]): string[] => [
  ...new Set(found.map(({ from, to }) => `${from} -> ${to}`)),
];

test("the reading of imports finds what there is", () => {
  expect(imports.length).toBeGreaterThan(200);
  const known = new Set(files);
  expect(lines(imports.filter(({ to }) => to.endsWith(".ts") && !known.has(to)))).toEqual([]);
});

describe("imports point down", () => {
  /** Lower ones know nothing of higher ones. Types may be shared with the layer of the same rank. */
  const layers: readonly (readonly string[])[] = [
    ["errors.ts", "support"],
    ["engines/engine.ts", "state", "output"],
    ["context.ts"],
    ["postgresql"],
    ["engines"],
    ["addons", "operations"],
    ["doctor", "completion/candidates.ts"],
    ["commands"],
    ["program.ts"],
    ["main.ts"],
  ];
  const rankOf = (file: string): number => {
    const exact = layers.findIndex((layer) => layer.includes(file));
    return exact >= 0 ? exact : layers.findIndex((layer) => layer.includes(file.split("/")[0] ?? ""));
  };

  test("every file has its layer", () => {
    // The scripts are made from the registry and asked for by a command: beside the layers, checked below.
    expect(files.filter((file) => rankOf(file) < 0)).toEqual(["completion/scripts.ts"]);
  });

  test("none up, but for types of the context and what it is made of", () => {
    const up = imports.filter(
      ({ from, to, type }) => to.endsWith(".ts") && !type && rankOf(from) >= 0 && rankOf(to) > rankOf(from),
    );
    expect(lines(up)).toEqual([]);
  });

  test("types point down, too, except to the context, which is made of all of them", () => {
    const up = imports.filter(
      ({ from, to, type }) =>
        type &&
        to.endsWith(".ts") &&
        rankOf(from) >= 0 &&
        rankOf(to) > rankOf(from) &&
        from !== "context.ts" &&
        to !== "context.ts",
    );
    expect(lines(up)).toEqual([]);
  });

  test("support knows no word of the project", () => {
    const out = imports.filter(
      ({ from, to }) => from.startsWith("support/") && to.endsWith(".ts") && !to.startsWith("support/"),
    );
    expect(lines(out)).toEqual([]);
  });

  test("only the program, the registry and the completion scripts know commands", () => {
    const knowing = imports.filter(
      ({ from, to }) => to.startsWith("commands/") && !from.startsWith("commands/"),
    );
    expect([...new Set(knowing.map(({ from }) => from))].sort()).toEqual([
      "completion/scripts.ts",
      "program.ts",
    ]);
    const between = imports.filter(
      ({ from, to }) =>
        from.startsWith("commands/") &&
        to.startsWith("commands/") &&
        from !== "commands/registry.ts" &&
        to !== "commands/define.ts",
    );
    // One text that two commands end with.
    expect(lines(between)).toEqual(["commands/env-unset.ts -> commands/env-set.ts"]);
  });

  test("an engine knows nothing of add-ons, and the other engine nothing of it", () => {
    const out = imports.filter(
      ({ from, to, type }) =>
        from.startsWith("engines/") &&
        from !== "engines/select.ts" &&
        !type &&
        /^(addons|operations|doctor|commands|output)\//.test(to),
    );
    expect(lines(out)).toEqual([]);
    const across = imports.filter(
      ({ from, to }) =>
        (from.startsWith("engines/docker") && to.startsWith("engines/local")) ||
        (from.startsWith("engines/local") && to.startsWith("engines/docker")),
    );
    expect(lines(across)).toEqual([]);
  });

  test("an engine's own files are known to the choice of engines alone", () => {
    const knowing = imports.filter(
      ({ from, to, type }) => /^engines\/(docker|local)/.test(to) && !from.startsWith("engines/") && !type,
    );
    // A look at two small files, so that `env` need not load the engine.
    expect(lines(knowing)).toEqual(["addons/find.ts -> engines/local-alive.ts"]);
    const opening = imports.filter(({ to }) => to === "engines/docker.ts" || to === "engines/local.ts");
    expect(lines(opening).sort()).toEqual([
      "engines/select.ts -> engines/docker.ts",
      "engines/select.ts -> engines/local.ts",
    ]);
  });
});

describe("packages", () => {
  /** Who may load a package at run time; everything else goes through them. */
  const importers: Record<string, readonly string[]> = {
    commander: ["program.ts"],
    chalk: ["output/style.ts"],
    "cli-table3": ["output/table.ts"],
    execa: ["support/run.ts"],
    dockerode: ["engines/docker.ts"],
    pg: ["postgresql/client.ts"],
    conf: ["state/store.ts"],
    "@peculiar/x509": ["postgresql/tls.ts"],
    "reflect-metadata": ["postgresql/tls.ts"],
    "fs-native-extensions": ["state/lock.ts"],
    leven: ["support/nearest.ts"],
    dotenv: ["commands/env-set.ts"],
  };

  test.each(Object.entries(importers))("%s has one importer", (name, expected) => {
    const found = imports.filter(({ to, type }) => to === name && !type).map(({ from }) => from);
    expect([...new Set(found)]).toEqual(expected);
  });

  test("zod checks what others wrote: the state, and the local engine's records and indexes", () => {
    const found = new Set(imports.filter(({ to, type }) => to === "zod" && !type).map(({ from }) => from));
    for (const from of found)
      expect(from).toMatch(/^(state\/schema|engines\/local[a-z-]*|engines\/docker[a-z-]*)\.ts$/);
    expect([...found]).toContain("state/schema.ts");
  });

  test("no other package than these is used at run time", () => {
    const known = new Set([...Object.keys(importers), "zod", "tar-stream", "pg-connection-string"]);
    const others = imports.filter(
      ({ to, type }) => !type && !to.startsWith("node:") && !to.endsWith(".ts") && !known.has(to),
    );
    expect(lines(others)).toEqual([]);
  });
});

describe("pure modules", () => {
  const io = /^node:(fs|fs\/promises|net|tls|http|https|child_process|dns|os|worker_threads|dgram)$/;
  const pure = [
    "state/types.ts",
    "addons/environment.ts",
    "addons/plans.ts",
    "addons/describe.ts",
    "postgresql/settings.ts",
    "postgresql/roles.ts",
    "postgresql/versions.ts",
    "engines/engine.ts",
    "operations/operation.ts",
    "support/bytes.ts",
    "support/nearest.ts",
    "output/table.ts",
  ];

  test.each(pure)("%s imports nothing that reads or writes", (file) => {
    expect(files).toContain(file);
    const found = imports.filter(
      ({ from, to, type }) =>
        from === file && !type && (io.test(to) || ["execa", "dockerode", "pg", "conf"].includes(to)),
    );
    expect(lines(found)).toEqual([]);
  });
});

describe("what a command loads at its start", () => {
  /** A file of the bundle, as .tools/build.mjs tells. */
  interface Part {
    fileName: string;
    /** Files loaded with it. */
    imports: string[];
    modules: string[];
  }
  const facts = join(root, "dist/parts.json");
  let parts: readonly Part[] = [];
  beforeAll(() => {
    if (!existsSync(facts)) execFileSync(process.execPath, [".tools/build.mjs"], { cwd: root });
    parts = JSON.parse(readFileSync(facts, "utf8"));
  }, 60_000);

  /** The source of all that is loaded with these modules; what is loaded late is left out. */
  function loadedWith(modules: readonly string[]): Set<string> {
    const seen = new Set<Part>();
    const visit = (part: Part): void => {
      if (seen.has(part)) return;
      seen.add(part);
      for (const next of parts) if (part.imports.includes(next.fileName)) visit(next);
    };
    for (const part of parts) if (part.modules.some((id) => modules.includes(id))) visit(part);
    return new Set([...seen].flatMap((part) => part.modules));
  }

  const heavy = /node_modules\/(execa|dockerode|pg|conf|zod|@peculiar|ssh2|ajv|chalk|tar-stream)\//;

  test.each([
    ["--help and --version", ["main.ts", "program.ts", "commands/registry.ts"]],
    ["env", ["main.ts", "commands/env.ts"]],
    ["addons", ["main.ts", "commands/addons.ts", "output/table.ts"]],
    ["addons-plans", ["main.ts", "commands/addons-plans.ts", "output/table.ts"]],
  ])("%s: none of the heavy packages", (_what, entries) => {
    const loaded = loadedWith(entries.map((entry) => `src/${entry}`));
    for (const entry of entries) expect(loaded).toContain(`src/${entry}`);
    expect([...loaded].filter((module) => heavy.test(module))).toEqual([]);
  });

  test.each([
    ["state/schema.ts", "zod"],
    ["engines/docker.ts", "dockerode"],
    ["postgresql/client.ts", "pg"],
    ["postgresql/tls.ts", "@peculiar"],
  ])("the check would see it: %s loads %s", (source, name) => {
    const loaded = [...loadedWith([`src/${source}`])].filter((module) => heavy.test(module));
    expect(loaded.some((module) => module.includes(`node_modules/${name}/`))).toBe(true);
  });
});

describe("habits", () => {
  test("no file is longer than one sitting", () => {
    const long = [...sources].filter(([, text]) => text.split("\n").length > 351).map(([name]) => name);
    expect(long).toEqual([]);
  });

  test("no barrels, no utils, no folders of one name", () => {
    expect(files.filter((file) => /^(index|utils?|helpers?|common|misc)\.ts$/.test(basename(file)))).toEqual(
      [],
    );
    const again = [...sources]
      .filter(([, text]) => /^export (\*|\{[^}]*\}) from /m.test(text))
      .map(([name]) => name);
    expect(again).toEqual([]);
  });

  test.each([
    ["console", /\bconsole\.\w+\(/, []],
    // A second Ctrl-C, and a reader that went away: nothing else ends the process.
    ["process.exit(", /\bprocess\.exit\(/, ["main.ts"]],
    ["process.exitCode =", /\bprocess\.exitCode\s*=/, ["main.ts"]],
    ["process.argv", /\bprocess\.argv\b/, []],
    ["any", /(:|<|\bas) any\b/, []],
    ["@ts-ignore and its like", /@ts-(ignore|expect-error|nocheck)/, []],
    ["a non-null assertion", /[\w)\]]!(\.|\[|;|,|\))/, []],
    ["a shell's string", /shell:\s*true|\bexecSync\(|\bexec\(`/, []],
  ] as const)("%s is nowhere but where it belongs", (_what, pattern, allowed) => {
    const found = [...sources]
      .filter(([, text]) =>
        pattern.test(
          text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/gm, '""'),
        ),
      )
      .map(([name]) => name);
    expect(found.filter((name) => !allowed.some((each) => each === name))).toEqual([]);
  });

  test("one file a command, named as typed", () => {
    const commands = files
      .filter((file) => file.startsWith("commands/"))
      .map((file) => basename(file, ".ts"));
    const registry = sources.get("commands/registry.ts") ?? "";
    const named = [...registry.matchAll(/name: "([a-z-]+)"/g)].map(([, name = ""]) => name);
    expect(commands.filter((name) => name !== "registry" && name !== "define").sort()).toEqual(named.sort());
  });

  test("no path of somebody's machine, no registry's host", () => {
    const found = [...sources]
      .filter(([, text]) => /\/(home|Users|root|work)\/(?!linuxbrew\b)\w/.test(text))
      .map(([name]) => name);
    expect(found).toEqual([]);
  });
});
