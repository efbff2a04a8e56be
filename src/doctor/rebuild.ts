import { keepAuthority, readRecord } from "../addons/instance.ts";
import type { Context } from "../context.ts";
import type { Engine } from "../engines/engine.ts";
import { UserError } from "../errors.ts";
import type { AddonRecord } from "../postgresql/instance-files.ts";
import { STATE_VERSION } from "../state/types.ts";
import type { Addon, App, State } from "../state/types.ts";

/**
 * Make the state file anew from what lies beside each add-on's data. Variables and links of apps come from the document
 * before the last change, where that can still be read. Resolves to the ids found.
 */
export async function rebuildState(context: Context, engines: readonly Engine[]): Promise<string[]> {
  const found: { record: AddonRecord; running: boolean }[] = [];
  const networks: Networks = new Map();
  for (const engine of engines) {
    for (const object of await engine.list()) {
      if (object.kind === "network" && object.app !== null) networks.set(object.app, object.reference);
      if (object.kind !== "data" || object.instance === null) continue;
      const record = await readRecord(engine, object.instance);
      if (record === undefined) {
        context.output.warn(`${object.reference} has no readable record beside its data; it is left alone`);
        continue;
      }
      const { status } = await engine.inspect(object.instance);
      found.push({ record, running: status === "running" });
    }
  }
  await context.store.replaceUnreadable((homeId, previous) => {
    const state: State = {
      version: STATE_VERSION,
      home_id: homeId,
      next_number: previous?.next_number ?? 3030,
      apps: structuredClone(previous?.apps ?? {}),
      addons: {},
    };
    // What lies on an engine that does not answer now is not gone.
    for (const addon of Object.values(previous?.addons ?? {})) {
      if (!engines.some(({ name }) => name === addon.engine)) state.addons[addon.id] = structuredClone(addon);
    }
    for (const { record, running } of found) {
      put(state, record, running, networks, previous?.addons[record.addon.id]);
    }
    return state;
  });
  for (const { record } of found) keepAuthority(context, record.addon.id, record.authority);
  return found.map(({ record }) => record.addon.id);
}

/** Take one add-on that the store does not know back into it. */
export async function adopt(context: Context, engine: Engine, instance: string): Promise<void> {
  const record = await readRecord(engine, instance);
  if (record === undefined)
    throw new UserError(`${instance} has no readable record beside its data; it is left alone`);
  const { status } = await engine.inspect(instance);
  const networks: Networks = new Map();
  for (const { kind, app, reference } of await engine.list()) {
    if (kind === "network" && app !== null) networks.set(app, reference);
  }
  await context.store.update((state) => put(state, record, status === "running", networks, undefined));
  keepAuthority(context, record.addon.id, record.authority);
}

/** By app, as the engines' labels have them. */
type Networks = Map<string, string>;

function put(
  state: State,
  record: AddonRecord,
  running: boolean,
  networks: Networks,
  before: Addon | undefined,
): void {
  const addon: Addon = { ...record.addon, operation: null, status: running ? "running" : "stopped" };
  if (before?.status === "removed" && !running) {
    Object.assign(addon, {
      status: "removed",
      removed_at: before.removed_at,
      purge_at: before.purge_at,
      alias: before.alias,
    });
  } else {
    Object.assign(addon, { removed_at: null, purge_at: null, alias: null });
  }
  state.addons[addon.id] = addon;
  state.next_number = Math.max(state.next_number, Number(addon.id.split("-").at(-1)) + 1);
  const app: App = (state.apps[addon.app] ??= {
    name: addon.app,
    created_at: addon.created_at,
    removed_at: null,
    variables: {},
    network: null,
    links: [],
    env_files: [],
  });
  app.network ??= networks.get(addon.app) ?? null;
  if (addon.status !== "removed" && addon.variable === "SCALINGO_POSTGRESQL_URL") {
    app.variables["DATABASE_URL"] ??= `$${addon.variable}`;
  }
}
