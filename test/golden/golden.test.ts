import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { registry } from "../../src/commands/registry.ts";
import { newWorld, worldAfter } from "../fakes/world.ts";
import type { RunOptions, World } from "../fakes/world.ts";

/**
 * A file a command line: what it prints and how it ends. The folder's listing is the specification of what users see;
 * UPDATE_GOLDEN=1 writes the files anew.
 */
interface Scene {
  /** What tells it from the same line elsewhere. */
  label?: string;
  /** Command lines run before. */
  after?: readonly string[];
  lines: readonly string[];
  options?: RunOptions;
  /** What else is so. */
  arrange?: (world: World) => void;
}

const added = "addons-add postgresql 1g";
const second = "addons-add postgresql sandbox";
const remove = "addons-remove my-app-3030 --confirm my-app-3030";
const web = { networks: [], label: null, running: true, restarts: 0 };

const scenes: readonly Scene[] = [
  { lines: ["--version", "--help", ...registry.map(({ name }) => `${name} --help`)] },

  { options: { env: { PGADDON_APP: "" } }, label: "no app named", lines: ["addons-add postgresql 1g", "env"] },
  { lines: ["apps", "apps --format json", "create my-app", "create My_App", "create"] },
  { after: ["create my-app"], label: "an app without add-ons", lines: ["create my-app", "addons", "addons-info", "env"] },
  {
    after: [added, "create other"],
    label: "two apps",
    lines: [
      "apps",
      "destroy my-app --confirm my-app",
      "destroy my-app --confirm my-app --purge",
      "destroy other --confirm other",
      "destroy my-app",
    ],
  },

  {
    lines: [
      "addons-list",
      "addons-list --format json",
      "addons-plans postgresql",
      "addons-plans postgresql --format json",
      "addons-plans mysql",
      added,
      "addons-add mysql 1g",
      "addons-add postgresql 3g",
      "addons-add postgresql postgresql-starter-1042",
      "addons-add postgresql business-1g",
      "addons-add postgresql enterprise-4g",
      "addons-add postgresql 1g --pg-version 15",
      "addons-add postgresql 1g --pg-version 12",
      "addons-add postgresql 1g --pg-version new",
      "addons-add postgresql",
      "addons-add postgresql 1g 2g",
      "addons-add postgresql 1g --app My_App",
    ],
  },
  {
    label: "a host of 4 GB",
    arrange: ({ docker }) => void (docker.memory = 4 * 1024 ** 3),
    lines: ["addons-add postgresql 8g"],
  },
  {
    label: "the engine is on another machine",
    arrange: ({ docker }) => void (docker.remote = true),
    lines: ["addons-add postgresql 1g"],
  },
  {
    label: "no Docker",
    arrange: ({ away }) => void away.add("docker"),
    lines: ["addons-add postgresql 2g"],
  },
  {
    label: "no Docker, none asked for",
    arrange: ({ away }) => void away.add("docker"),
    options: { env: { PGADDON_ENGINE: "" } },
    lines: ["addons-add postgresql 1g"],
  },
  {
    label: "port 31000 is taken",
    arrange: ({ docker }) => void docker.takenPorts.push(31_000),
    options: { env: { PGADDON_PORTS: "31000-31000" } },
    lines: ["addons-add postgresql 4g"],
  },
  {
    after: [added],
    label: "one add-on",
    lines: [
      second,
      "addons",
      "addons --format json",
      "addons-info my-app-3030",
      "addons-info --format json",
      "addons-info nope",
      "addons --app my-ap",
      "addons-upgrade my-app-3030 2g",
      "addons-upgrade 512m",
      "addons-upgrade 1g",
      "addons-upgrade my-app-3031 2g",
      "addons-upgrade my-app-3030 2gb",
      "addons-stop",
      "restart --addon my-app-3030",
      remove,
      `${remove} --purge`,
      "addons-remove my-app-3030 --confirm my-app",
      "addons-remove my-app-3030",
      "addons-restore my-app-3030",
      "env",
      "env --format json",
      "env --format dotenv",
      "env --format shell",
      "env --internal",
      "env --format yaml",
      "env-get DATABASE_URL",
      "env-get DATABASE",
      "env-set A=1 B=2",
      "env-set A",
      "env-set SCALINGO_POSTGRESQL_URL=1",
      "env-unset DATABASE_URL",
      "env-unset NOPE",
      "env-unset SCALINGO_POSTGRESQL_URL",
      "restart",
      "restart --synchronous",
      "pgsql-console -c 'SELECT 1'",
      "pgsql-console -- -At -c 'SELECT 1'",
      "logs",
      "logs --lines many",
      "db-tunnel NOPE",
      "apps-link web",
      "apps-unlink web",
      "doctor",
      "doctor --format json",
    ],
  },
  { after: [added], options: { tty: true }, label: "tty", lines: ["addons", "addons-info nope"] },
  { after: [added, second], label: "two add-ons", lines: ["addons-info", "addons-info postgresql", "env"] },
  {
    after: [added, "addons-stop"],
    label: "stopped",
    lines: ["addons", "addons-start", "pgsql-console", "doctor"],
  },
  {
    after: [added, remove],
    label: "removed",
    lines: [
      "addons --removed",
      "addons --removed --format json",
      "addons",
      "addons-restore",
      "env",
    ],
  },
  {
    label: "a container web",
    arrange: ({ docker }) => void (docker.containers["web"] = { ...web }),
    after: [added],
    lines: ["apps-link web", "apps-link wbe", "apps-link"],
  },
  {
    label: "linked",
    arrange: ({ docker }) => void (docker.containers["web"] = { ...web }),
    after: [added, "apps-link web"],
    lines: ["apps-unlink web", "restart", "addons-upgrade my-app-3030 2g"],
  },

  { lines: ["addons-ad", "addon list", "--nope", "addons --nope", "completion tcsh", "help nope", "doctor"] },
];

const folder = import.meta.dirname;
const written = new Set<string>();

for (const { after = [], lines, options = {}, label, arrange } of scenes) {
  for (const line of lines) {
    const name = `${line.startsWith("-") ? "pgaddon " : ""}${line}${label === undefined ? "" : ` (${label})`}.txt`;
    if (written.has(name)) throw new Error(`two scenes are called ${name}`);
    written.add(name);

    test(name, async () => {
      const env = { PGADDON_APP: "my-app", ...options.env };
      const world = arrange === undefined ? await worldAfter(...after.map((before) => `--app my-app ${before}`)) : newWorld();
      if (arrange !== undefined) {
        arrange(world);
        for (const before of after) await world.must(before, { env });
      }
      const { code, stdout, stderr } = await world.run(line, { ...options, env });
      const text = [
        ...after.map((before) => `(after: pgaddon ${before})\n`),
        `$ pgaddon ${line}\n`,
        `exit code: ${code}\n`,
        `--- stdout\n${stdout}`,
        `--- stderr\n${stderr}`,
      ].join("");
      compare(name, withoutChance(world, text));
    });
  }
}

test("no file is left over from a command line that is gone", () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".txt"));
  expect(files.filter((name) => !written.has(name))).toEqual([]);
});

function compare(name: string, text: string): void {
  const path = join(folder, name);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
  expect(text).toBe(existsSync(path) ? readFileSync(path, "utf8") : "(no such file: UPDATE_GOLDEN=1 writes it)");
}

/** Passwords, uuids and folders are different in each run. */
function withoutChance(world: World, text: string): string {
  return text
    .replaceAll(/(postgres:\/\/\w+:)[\w-]{32}@/g, "$1<password>@")
    .replaceAll(/ad-[0-9a-f-]{36}/g, "ad-00000000-0000-4000-8000-000000000000")
    .replaceAll(world.home, "<home>")
    .replaceAll(world.folder, "<folder>");
}
