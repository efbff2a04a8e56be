import type { Context } from "../context.ts";
import type { Engine } from "../engines/engine.ts";
import { PortTakenError, UserError, messageOf } from "../errors.ts";
import { operate, operateNew, settle } from "../operations/run.ts";
import type { Addon, State } from "../state/types.ts";
import { didYouMean } from "../support/nearest.ts";
import { checkCapacity } from "./capacity.ts";
import { variableFor } from "./environment.ts";
import { addonsOf, own } from "./find.ts";
import { primaryOf } from "./instance.ts";
import { PLANS, findPlan } from "./plans.ts";
import type { Plan } from "./plans.ts";

const FIRST_PORT = 31_000;
const LAST_PORT = 34_999;
/** How often a port may be snatched away between choosing and binding it. */
const PORT_TRIES = 10;

export interface AddRequest {
  app: string;
  plan: Plan;
  engine: Engine;
  major: number | undefined;
}

/** Provision a database for an app, which is made on first use. Resolves to the add-on and the names of the variables that changed. */
export async function addAddon(
  context: Context,
  request: AddRequest,
): Promise<{ addon: Addon; variables: string[] }> {
  const { app: appName, plan, engine, major } = request;
  // A half-made one of an interrupted command would keep the variable's plain name.
  await settle(
    context,
    Object.values(context.store.read().addons).filter((addon) => addon.app === appName),
  );
  await checkCapacity(context, engine, plan, null);
  const input = { major: major === undefined ? "" : String(major), app_created: "no" };
  const before = Object.keys(own(context.store.read().apps, appName)?.variables ?? {});
  const taken = new Set<number>();
  let number: number | undefined;
  for (let tries = 1; ; tries += 1) {
    try {
      const id = await operateNew(context, "provision", input, async (state) => {
        const port = await freePort(context, state, engine, taken);
        if (makeApp(state, appName, context.now())) {
          if (input.app_created === "no") context.output.note(`App ${appName} has been created`);
          input.app_created = "yes";
        }
        // A try that lost its port was told to nobody: the next one has its number, once it has been undone.
        if (number === undefined || own(state.addons, `${appName}-${number}`) !== undefined) {
          number = state.next_number;
          state.next_number += 1;
        }
        return reserve(context, state, request, port, number);
      });
      const state = context.store.read();
      const addon = own(state.addons, id);
      if (addon === undefined) throw new Error(`${id} is gone right after it was made`);
      const alias = own(state.apps, appName)?.variables["DATABASE_URL"] === `$${addon.variable}`;
      const variables = [
        ...(alias && !before.includes("DATABASE_URL") ? ["DATABASE_URL"] : []),
        addon.variable,
      ];
      return { addon, variables };
    } catch (error) {
      if (!(error instanceof PortTakenError) || tries === PORT_TRIES) throw error;
      taken.add(error.port);
    }
  }
}

function reserve(context: Context, state: State, request: AddRequest, port: number, number: number): Addon {
  const { app } = request;
  const id = `${app}-${number}`;
  const name = id.replaceAll("-", "_");
  return {
    id,
    uuid: `ad-${crypto.randomUUID()}`,
    app,
    type: "postgresql",
    plan: request.plan.id,
    engine: request.engine.name,
    runtime: "",
    status: "provisioning",
    version: "",
    client_tools: true,
    host: "127.0.0.1",
    port,
    database: name,
    user: name,
    password: newPassword(),
    variable: variableFor(state, app, number),
    nodes: [{ name: id, instance: id, role: "primary" }],
    created_at: context.now().toISOString(),
    removed_at: null,
    purge_at: null,
    alias: null,
    operation: null,
  };
}

async function freePort(
  context: Context,
  state: State,
  engine: Engine,
  taken: ReadonlySet<number>,
): Promise<number> {
  const [first, last] = portRange(context);
  // A removed add-on keeps its port: it may come back.
  const ours = new Set(Object.values(state.addons).map(({ port }) => port));
  for (let port = first; port <= last; port += 1) {
    if (!ours.has(port) && !taken.has(port) && (await engine.portFree(port))) return port;
  }
  throw new UserError(`No port is free between ${first} and ${last}`, {
    hint: "Remove an add-on with --purge, or set PGADDON_PORTS to another range (`PGADDON_PORTS=40000-40999`).",
  });
}

function portRange(context: Context): [number, number] {
  const range = context.env["PGADDON_PORTS"];
  if (!range) return [FIRST_PORT, LAST_PORT];
  const [first = 0, last = 0] = /^\d+-\d+$/.test(range) ? range.split("-").map(Number) : [];
  if (first < 1024 || last > 65_535 || last < first) {
    throw new UserError(`PGADDON_PORTS is '${range.slice(0, 40)}'`, {
      hint: "It takes a range: 31000-31999.",
      exitCode: 2,
    });
  }
  return [first, last];
}

/** The plan of this name. Throws UserError with the nearest, and for what is not built yet. */
export function requirePlan(name: string): Plan {
  const plan = findPlan(name);
  if (plan === undefined) {
    const near = didYouMean(
      name,
      PLANS.flatMap(({ id, aliases }) => [id, ...aliases]),
    );
    throw new UserError(`no plan ${name.slice(0, 60)} found for addon postgresql`, {
      hint: [...(near === undefined ? [] : [near]), "See `pgaddon addons-plans postgresql`."],
    });
  }
  if (plan.nodes > 1) {
    const starter = findPlan(plan.id.replace(/^(business|enterprise)-/, ""));
    throw new UserError(
      `Plan ${plan.id} is a cluster of ${plan.nodes} nodes: clusters are not available yet`,
      starter === undefined ? {} : { hint: `The starter plan of the same size is ${starter.id}.` },
    );
  }
  return plan;
}

/** Make the app when it is not there; true when it was made. */
export async function ensureApp(context: Context, name: string): Promise<boolean> {
  const known = own(context.store.read().apps, name);
  if (known !== undefined && known.removed_at === null) return false;
  const created = await context.store.update((state) => makeApp(state, name, context.now()));
  if (created) context.output.note(`App ${name} has been created`);
  return created;
}

function makeApp(state: State, name: string, now: Date): boolean {
  const app = own(state.apps, name);
  if (app !== undefined && app.removed_at === null) return false;
  state.apps[name] = {
    name,
    created_at: now.toISOString(),
    removed_at: null,
    // Made anew after a destroy: add-ons of the old one can still be brought back, its variables are not taken over.
    variables: {},
    network: app?.network ?? null,
    links: [],
    env_files: [],
  };
  return true;
}

/** Change the plan; resolves to false when it is that plan already. */
export async function changePlan(context: Context, addon: Addon, plan: Plan): Promise<boolean> {
  return operate(context, addon.id, "upgrade", { to: plan.id }, (now) => now.plan !== plan.id);
}

export async function removeAddon(context: Context, addon: Addon, purge: boolean): Promise<void> {
  if (addon.status !== "removed") await operate(context, addon.id, "remove");
  if (purge) await operate(context, addon.id, "purge");
}

/** Remove every add-on of an app, then the app. */
export async function destroyApp(context: Context, name: string, purge: boolean): Promise<void> {
  const first = context.store.read();
  const all = new Map(
    [...addonsOf(first, name), ...addonsOf(first, name, true)].map((addon) => [addon.id, addon]),
  );
  // Until none is left: another command may be adding one.
  for (;;) {
    for (const addon of addonsOf(context.store.read(), name)) {
      all.set(addon.id, addon);
      await removeAddon(context, addon, false);
    }
    const state = context.store.read();
    // With nothing to bring back the entry goes at once; its network first, since nothing else knows it.
    const network = Object.values(state.addons).some(({ app }) => app === name)
      ? null
      : own(state.apps, name)?.network;
    if (network) await (await context.engine("docker")).links?.removeNetwork(network);
    const done = await context.store.update((draft) => {
      const app = own(draft.apps, name);
      if (app === undefined) return true;
      if (addonsOf(draft, name).length > 0) return false;
      app.removed_at = context.now().toISOString();
      if (!Object.values(draft.addons).some((addon) => addon.app === name)) delete draft.apps[name];
      return true;
    });
    if (done) break;
  }
  if (purge) for (const id of all.keys()) await operate(context, id, "purge");
}

/** Delete what was removed longer ago than its grace. Failing is reported and left for the next time. */
export async function purgeExpired(context: Context): Promise<void> {
  const now = context.now().toISOString();
  const expired = ({ status, purge_at }: Addon): boolean =>
    status === "removed" && purge_at !== null && purge_at <= now;
  for (const addon of Object.values(context.store.read().addons)) {
    if (!expired(addon)) continue;
    try {
      // A home brought back from an old copy knows it as removed; whoever started it since knows better.
      const { status } = await (await context.engine(addon.engine)).inspect(primaryOf(addon));
      if (status === "running") throw new UserError("it is running");
      // Asked again when it has the lock: somebody may bring the add-on back right now.
      if (!(await operate(context, addon.id, "purge", {}, expired))) continue;
      context.output.note(`The data of ${addon.id}, removed ${addon.removed_at ?? ""}, has been deleted`);
    } catch (error) {
      context.output.warn(`The data of ${addon.id} could not be deleted yet: ${messageOf(error)}`);
    }
  }
}

/** 32 characters that need no quoting in a URL. */
function newPassword(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString("base64url");
}
