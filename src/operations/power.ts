import { startInstance, stopInstance } from "../addons/instance.ts";
import type { OperationDefinition } from "./operation.ts";

/** A stopped add-on stays stopped, also across reboots. */
export const stop: OperationDefinition = {
  kind: "stop",
  title: "stop",
  during: "updating",
  pointOfNoReturn: "stop",
  steps: [
    {
      name: "stop",
      async run(context, addon) {
        const progress = context.output.progress(`Stopping ${addon.id}`);
        try {
          await stopInstance(await context.engine(addon.engine), addon);
        } finally {
          progress.stop();
        }
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
  pointOfNoReturn: "record",
  steps: [
    {
      name: "start",
      async run(context, addon) {
        const progress = context.output.progress(`Starting ${addon.id}`);
        try {
          await startInstance(context, await context.engine(addon.engine), addon);
        } finally {
          progress.stop();
        }
      },
    },
    { name: "record", run: async () => undefined },
  ],
  async undo(context, addon) {
    await stopInstance(await context.engine(addon.engine), addon);
  },
  undone(_state, addon) {
    addon.status = "stopped";
  },
  done(_state, addon) {
    addon.status = "running";
  },
};

export const restart: OperationDefinition = {
  kind: "restart",
  title: "restart",
  during: "updating",
  pointOfNoReturn: "record",
  steps: [
    {
      name: "restart",
      async run(context, addon) {
        const engine = await context.engine(addon.engine);
        const progress = context.output.progress(`Restarting ${addon.id}`);
        try {
          await stopInstance(engine, addon);
          await startInstance(context, engine, addon);
        } finally {
          progress.stop();
        }
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
