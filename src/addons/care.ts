import type { Context } from "../context.ts";
import { messageOf } from "../errors.ts";
import { settle } from "../operations/run.ts";
import type { Addon } from "../state/types.ts";
import { own } from "./find.ts";
import { primaryOf, startInstance } from "./instance.ts";

/** Settle interrupted changes, then start local servers that should run and do not. Failing is reported, not thrown. */
export async function care(context: Context, addons: readonly Addon[]): Promise<void> {
  await settle(context, addons);
  for (const { id } of addons) {
    const addon = own(context.store.read().addons, id);
    if (
      addon === undefined ||
      addon.engine !== "local" ||
      addon.status !== "running" ||
      addon.operation !== null
    )
      continue;
    try {
      await wake(context, addon);
    } catch (error) {
      context.output.warn(`${addon.id} is not running and could not be started: ${messageOf(error)}`);
    }
  }
}

async function wake(context: Context, addon: Addon): Promise<void> {
  const { tryLockAddon } = await import("../operations/run.ts");
  const lock = tryLockAddon(context, addon.id, "start");
  // Somebody else is changing it, or waking it, right now.
  if (lock === undefined) return;
  try {
    const engine = await context.engine("local");
    if ((await engine.inspect(primaryOf(addon))).status === "running") return;
    context.output.note(`Starting ${addon.id}: it was not running`);
    await startInstance(context, engine, addon);
  } finally {
    lock.release();
  }
}
