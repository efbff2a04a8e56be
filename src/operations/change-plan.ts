import { restartLinked } from "../addons/links.ts";
import {
  ensureDefined,
  limitsOf,
  placementOf,
  primaryOf,
  startInstance,
  stopInstance,
  writeSettings,
} from "../addons/instance.ts";
import { checkCapacity } from "../addons/capacity.ts";
import { planOf } from "../addons/plans.ts";
import type { Plan } from "../addons/plans.ts";
import type { Context } from "../context.ts";
import type { Engine } from "../engines/engine.ts";
import { UserError } from "../errors.ts";
import { databaseFacts } from "../postgresql/superuser.ts";
import type { Addon } from "../state/types.ts";
import { formatBytes } from "../support/bytes.ts";
import type { Input, OperationDefinition } from "./operation.ts";

/** Input: `to`, a plan id. The entry has the old one until the new one is recorded. */
export const changePlan: OperationDefinition = {
  kind: "upgrade",
  title: "change of plan",
  during: "updating",
  from: ["running", "stopped"],
  pointOfNoReturn: "record",
  async check(context, addon, input) {
    const plan = planOf(input["to"] ?? "");
    const engine = await context.engine(addon.engine);
    await checkCapacity(context, engine, plan, addon.id);
    const { connections, size } = await factsOf(engine, addon);
    if (connections > plan.connections) {
      throw new UserError(`${connections} connections are open, plan ${plan.id} allows ${plan.connections}`, {
        hint: "Close some and try again.",
      });
    }
    if (size > plan.disk) {
      throw new UserError(
        `The data takes ${formatBytes(size)}, plan ${plan.id} has ${formatBytes(plan.disk)}`,
      );
    }
  },
  steps: [
    {
      name: "apply",
      async run(context, addon, input) {
        await context.output.during(`Changing ${addon.id} to plan ${input["to"]}`, async () => {
          const to = planOf(input["to"] ?? "");
          await apply(context, addon, input, to, to.memory >= planOf(addon.plan).memory);
        });
      },
    },
    { name: "record", run: async (_context, _addon, input) => ({ plan: input["to"] ?? "" }) },
    {
      name: "linked",
      async run(context, addon, input) {
        if (input["status_before"] === "running") await restartLinked(context, addon.app);
      },
    },
  ],
  async undo(context, addon, input) {
    // The server may run with the other plan's memory by now: its limit changes while it is stopped.
    await apply(context, addon, input, planOf(addon.plan), false);
  },
  undone: (_state, addon, input) => statusBefore(addon, input),
  done: (_state, addon, input) => statusBefore(addon, input),
};

/** Settings and limits of a plan, one restart between them. `grows`: the limit can be raised before the stop, which saves time. */
async function apply(
  context: Context,
  addon: Addon,
  input: Input,
  plan: Plan,
  grows: boolean,
): Promise<void> {
  const engine = await context.engine(addon.engine);
  const instance = primaryOf(addon);
  const changed = { ...addon, plan: plan.id };
  const stopped = input["status_before"] === "stopped";
  // Gone behind our back, it would take neither the new settings nor, undoing, the old ones.
  await ensureDefined(context, engine, addon);
  await writeSettings(context, engine, { ...changed, status: stopped ? "stopped" : "running" });
  if (grows) await engine.setLimits(instance, limitsOf(plan));
  if (!stopped) await stopInstance(engine, addon);
  // A running server may hold more than the smaller limit.
  if (!grows) await engine.setLimits(instance, limitsOf(plan));
  if (!stopped) await startInstance(context, engine, changed);
}

/** Open connections and bytes of data; of a stopped server, what its files take. */
async function factsOf(engine: Engine, addon: Addon): Promise<{ connections: number; size: number }> {
  const { status } = await engine.inspect(primaryOf(addon));
  // Without psql the server cannot be asked; what its files take is known all the same.
  if (status !== "running" || !addon.client_tools)
    return { connections: 0, size: await engine.diskUsage(primaryOf(addon)) };
  return databaseFacts(engine, primaryOf(addon), placementOf(engine, addon));
}

function statusBefore(addon: Addon, input: Input): void {
  addon.status = input["status_before"] === "stopped" ? "stopped" : "running";
}
