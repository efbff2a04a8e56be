import { setTimeout } from "node:timers/promises";
import { noTools } from "../addons/describe.ts";
import { own } from "../addons/find.ts";
import { placementOf, primaryOf, startInstance, stopInstance } from "../addons/instance.ts";
import { planOf } from "../addons/plans.ts";
import type { Context } from "../context.ts";
import type { Engine, EngineObject } from "../engines/engine.ts";
import { UserError, messageOf } from "../errors.ts";
import { settle, tryLockAddon } from "../operations/run.ts";
import { databaseFacts } from "../postgresql/superuser.ts";
import type { Addon } from "../state/types.ts";
import { formatBytes } from "../support/bytes.ts";
import { info, ok, warning, wrong } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { adopt } from "./rebuild.ts";

/** A command starts its helper, and removes it when it has ended, within this. */
const HELPER_MS = 1000;

/** The store against what is there: every add-on, and everything that carries this home's label. */
export async function checkAddons(context: Context, engines: readonly Engine[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const addon of Object.values(context.store.read().addons)) {
    const engine = engines.find(({ name }) => name === addon.engine);
    if (engine !== undefined) findings.push(await checkAddon(context, engine, addon));
  }
  for (const engine of engines) {
    const objects = await engine.list();
    findings.push(...(await strayHelpers(context, engine, objects)));
    for (const object of objects) {
      const stray = checkObject(context, engine, object, objects);
      if (stray !== undefined) findings.push(stray);
    }
  }
  return [...findings, ...(await checkLinks(context, engines))];
}

async function checkAddon(context: Context, engine: Engine, addon: Addon): Promise<Finding> {
  const { id } = addon;
  if (addon.operation !== null) {
    const lock = tryLockAddon(context, id, "doctor");
    if (lock === undefined) return info(`${id}: another command is changing it right now`);
    lock.release();
    return wrong(
      `${id}: a change (${addon.operation.kind}) was interrupted`,
      "--fix settles it, and so does the next command on it",
      () => settle(context, [addon]),
    );
  }
  const state = await engine.inspect(primaryOf(addon));
  if (!state.data) {
    return wrong(`${id}: its data is gone`, `Restore a backup, or forget it: addons-remove ${id} --purge`);
  }
  const wanted = addon.status === "running" ? "running" : "stopped";
  if (wanted === "stopped") {
    if (state.status !== "running") return ok(`${id}: ${addon.status}`);
    return wrong(`${id}: is ${addon.status} and runs all the same`, "--fix stops it", () =>
      withAddon(context, addon, (now) => stopInstance(engine, now)),
    );
  }
  if (state.status !== "running") {
    const reason = state.reason === null ? "" : ` (${state.reason})`;
    return wrong(`${id}: should run and is ${state.status}${reason}`, "--fix starts it", () =>
      withAddon(context, addon, (now) => startInstance(context, engine, now)),
    );
  }
  if (state.port !== null && state.port !== addon.port) {
    return wrong(
      `${id}: is published on port ${state.port}, its URL says ${addon.port}`,
      `Stop it (addons-stop), remove the instance ${state.reference ?? id} but not its data, and addons-start makes it anew.`,
    );
  }
  if (!addon.client_tools)
    return warning(noTools(addon), "Install PostgreSQL with its client tools for new add-ons.");
  try {
    const { size } = await databaseFacts(engine, primaryOf(addon), placementOf(engine, addon));
    const plan = planOf(addon.plan);
    if (size >= plan.disk * 0.8) {
      return warning(
        `${id}: ${formatBytes(size)} of data, plan ${plan.id} has ${formatBytes(plan.disk)}`,
        "Change to a larger plan with addons-upgrade.",
      );
    }
    return ok(`${id}: running, ${formatBytes(size)} of data`);
  } catch (error) {
    return wrong(
      `${id}: runs and does not answer: ${messageOf(error)}`,
      `See \`pgaddon --app ${addon.app} logs\`.`,
    );
  }
}

/** Do it alone, and only if the add-on is still meant to be as it was when `seen`: another command may have changed it since. */
async function withAddon(context: Context, seen: Addon, act: (addon: Addon) => Promise<void>): Promise<void> {
  const { id } = seen;
  const lock = tryLockAddon(context, id, "doctor");
  if (lock === undefined) throw new UserError(`${id} is being changed by another command`);
  try {
    const addon = own(context.store.read().addons, id);
    if (addon?.operation === null && addon.status === seen.status) await act(addon);
  } finally {
    lock.release();
  }
}

/** Something with our label that the store does not know. Data is never deleted: it is taken back into the store. */
function checkObject(
  context: Context,
  engine: Engine,
  object: EngineObject,
  all: readonly EngineObject[],
): Finding | undefined {
  const state = context.store.read();
  const { kind, reference, instance } = object;
  if (kind === "network") {
    const known = Object.values(state.apps).some((app) => app.network === reference);
    if (known) return undefined;
    return wrong(`Stray network ${reference}`, "--fix removes it", async () => {
      // Taking an add-on back takes its network back, too.
      const wanted = Object.values(context.store.read().apps).some((app) => app.network === reference);
      if (!wanted) await engine.links?.removeNetwork(reference);
    });
  }
  const owner = Object.values(state.addons).find((addon) =>
    addon.nodes.some((node) => node.instance === instance),
  );
  if (kind === "helper") {
    // One that a running command uses is no stray; that command has the add-on's lock.
    // Those of no add-on have been dealt with: see strayHelpers.
    if (owner === undefined || owner.operation !== null || instance === null) return undefined;
    const lock = tryLockAddon(context, owner.id, "doctor");
    lock?.release();
    return lock === undefined || object.running
      ? undefined
      : wrong(`Stray helper ${reference}`, "--fix ends it", () => engine.endHelpers(instance));
  }
  if (owner !== undefined || instance === null) return undefined;
  if (kind === "data") {
    return wrong(
      `Stray data ${reference}: the store does not know it`,
      "--fix takes the add-on back into the store",
      () => adopt(context, engine, instance),
    );
  }
  // With its data, it is dealt with there.
  if (all.some((other) => other.kind === "data" && other.instance === instance)) return undefined;
  return wrong(`Stray instance ${reference}, without data`, "--fix removes it", () =>
    engine.remove(instance, { data: false }),
  );
}

/**
 * Helpers of no add-on that the store knows. They have no lock to ask: one that a running command is just about to start or to
 * remove is gone, or runs, a moment later.
 */
async function strayHelpers(
  context: Context,
  engine: Engine,
  objects: readonly EngineObject[],
): Promise<Finding[]> {
  const { addons } = context.store.read();
  const known = new Set(Object.values(addons).flatMap(({ nodes }) => nodes.map(({ instance }) => instance)));
  const idle = (all: readonly EngineObject[]): EngineObject[] =>
    all.filter(
      ({ kind, running, instance }) =>
        kind === "helper" && !running && (instance === null || !known.has(instance)),
    );
  const before = new Set(idle(objects).map(({ reference }) => reference));
  if (before.size === 0) return [];
  await setTimeout(HELPER_MS);
  return idle(await engine.list()).flatMap(({ reference, instance }) => {
    if (!before.has(reference)) return [];
    if (instance === null) return [wrong(`Stray helper ${reference}`, `docker rm ${reference}`)];
    return [wrong(`Stray helper ${reference}`, "--fix ends it", () => engine.endHelpers(instance))];
  });
}

async function checkLinks(context: Context, engines: readonly Engine[]): Promise<Finding[]> {
  const docker = engines.find(({ links }) => links !== undefined);
  if (docker?.links === undefined) return [];
  const findings: Finding[] = [];
  for (const app of Object.values(context.store.read().apps)) {
    for (const container of app.links) {
      if (!(await docker.links.exists(container))) {
        findings.push(
          warning(
            `${app.name}: the linked container ${container} is gone`,
            `pgaddon --app ${app.name} apps-unlink ${container}`,
          ),
        );
      }
    }
  }
  return findings;
}
