import { variableFor } from "../addons/environment.ts";
import { addonsOf, own } from "../addons/find.ts";
import { keepAuthority, readRecord } from "../addons/instance.ts";
import { findPlan } from "../addons/plans.ts";
import type { Context } from "../context.ts";
import type { Engine } from "../engines/engine.ts";
import { UserError, messageOf } from "../errors.ts";
import type { AddonRecord } from "../postgresql/instance-files.ts";
import { STATE_VERSION } from "../state/types.ts";
import type { Addon, App, State } from "../state/types.ts";

const FIRST_NUMBER = 3030;

/**
 * Make the state file anew: from the document before the last change, where that can still be read, and, over it, from what
 * lies beside each add-on's data. Resolves to the ids found; undefined when the state file could be read after all.
 */
export async function rebuildState(
  context: Context,
  engines: readonly Engine[],
): Promise<string[] | undefined> {
  const found: Found[] = [];
  const networks: Networks = new Map();
  let used = FIRST_NUMBER - 1;
  for (const engine of engines) {
    for (const object of await engine.list()) {
      if (object.kind === "network" && object.app !== null) networks.set(object.app, object.reference);
      // A number is never used twice, also where nothing tells more than it.
      used = Math.max(used, numberOf(object.instance ?? ""));
      if (object.kind !== "data" || object.instance === null) continue;
      try {
        const record = await soundRecord(engine, object.instance);
        const { status } = await engine.inspect(object.instance);
        found.push({ record, running: status === "running" });
      } catch (error) {
        context.output.warn(`${object.reference}: ${messageOf(error)}; it is left alone`);
      }
    }
  }
  const { problemOf } = await import("../state/schema.ts");
  const replaced = await context.store.replaceUnreadable((homeId, previous) => {
    // What the document before says stands where nothing newer is found: engines may be away, data may be unreadable.
    const state: State = {
      version: STATE_VERSION,
      home_id: homeId,
      next_number: Math.max(used + 1, Math.trunc(previous?.next_number ?? 0)),
      apps: sound(previous?.apps, (app) => problemOf("app", app)),
      addons: sound(previous?.addons, (addon) => problemOf("addon", addon)),
    };
    for (const addon of Object.values(state.addons)) {
      makeApp(state, addon);
      state.next_number = Math.max(state.next_number, numberOf(addon.id) + 1);
    }
    // Of two with one variable, the one that is in use keeps it.
    const runningFirst = [...found].sort((a, b) => Number(b.running) - Number(a.running));
    for (const each of runningFirst) put(state, each, networks);
    return state;
  });
  if (!replaced) return undefined;
  for (const { record } of found) keepAuthority(context, record.addon.id, record.authority);
  return found.map(({ record }) => record.addon.id);
}

/** Take one add-on that the store does not know back into it. */
export async function adopt(context: Context, engine: Engine, instance: string): Promise<void> {
  const record = await soundRecord(engine, instance).catch((error: unknown) => {
    throw new UserError(`${messageOf(error)}; it is left alone`, { cause: error });
  });
  const { status } = await engine.inspect(instance);
  const networks: Networks = new Map();
  for (const { kind, app, reference } of await engine.list()) {
    if (kind === "network" && app !== null) networks.set(app, reference);
  }
  const { id } = record.addon;
  const taken = await context.store.update((state) => {
    // Somebody else may have done it by now.
    const known = Object.values(state.addons).some(({ nodes }) =>
      nodes.some((node) => node.instance === instance),
    );
    if (known) return false;
    if (own(state.addons, id) !== undefined)
      throw new UserError(`The store has another ${id}; this one is left alone`);
    put(state, { record, running: status === "running" }, networks);
    return true;
  });
  if (taken) keepAuthority(context, id, record.authority);
}

interface Found {
  record: AddonRecord;
  running: boolean;
}

/** By app, as the engines' labels have them. */
type Networks = Map<string, string>;

/** The record beside an instance's data, fit to be written into the store. Throws UserError. */
async function soundRecord(engine: Engine, instance: string): Promise<AddonRecord> {
  const record = await readRecord(engine, instance);
  if (record === undefined) throw new UserError("it has no readable record beside its data");
  const { problemOf } = await import("../state/schema.ts");
  const problem =
    problemOf("addon", entryOf(record)) ??
    (findPlan(record.addon.plan) === undefined ? `plan ${record.addon.plan} is unknown` : undefined);
  if (problem !== undefined) throw new UserError(`the record beside its data is invalid: ${problem}`);
  const { nodes, engine: name, id } = record.addon;
  if (name !== engine.name || !nodes.some((node) => node.instance === instance))
    throw new UserError(`the record beside its data is of another add-on: ${id} on ${name}`);
  return record;
}

/** A record says what the data is; what becomes of the add-on was never the record's to say. */
function entryOf({ addon }: AddonRecord): Addon {
  return { ...addon, operation: null, status: "stopped", removed_at: null, purge_at: null, alias: null };
}

function sound<T>(
  entries: Record<string, T> | undefined,
  problem: (entry: T) => string | undefined,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(structuredClone(entries ?? {})).filter(([, entry]) => problem(entry) === undefined),
  );
}

function put(state: State, { record, running }: Found, networks: Networks): void {
  const before = own(state.addons, record.addon.id);
  const addon = entryOf(record);
  if (running) addon.status = "running";
  else if (before?.status === "removed") {
    const { status, removed_at, purge_at, alias } = before;
    Object.assign(addon, { status, removed_at, purge_at, alias });
  }
  // Bringing an add-on back may change its variable, which its record does not learn.
  addon.variable = before?.variable ?? addon.variable;
  delete state.addons[addon.id];
  const app = makeApp(state, addon);
  app.network ??= networks.get(addon.app) ?? null;
  if (addon.status !== "removed") {
    app.removed_at = null;
    const taken = addonsOf(state, app.name).some(({ variable }) => variable === addon.variable);
    if (taken) addon.variable = variableFor(state, app.name, numberOf(addon.id));
    else if (addon.variable === "SCALINGO_POSTGRESQL_URL")
      app.variables["DATABASE_URL"] ??= `$${addon.variable}`;
  }
  state.addons[addon.id] = addon;
  // Oldest first, as everybody expects them.
  state.addons = Object.fromEntries(
    Object.entries(state.addons).sort(([a], [b]) => numberOf(a) - numberOf(b)),
  );
  state.next_number = Math.max(state.next_number, numberOf(addon.id) + 1);
}

/** The add-on's app, made when it is not there. */
function makeApp(state: State, { app: name, created_at }: Addon): App {
  const known = own(state.apps, name);
  if (known !== undefined) return known;
  const app = { name, created_at, removed_at: null, variables: {}, network: null, links: [], env_files: [] };
  state.apps[name] = app;
  return app;
}

/** The number an id ends with; 0 without one that could be ours. */
function numberOf(id: string): number {
  return Number(/-(\d{1,9})$/.exec(id)?.[1] ?? 0);
}
