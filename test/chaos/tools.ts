import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { EngineName } from "../../src/engines/engine.ts";
import { containersOf, docker } from "../e2e/docker.ts";
import { waitFor } from "../e2e/wait.ts";
import { addonOf, cli } from "../e2e/world.ts";
import type { ProgramResult } from "../support/cli.ts";
import type { Home } from "../support/home.ts";
import { sql } from "../support/sql.ts";

/** Refused in words for a person: this exit code, an error line that says `words`, no defect. */
export async function refusedFor(
  home: Home,
  words: RegExp,
  args: readonly string[],
  { code = 1, env = {} }: { code?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  return refusal(await cli(args, { home, env }), words, code);
}

/** Run a command that must succeed in this environment; its standard output. */
export async function doneWith(home: Home, env: NodeJS.ProcessEnv, args: readonly string[]): Promise<string> {
  return success(await cli(args, { home, env })).stdout;
}

export function success(result: ProgramResult): ProgramResult {
  expect(result.code === 0 ? "" : result.stderr || `exit code ${result.code}`).toBe("");
  return result;
}

export function refusal({ code, stderr, stdout }: ProgramResult, words: RegExp, expected = 1): string {
  expect({ code, stderr, stdout }).toMatchObject({ code: expected, stderr: expect.stringMatching(words) });
  expect(stderr).toMatch(/^ ! {5}\S/m);
  expect(stderr).not.toMatch(/Unexpected|defect|\n\s+at /);
  return stderr;
}

/** Rows, as soon as the server answers: one that was just told to start may refuse at first. */
export async function rowsFrom(url: string, text: string): Promise<Record<string, unknown>[]> {
  return waitFor(`an answer to ${text}`, async () => sql(url, text).catch(() => undefined));
}

/** What carries the label of this home on Docker. */
export async function objectsOf(home: Home): Promise<string[]> {
  const filters = { label: [`pgaddon.home=${home.id() ?? "none"}`] };
  const [containers, volumes, networks] = await Promise.all([
    containersOf(home),
    docker().listVolumes({ filters }),
    docker().listNetworks({ filters }),
  ]);
  return [
    ...containers.map(({ Names }) => `container ${Names[0]?.slice(1)}`),
    ...(volumes.Volumes ?? []).map(({ Name }) => `volume ${Name}`),
    ...networks.map(({ Name }) => `network ${Name}`),
  ].toSorted();
}

/** Where the local servers of a home have their folders. */
export function serversOf(home: Home): string {
  return process.getuid?.() === 0
    ? join(process.env["PGADDON_LOCAL_ROOT"] || "/var/lib/pgaddon", home.id() ?? "none")
    : join(home.path, "local");
}

/** Everything of this home that the engine has; networks of apps are told apart from databases. */
export async function leftOf(home: Home, engine: EngineName): Promise<string[]> {
  if (engine === "docker") return objectsOf(home);
  try {
    return readdirSync(serversOf(home));
  } catch {
    return [];
  }
}

/** The postmaster of an add-on, as this machine numbers it. */
export async function postmasterOf(home: Home, id: string): Promise<number> {
  if (addonOf(home, id).engine === "local") {
    return Number(readFileSync(join(serversOf(home), id, "pgdata/postmaster.pid"), "utf8").split("\n")[0]);
  }
  const found = (await containersOf(home)).find(({ Labels }) => Labels["pgaddon.instance"] === id);
  if (found === undefined) throw new Error(`there is no container of ${id}`);
  return (await docker().getContainer(found.Id).inspect()).State.Pid;
}

/** A server whose checkpointer stands still answers as ever, but cannot shut down: a change of it takes as long as a test likes. */
export async function holdShutdown(home: Home, id: string): Promise<() => void> {
  const postmaster = await postmasterOf(home, id);
  const pid = await waitFor("the checkpointer", () =>
    readdirSync("/proc")
      .map(Number)
      .find((candidate) => candidate > 0 && isCheckpointer(candidate, postmaster)),
  );
  process.kill(pid, "SIGSTOP");
  return () => {
    // Called again, and after its end.
    if (isCheckpointer(pid, postmaster)) process.kill(pid, "SIGCONT");
  };
}

function isCheckpointer(pid: number, parent: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return (
      new RegExp(`^PPid:\\s+${parent}$`, "m").test(status) &&
      readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("checkpointer")
    );
  } catch {
    return false;
  }
}

/** Every file and folder below, with its permission bits: `600 tls/x.json`. */
export function permissions(folder: string, below = ""): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    const mode = (statSync(join(folder, path)).mode & 0o777).toString(8);
    return entry.isDirectory() ? [`${mode} ${path}/`, ...permissions(folder, path)] : [`${mode} ${path}`];
  });
}

/** Content of every file below; locks are left out, they name who came last. */
export function contents(folder: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (path === "locks") continue;
    if (entry.isDirectory()) Object.assign(found, contents(folder, path));
    else found[path] = readFileSync(join(folder, path), "latin1");
  }
  return found;
}
