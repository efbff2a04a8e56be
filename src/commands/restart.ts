import { addonsOf, findAddon, findApp } from "../addons/find.ts";
import { purgeExpired } from "../addons/lifecycle.ts";
import { restartLinked } from "../addons/links.ts";
import { UserError } from "../errors.ts";
import { operate } from "../operations/run.ts";
import { define } from "./define.ts";

export default define({
  description: "Restart the containers linked to the app; with --addon, that database instead.",
  args: [],
  options: { synchronous: { flag: "-s, --synchronous", summary: "say when it is done" } },
  examples: ["--app my-app restart", "--app my-app restart --addon my-app-3030"],
  async run(context, { options }) {
    const { output } = context;
    const { app, state } = await findApp(context, options.app);
    await purgeExpired(context);
    if (options.addon !== undefined) {
      const addon = findAddon(context, app, addonsOf(state, app.name), options.addon);
      if (addon.status === "stopped") {
        throw new UserError(`${addon.id} is stopped`, {
          hint: `Start it with \`pgaddon --app ${app.name} addons-start ${addon.id}\`.`,
        });
      }
      await operate(context, addon.id, "restart");
      output.status(`Addon ${addon.id} has been restarted`);
      return;
    }
    output.print("Your application is being restarted.");
    const restarted = await restartLinked(context, app.name);
    if (restarted === 0) {
      output.note(`No container is linked to ${app.name}: see \`pgaddon help apps-link\``);
    }
    if (options.synchronous === true) output.print("Your application has been restarted.");
  },
});
