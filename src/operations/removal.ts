import { warnOfMemory } from "../addons/capacity.ts";
import { planOf } from "../addons/plans.ts";
import { syncEnvFiles } from "../addons/env-files.ts";
import { variableFor } from "../addons/environment.ts";
import { addonsOf, own } from "../addons/find.ts";
import { forgetAuthority, primaryOf, startInstance, stopInstance } from "../addons/instance.ts";
import type { Addon, State } from "../state/types.ts";
import type { OperationDefinition } from "./operation.ts";

/** How long a removed add-on can be brought back. */
export const GRACE_DAYS = 7;

/** Stop the database and take it out of sight; data, port and id stay. */
export const remove: OperationDefinition = {
  kind: "remove",
  title: "removal",
  final: true,
  pointOfNoReturn: "stop",
  steps: [
    {
      name: "stop",
      async run(context, addon) {
        const engine = await context.engine(addon.engine);
        await context.output.during(`Stopping ${addon.id}`, async () => {
          await stopInstance(engine, addon);
        });
      },
    },
    {
      name: "forget",
      async run(context, addon) {
        const now = context.now();
        await context.store.update((state) => {
          const entry = own(state.addons, addon.id);
          const app = own(state.apps, addon.app);
          if (entry === undefined || app === undefined || entry.status === "removed") return;
          entry.status = "removed";
          entry.removed_at = now.toISOString();
          entry.purge_at = new Date(now.getTime() + GRACE_DAYS * 24 * 3600 * 1000).toISOString();
          if (app.variables["DATABASE_URL"] === `$${entry.variable}`) {
            delete app.variables["DATABASE_URL"];
            entry.alias = "DATABASE_URL";
          }
        });
        await syncEnvFiles(context, addon.app);
      },
    },
  ],
  undo: async () => undefined,
  undone: () => undefined,
  done: () => undefined,
};

/** Undo a removal: the same id, URL and data. */
export const restore: OperationDefinition = {
  kind: "restore",
  title: "restore",
  from: ["removed"],
  async check(context, addon) {
    await warnOfMemory(context, await context.engine(addon.engine), planOf(addon.plan), addon.id);
  },
  pointOfNoReturn: "publish",
  steps: [
    {
      name: "start",
      async run(context, addon) {
        await context.output.during(`Starting ${addon.id}`, async () => {
          await startInstance(context, await context.engine(addon.engine), addon);
        });
      },
    },
    {
      name: "publish",
      async run(context, addon) {
        await context.store.update((state) => {
          const entry = own(state.addons, addon.id);
          const app = own(state.apps, addon.app);
          if (entry === undefined || app === undefined || entry.status !== "removed") return;
          const taken = addonsOf(state, app.name).some(({ variable }) => variable === entry.variable);
          if (taken) entry.variable = variableFor(state, app.name, Number(entry.id.split("-").at(-1)));
          app.removed_at = null;
          entry.status = "running";
          entry.removed_at = null;
          entry.purge_at = null;
          if (entry.alias !== null && app.variables[entry.alias] === undefined) {
            app.variables[entry.alias] = `$${entry.variable}`;
          }
          entry.alias = null;
        });
        await syncEnvFiles(context, addon.app);
      },
    },
  ],
  async undo(context, addon) {
    await stopInstance(await context.engine(addon.engine), addon);
  },
  undone: () => undefined,
  done: () => undefined,
};

/** Delete a removed add-on's data, for good. */
export const purge: OperationDefinition = {
  kind: "purge",
  title: "deletion of data",
  from: ["removed"],
  pointOfNoReturn: "delete",
  steps: [
    {
      name: "delete",
      async run(context, addon) {
        const engine = await context.engine(addon.engine);
        await stopInstance(engine, addon);
        await engine.remove(primaryOf(addon), { data: true });
        forgetAuthority(context, addon.id);
        const state = context.store.read();
        const app = own(state.apps, addon.app);
        if (app?.network && isLast(state, addon)) await engine.links?.removeNetwork(app.network);
      },
    },
  ],
  undo: async () => undefined,
  undone: () => undefined,
  done(state, addon) {
    if (isLast(state, addon)) delete state.apps[addon.app];
    delete state.addons[addon.id];
  },
};

/** With this add-on goes the last trace of a destroyed app. */
function isLast(state: State, addon: Addon): boolean {
  const destroyed = own(state.apps, addon.app)?.removed_at !== null;
  return (
    destroyed && !Object.values(state.addons).some(({ app, id }) => app === addon.app && id !== addon.id)
  );
}
