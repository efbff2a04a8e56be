import { addonsOf, findAddon, findApp } from "../addons/find.ts";
import { purgeExpired } from "../addons/lifecycle.ts";
import { operate } from "../operations/run.ts";
import { define } from "./define.ts";

export default define({
  description: "Start a stopped database. One that runs goes on running.",
  args: ["[addon]"],
  options: {},
  examples: ["--app my-app addons-start", "--app my-app addons-start my-app-3030"],
  async run(context, { args: [reference], options }) {
    const { app, state } = await findApp(context, options.app);
    const addon = findAddon(context, app, addonsOf(state, app.name), reference ?? options.addon);
    await purgeExpired(context);
    await operate(context, addon.id, "start");
    context.output.status(`Addon ${addon.id} has been started`);
  },
});
