import { warnOfMemory } from "../addons/capacity.ts";
import { planOf } from "../addons/plans.ts";
import { startInstance, stopInstance } from "../addons/instance.ts";
import type { OperationDefinition } from "./operation.ts";

/** A stopped add-on stays stopped, also across reboots. */
export const stop: OperationDefinition = {
  kind: "stop",
  title: "stop",
  during: "updating",
  from: ["running", "stopped"],
  pointOfNoReturn: "stop",
  steps: [
    {
      name: "stop",
      async run(context, addon) {
        await context.output.during(`Stopping ${addon.id}`, async () => {
          await stopInstance(await context.engine(addon.engine), addon);
        });
      },
    },
  ],
  undo: async () => undefined,
  undone: () => undefined,
  done(_state, addon) {
    addon.status = "stopped";
  },
};

export const start: OperationDefinition = {
  kind: "start",
  title: "start",
  during: "updating",
  from: ["running", "stopped"],
  async check(context, addon) {
    await warnOfMemory(context, await context.engine(addon.engine), planOf(addon.plan), addon.id);
  },
  pointOfNoReturn: "record",
  steps: [
    {
      name: "start",
      async run(context, addon) {
        await context.output.during(`Starting ${addon.id}`, async () => {
          await startInstance(context, await context.engine(addon.engine), addon);
        });
      },
    },
    { name: "record", run: async () => undefined },
  ],
  async undo(context, addon, input) {
    // One that was to run before goes on trying.
    if (input["status_before"] !== "running") await stopInstance(await context.engine(addon.engine), addon);
  },
  undone(_state, addon, input) {
    addon.status = input["status_before"] === "running" ? "running" : "stopped";
  },
  done(_state, addon) {
    addon.status = "running";
  },
};

export const restart: OperationDefinition = {
  kind: "restart",
  title: "restart",
  during: "updating",
  from: ["running"],
  pointOfNoReturn: "record",
  steps: [
    {
      name: "restart",
      async run(context, addon) {
        const engine = await context.engine(addon.engine);
        await context.output.during(`Restarting ${addon.id}`, async () => {
          await stopInstance(engine, addon);
          await startInstance(context, engine, addon);
        });
      },
    },
    { name: "record", run: async () => undefined },
  ],
  async undo(context, addon) {
    await startInstance(context, await context.engine(addon.engine), addon);
  },
  undone(_state, addon) {
    addon.status = "running";
  },
  done(_state, addon) {
    addon.status = "running";
  },
};
