import type { Context } from "../context.ts";
import type { Engine } from "../engines/engine.ts";
import { UserError } from "../errors.ts";
import { formatBytes } from "../support/bytes.ts";
import { planOf } from "./plans.ts";
import type { Plan } from "./plans.ts";

/**
 * A plan that this host cannot hold is refused; plans of running add-ons that it cannot hold together are warned about.
 * `id` is the add-on that is to have the plan; null for a new one.
 */
export async function checkCapacity(
  context: Context,
  engine: Engine,
  plan: Plan,
  id: string | null,
): Promise<void> {
  const { memory } = await engine.host();
  if (plan.memory > memory) {
    throw new UserError(
      `Plan ${plan.id} needs ${formatBytes(plan.memory)} of memory; this host has ${formatBytes(memory)}`,
      { hint: "See `pgaddon addons-plans postgresql` for smaller ones." },
    );
  }
  await warnOfMemory(context, engine, plan, id);
}

/** What is there already is not refused: a host may have become smaller. */
export async function warnOfMemory(
  context: Context,
  engine: Engine,
  plan: Plan,
  id: string | null,
): Promise<void> {
  const { memory } = await engine.host();
  const used = Object.values(context.store.read().addons)
    .filter((addon) => addon.engine === engine.name && addon.id !== id)
    .filter(({ status }) => status !== "removed" && status !== "stopped")
    .reduce((sum, addon) => sum + planOf(addon.plan).memory, plan.memory);
  if (used > memory) {
    context.output.warn(
      `The plans on this host now add up to ${formatBytes(used)} of memory, it has ${formatBytes(memory)}`,
    );
  }
}
