import { addonsOf, findAddon, findApp, own } from "../addons/find.ts";
import { operate } from "../operations/run.ts";
import { define } from "./define.ts";

export default define({
  description:
    "Bring a removed add-on back: the same id, URL and data. `addons --removed` lists what can be.",
  args: ["[addon]"],
  options: {},
  examples: ["--app my-app addons-restore", "--app my-app addons-restore my-app-3030"],
  async run(context, { args: [reference], options }) {
    const { output } = context;
    const { app, state } = await findApp(context, options.app, true);
    const removed = addonsOf(state, app.name, true);
    const addon = findAddon(context, app, removed, reference ?? options.addon, true);
    await operate(context, addon.id, "restore");
    output.status(`Addon ${addon.id} has been restored`);
    const back = own(context.store.read().addons, addon.id);
    const alias = addon.alias === null ? [] : [addon.alias];
    output.info(`Modified variables: [${[...alias, back?.variable ?? addon.variable].join(" ")}]`);
  },
});
