import { own } from "../addons/find.ts";
import { forgetAuthority, newTls, primaryOf, specOf, startInstance } from "../addons/instance.ts";
import { syncEnvFiles } from "../addons/env-files.ts";
import { planOf } from "../addons/plans.ts";
import type { Context } from "../context.ts";
import { UserError } from "../errors.ts";
import type { Engine, InstanceFile } from "../engines/engine.ts";
import { abortable } from "../support/retry.ts";
import { initFile, recordFile } from "../postgresql/instance-files.ts";
import type { Addon, State } from "../state/types.ts";
import type { Input, OperationDefinition } from "./operation.ts";

/** Input: `major` (empty: the engine's default), `app_created` ("yes" when the app was made for it). */
export const provision: OperationDefinition = {
  kind: "provision",
  title: "provisioning",
  during: "provisioning",
  pointOfNoReturn: "publish",
  steps: [
    {
      name: "prepare",
      async run(context, addon, input) {
        const engine = await context.engine(addon.engine);
        return context.output.during("Preparing PostgreSQL", async (update) => {
          // An image takes minutes to build, and nothing of the add-on's is made by it: Ctrl-C need not wait.
          const major = input["major"] ? Number(input["major"]) : undefined;
          const preparing = engine.prepare(major, (line) => update(line));
          const [runtime] = await Promise.all([
            abortable(preparing, context.signal),
            refuseKnownData(engine, addon),
          ]);
          return { runtime: runtime.id, version: runtime.version, client_tools: runtime.clientTools };
        });
      },
    },
    {
      name: "create",
      async run(context, addon) {
        const engine = await context.engine(addon.engine);
        await context.output.during(`Creating ${addon.id}`, async () => {
          await engine.create(await specOf(context, engine, addon, filesOf(context, addon)));
          context.signal.throwIfAborted();
          await startInstance(context, engine, addon);
        });
      },
    },
    {
      name: "publish",
      async run(context, addon) {
        await context.store.update((state) => {
          const app = own(state.apps, addon.app);
          const entry = own(state.addons, addon.id);
          if (app === undefined || entry === undefined) return;
          entry.status = "running";
          if (app.variables["DATABASE_URL"] === undefined && addon.variable === "SCALINGO_POSTGRESQL_URL") {
            app.variables["DATABASE_URL"] = `$${addon.variable}`;
          }
        });
        await syncEnvFiles(context, addon.app);
      },
    },
  ],
  async undo(context, addon, input) {
    const engine = await context.engine(addon.engine);
    // Before the step that makes it, what has its name is not ours. After, nobody was ever told of this database: nothing of
    // anybody's is in it.
    if (addon.operation?.step !== "prepare") {
      await engine.stop(primaryOf(addon), 30);
      await engine.remove(primaryOf(addon), { data: true });
      forgetAuthority(context, addon.id);
    }
    const state = context.store.read();
    const others = Object.values(state.addons).some(({ app, id }) => app === addon.app && id !== addon.id);
    const unknown = own(state.apps, addon.app)?.network === null && !others;
    if (engine.links === undefined || !(unknown || appGoes(state, addon, input))) return;
    // By its label: killed between making it and writing its name down, the store does not know it.
    for (const { kind, app, reference } of await engine.list()) {
      if (kind === "network" && app === addon.app) await engine.links.removeNetwork(reference);
    }
  },
  undone(state, addon, input) {
    if (appGoes(state, addon, input)) delete state.apps[addon.app];
    delete state.addons[addon.id];
  },
  done(_state, addon) {
    addon.status = "running";
  },
};

/** A home brought back from an old copy gives numbers out again: what is there under one of them is somebody's database. */
async function refuseKnownData(engine: Engine, addon: Addon): Promise<void> {
  const { status, data } = await engine.inspect(primaryOf(addon));
  if (status === "missing" && !data) return;
  throw new UserError(`There is a database ${addon.id} already, which this home does not know of`, {
    hint: "`pgaddon doctor --fix` takes it back. Run the command again: the next one gets another number.",
  });
}

/** What only a new add-on brings: certificates, the record, the SQL that makes role and database. */
async function filesOf(context: Context, addon: Addon): Promise<InstanceFile[]> {
  const tls = await newTls(context, addon);
  // Beside the data it says `running`: it will be when anybody has to read it.
  const record = recordFile({ ...addon, status: "running" }, planOf(addon.plan), tls.authority);
  return [...tls.files, record, await initFile(addon)];
}

/** The app was made for this add-on, and nothing else has been put into it since. */
function appGoes(state: State, addon: Addon, input: Input): boolean {
  const app = own(state.apps, addon.app);
  const others = Object.values(state.addons).some(
    (other) => other.app === addon.app && other.id !== addon.id,
  );
  return (
    input["app_created"] === "yes" && !others && app !== undefined && Object.keys(app.variables).length === 0
  );
}
