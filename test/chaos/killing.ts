import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { EngineName } from "../../src/engines/engine.ts";
import type { Operation, OperationKind } from "../../src/state/types.ts";
import { makeHome } from "../support/home.ts";
import type { Home } from "../support/home.ts";
import { sql } from "../support/sql.ts";
import type { Running } from "../e2e/world.ts";
import { add, addonOf, begin, cli, done, expectSound, expectTidy, stateOf, urlOf } from "../e2e/world.ts";

/** A home with a database that has rows in it and is to survive everything. */
export interface Victim {
  home: Home;
  engine: EngineName;
  id: string;
  url: string;
  rows: number;
}

export async function newVictim(engine: EngineName): Promise<Victim> {
  const home = await makeHome();
  const { id, url } = await add(home, engine, "victim", "512m");
  await sql(url, "CREATE TABLE kept (n int); INSERT INTO kept SELECT generate_series(1, 2000)");
  return { home, engine, id, url, rows: 2000 };
}

/** When a running command is hit: as soon as the journal shows this step, or after so many milliseconds. */
export type Moment = { step: string } | { ms: number };

interface Case {
  args(victim: Victim): string[];
  /** Bring the victim to where the command makes sense. */
  before?(victim: Victim): Promise<void>;
}

const app = ["--app", "victim"];
const cases: Partial<Record<OperationKind, Case>> &
  Record<"provision" | "upgrade" | "stop" | "remove" | "restore", Case> = {
  provision: {
    args: ({ engine }) => ["--app", "newcomer", "addons-add", "postgresql", "sandbox", "--engine", engine],
  },
  upgrade: {
    args: ({ home, id }) => [...app, "addons-upgrade", id, addonOf(home, id).plan === "1g" ? "512m" : "1g"],
  },
  stop: { args: ({ id }) => [...app, "addons-stop", id] },
  remove: { args: ({ id }) => [...app, "addons-remove", id, "--confirm", id] },
  restore: {
    args: ({ id }) => [...app, "addons-restore", id],
    before: async ({ home, id }) => {
      await done(home, ...app, "addons-remove", id, "--confirm", id);
    },
  },
};

export type Killable = keyof typeof cases & ("provision" | "upgrade" | "stop" | "remove" | "restore");

function operationIn(home: Home, kind: OperationKind): Operation | undefined {
  try {
    const { addons } = stateOf(home);
    return Object.values(addons).find(({ operation }) => operation?.kind === kind)?.operation ?? undefined;
  } catch {
    return undefined;
  }
}

/** Send the signal at that moment; false when the command was over before. */
async function hit(
  home: Home,
  running: Running,
  kind: OperationKind,
  moment: Moment,
  signal: NodeJS.Signals,
): Promise<boolean> {
  let over = false;
  void running.ended.then(() => (over = true));
  if ("ms" in moment) await Promise.race([sleep(moment.ms), running.ended]);
  else {
    while (!over && operationIn(home, kind)?.step !== moment.step)
      await new Promise((next) => setImmediate(next));
  }
  if (over) return false;
  running.child.kill(signal);
  return true;
}

/** Start the command, hit it, let the next command settle it, and see that all is well. False when it was over before. */
export async function strike(
  victim: Victim,
  kind: Killable,
  moment: Moment,
  signal: "SIGKILL" | "SIGINT" = "SIGKILL",
): Promise<boolean> {
  const { home, engine, id, url, rows } = victim;
  await cases[kind].before?.(victim);
  const planBefore = addonOf(home, id).plan;
  const args = cases[kind].args(victim);
  const running = begin(home, args);
  const struck = await hit(home, running, kind, moment, signal);
  const { code } = await running.ended;
  if (!struck) expect({ args, code, stderr: running.stderr() }).toMatchObject({ code: 0 });
  if (struck && signal === "SIGINT") {
    expect({ args, code, stderr: running.stderr() }).toMatchObject({ code: 130 });
    // Ctrl-C leaves nothing to be settled.
    expect(operationIn(home, kind)).toBeUndefined();
  }

  // The next command, whatever it is; the new app may be gone with its only add-on.
  const newcomer = await cli(["--app", "newcomer", "addons"], { home });
  if (newcomer.code !== 0) expect(newcomer.stderr).toContain("'newcomer' was not found");
  if (kind === "remove" || kind === "restore") await cli([...app, "addons", "--removed"], { home });
  await done(home, ...app, "addons").catch(async (error: unknown) => {
    // Nothing but a removed add-on: the app itself stays.
    throw error;
  });
  await expectSound(home, [engine]);
  expectTidy(home);

  // Every add-on of the new app is whole, and then goes.
  for (const made of Object.values(stateOf(home).addons).filter((addon) => addon.app === "newcomer")) {
    expect(await sql(await urlOf(home, made.id), "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await done(home, "--app", "newcomer", "addons-remove", made.id, "--confirm", made.id, "--purge");
  }
  const { status, plan } = addonOf(home, id);
  if (kind === "upgrade") {
    const [row] = await sql(url, "SHOW shared_buffers");
    expect(row).toEqual({ shared_buffers: plan === "1g" ? "256MB" : "128MB" });
    if (signal === "SIGINT" && "step" in moment && moment.step === "apply" && struck)
      expect(plan).toBe(planBefore);
  } else expect(plan).toBe(planBefore);
  if (status === "stopped") await done(home, ...app, "addons-start", id);
  if (status === "removed") await done(home, ...app, "addons-restore", id);
  expect(await urlOf(home, id)).toBe(url);
  expect(await sql(url, "SELECT count(*)::int AS n FROM kept")).toEqual([{ n: rows }]);
  const passwordless = readFileSync(join(home.path, "locks", `addon-${id}`), "utf8");
  expect(passwordless).not.toContain(addonOf(home, id).password);
  return struck;
}
