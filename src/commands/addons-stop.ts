import { addonsOf, findAddon, findApp } from "../addons/find.ts";
import { purgeExpired } from "../addons/lifecycle.ts";
import { operate } from "../operations/run.ts";
import { define } from "./define.ts";

export default define({
  description: "Stop a database. It stays stopped, also across reboots, until addons-start.",
  args: ["[addon]"],
  options: {},
  examples: ["--app my-app addons-stop", "--app my-app addons-stop my-app-3030"],
  async run(context, { args: [reference], options }) {
    const { app, state } = await findApp(context, options.app);
    const addon = findAddon(context, app, addonsOf(state, app.name), reference ?? options.addon);
    await purgeExpired(context);
    await operate(context, addon.id, "stop");
    context.output.status(`Addon ${addon.id} has been stopped`);
  },
});
