import { confirm } from "../addons/confirm.ts";
import { addonsOf, findAddon, findApp, own } from "../addons/find.ts";
import { purgeExpired, removeAddon } from "../addons/lifecycle.ts";
import { GRACE_DAYS } from "../operations/removal.ts";
import { define } from "./define.ts";

export default define({
  description:
    "Remove an add-on: the database is stopped and its variables go. Data, port and id are kept for 7 days and `addons-restore` brings it back, unless --purge deletes the data at once. With --purge a removed add-on can be named, too.",
  args: ["[addon]"],
  options: {
    confirm: { flag: "--confirm <id>", summary: "the add-on's id, instead of typing it" },
    purge: { flag: "--purge", summary: "delete the data at once; there is no way back" },
  },
  examples: [
    "--app my-app addons-remove my-app-3030",
    "--app my-app addons-remove my-app-3030 --confirm my-app-3030 --purge",
  ],
  automation: "The id is asked for; --confirm ID or a piped stdin answers.",
  async run(context, { args: [reference], options }) {
    const { output } = context;
    const purge = options.purge === true;
    const { app, state } = await findApp(context, options.app, purge);
    const choices = [...addonsOf(state, app.name), ...(purge ? addonsOf(state, app.name, true) : [])];
    const addon = findAddon(context, app, choices, reference ?? options.addon);
    output.note(`Destroy ${addon.id}`);
    if (purge) {
      output.warn("This operation is irreversible");
      output.warn("All related data will be destroyed");
    } else {
      output.warn("The database will be stopped and its variables removed");
      output.warn(`The data is kept for ${GRACE_DAYS} days; until then it can be brought back`);
    }
    await confirm(context, addon.id, options.confirm, "ID of the addon");
    await removeAddon(context, addon, purge);
    // Afterwards: the add-on named may be an expired one.
    await purgeExpired(context);
    output.status(`Addon ${addon.id} has been ${purge ? "destroyed" : "removed"}`);
    const kept = own(context.store.read().addons, addon.id);
    if (kept?.purge_at) {
      output.info(`Its data is kept until ${kept.purge_at}. To bring it back:`);
      output.info(`pgaddon --app ${app.name} addons-restore ${addon.id}`);
    }
  },
});
