import { fileURLToPath } from "node:url";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "vitest";
import type { EngineName } from "../../src/engines/engine.ts";
import type { Addon, State } from "../../src/state/types.ts";
import { openEngineOf } from "../contract/instance.ts";
import { cli as plainCli, cliEnvironment, runProgram } from "../support/cli.ts";
import type { ProgramOptions, ProgramResult } from "../support/cli.ts";
import type { Home } from "../support/home.ts";
import { waitFor } from "./wait.ts";

export const program = join(fileURLToPath(new URL("../..", import.meta.url)), "bin/pgaddon.js");

/**
 * Ports of this worker's own, and hardly ever those of another run on this machine: homes know nothing of each other, and one
 * that finds its port gone takes the next one, with another number for the add-on.
 */
function ports(): NodeJS.ProcessEnv {
  const worker = Number(process.env["VITEST_POOL_ID"] ?? 1) % 4;
  const first = 31_000 + 500 * ((process.ppid % 2) * 4 + worker);
  return { PGADDON_PORTS: `${first}-${first + 499}` };
}

export async function cli(
  args: readonly string[],
  options: ProgramOptions & { home: Home },
): Promise<ProgramResult> {
  return plainCli(args, { ...options, env: { ...ports(), ...options.env } });
}

/** Run a command that must succeed; its standard output. */
export async function done(home: Home, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(args, { home });
  expect({ args, code, stderr: code === 0 ? "" : stderr }).toEqual({ args, code: 0, stderr: "" });
  return stdout;
}

/** Run a command that must fail with this exit code; what it said. */
export async function refused(home: Home, code: number, ...args: string[]): Promise<string> {
  const result = await cli(args, { home });
  expect({ args, code: result.code, output: result.code === code ? "" : result.stderr }).toEqual({
    args,
    code,
    output: "",
  });
  expect(result.stderr).not.toMatch(/Unexpected:|\n {4}at /);
  return result.stderr;
}

export function stateOf(home: Home): State {
  return JSON.parse(readFileSync(join(home.path, "state.json"), "utf8"));
}

export function addonOf(home: Home, id: string): Addon {
  const addon = stateOf(home).addons[id];
  if (addon === undefined) throw new Error(`the store has no ${id}`);
  return addon;
}

/** Add a database to an app; its entry and its URL. */
export async function add(
  home: Home,
  engine: EngineName,
  app: string,
  plan = "sandbox",
): Promise<{ id: string; url: string }> {
  const stdout = await done(home, "--app", app, "addons-add", "postgresql", plan, "--engine", engine);
  const id = /ID: (\S+)/.exec(stdout)?.[1] ?? "";
  return { id, url: await urlOf(home, id) };
}

export async function urlOf(home: Home, id: string): Promise<string> {
  const { app, variable } = addonOf(home, id);
  return (await done(home, "--app", app, "env-get", variable)).trim();
}

/** psql, as a user runs it. */
export async function psql(url: string, sql: string, env: NodeJS.ProcessEnv = {}): Promise<ProgramResult> {
  const { PATH } = process.env;
  return runProgram("psql", ["-X", "-A", "-t", "-w", "-c", sql, url], {
    env: { PATH, ...env },
    timeoutMs: 60_000,
  });
}

/** A command that goes on while the test does something else. */
export interface Running {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Exit code, 128 + signal for a signal. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export function begin(home: Home, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [program, ...args], {
    env: cliEnvironment(home, { ...ports(), ...env }),
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined);
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** The home and its engines agree, and doctor finds nothing wrong: no stray, nothing missing, nothing half done. */
export async function expectSound(home: Home, names: readonly EngineName[]): Promise<void> {
  const doctor = await cli(["doctor"], { home });
  expect(doctor.stdout.split("\n").filter((line) => /^(error|warning)/.test(line))).toEqual([]);
  expect(doctor.code).toBe(0);
  const { addons, apps } = stateOf(home);
  for (const name of names) {
    const engine = await openEngineOf(name, home);
    const known = Object.values(addons).filter((addon) => addon.engine === name);
    try {
      const objects = await engine.list();
      const of = (kind: string) => objects.filter((object) => object.kind === kind);
      expect(
        of("instance")
          .map(({ instance }) => instance)
          .sort(),
      ).toEqual(known.map(({ id }) => id).sort());
      expect(
        of("data")
          .map(({ instance }) => instance)
          .sort(),
      ).toEqual(known.map(({ id }) => id).sort());
      expect(of("helper")).toEqual([]);
      const running = of("instance").flatMap(({ instance, running: runs }) => (runs ? [instance] : []));
      const wanted = known.flatMap(({ id, status }) => (status === "running" ? [id] : []));
      expect(running.sort()).toEqual(wanted.sort());
      const networks = Object.values(apps).flatMap(({ network }) => (network === null ? [] : [network]));
      expect(of("network").every(({ reference }) => networks.includes(reference))).toBe(true);
    } finally {
      await engine.close?.();
    }
  }
  expect(Object.values(addons).filter(({ operation }) => operation !== null)).toEqual([]);
  expectTidy(home);
}

/** Nothing in home but what belongs there: a temporary file left behind would have passwords in it. */
export function expectTidy(home: Home): void {
  const { addons } = stateOf(home);
  const known = [
    ...["home-id", "locks", "state.json", "state.json.previous", "tls", "user"],
    ...Object.keys(addons).map((id) => `tls/${id}.json`),
  ];
  const found = [
    ...readdirSync(home.path),
    ...(existsSync(join(home.path, "tls"))
      ? readdirSync(join(home.path, "tls")).map((name) => `tls/${name}`)
      : []),
  ];
  expect(found.filter((name) => !known.includes(name) && !name.startsWith("state.json.unreadable-"))).toEqual(
    [],
  );
  const base =
    process.getuid?.() === 0
      ? join(process.env["PGADDON_LOCAL_ROOT"] || "/var/lib/pgaddon", home.id() ?? "")
      : join(home.path, "local");
  for (const { id, engine } of Object.values(addons)) {
    if (engine !== "local") continue;
    const files = ["", "conf", "tls", "run"].flatMap((folder) => readdirSync(join(base, id, folder)));
    expect(files.filter((name) => name.startsWith(".") && !name.startsWith(".s.PGSQL."))).toEqual([]);
  }
}

/** A port that nobody has right now. */
export async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Addresses that somebody listens on with this port, as the kernel has them. */
export function listeners(port: number): string[] {
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, "utf8")
      .split("\n")
      .slice(1)
      .flatMap((line) => {
        const [, local = "", , status] = line.trim().split(/\s+/);
        const [address = "", hex = ""] = local.split(":");
        return status === "0A" && Number.parseInt(hex, 16) === port ? [address] : [];
      }),
  );
}

/** Wait until a running command has printed this. */
export async function printed(running: Running, pattern: RegExp, seconds = 30): Promise<RegExpExecArray> {
  return waitFor(
    `${pattern} from a command that printed so far: ${running.stdout()}${running.stderr()}`,
    () => pattern.exec(running.stdout()) ?? undefined,
    seconds,
  );
}
