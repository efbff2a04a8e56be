import { confirm } from "../addons/confirm.ts";
import { addonsOf, findApp } from "../addons/find.ts";
import { destroyApp, purgeExpired } from "../addons/lifecycle.ts";
import { UsageError } from "../errors.ts";
import { GRACE_DAYS } from "../operations/removal.ts";
import { define } from "./define.ts";

export default define({
  description:
    "Remove an app: its databases are stopped and its variables go. Data is kept for 7 days and `addons-restore` brings an add-on and its app back, unless --purge deletes it at once.",
  args: ["[app]"],
  options: {
    confirm: { flag: "--confirm <app>", summary: "the app's name, instead of typing it" },
    purge: { flag: "--purge", summary: "delete all data at once; there is no way back" },
  },
  examples: ["destroy my-app", "destroy my-app --confirm my-app --purge"],
  automation: "The app's name is asked for; --confirm NAME or a piped stdin answers.",
  async run(context, { args: [name], options }) {
    const { output } = context;
    if (name !== undefined && options.app !== undefined && name !== options.app) {
      throw new UsageError(`'${name}' and --app ${options.app} are two different apps`);
    }
    const { app, state } = await findApp(context, name ?? options.app, options.purge === true);
    const addons = addonsOf(state, app.name);
    output.note(`Destroy ${app.name}`);
    if (options.purge === true) {
      output.warn(`You're going to delete ${app.name}, this operation is irreversible`);
      output.warn("All related data will be destroyed");
    } else if (addons.length > 0) {
      output.warn(
        `${addons.map(({ id }) => id).join(", ")}: stopped, and the data deleted in ${GRACE_DAYS} days`,
      );
      output.warn(`Until then \`pgaddon --app ${app.name} addons-restore\` brings it back`);
    }
    if (options.purge !== true && addons.length === 0 && Object.keys(app.variables).length > 0) {
      const now = context.now().toISOString();
      const kept = addonsOf(state, app.name, true).filter(({ purge_at }) => (purge_at ?? "") > now);
      output.warn(
        kept.length === 0
          ? "It has no database to bring back: its variables go at once"
          : `Its variables are kept for as long as \`pgaddon --app ${app.name} addons-restore\` can bring back ${kept.map(({ id }) => id).join(", ")}`,
      );
    }
    await confirm(context, app.name, options.confirm, "name of the application");
    await purgeExpired(context);
    await destroyApp(context, app.name, options.purge === true);
    output.status(`App ${app.name} has been deleted`);
  },
});
