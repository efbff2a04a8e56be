import { addonsOf, findAddon, findApp } from "../addons/find.ts";
import { changePlan, purgeExpired, requirePlan } from "../addons/lifecycle.ts";
import { define } from "./define.ts";

export default define({
  description:
    "Change the plan of an add-on, up or down. The database restarts once with the new memory, CPU share and settings; URL, password and data stay. Then the linked containers are restarted.",
  args: ["<addon-or-plan>", "[plan]"],
  options: {},
  examples: ["--app my-app addons-upgrade my-app-3030 2g", "--app my-app addons-upgrade 2g"],
  async run(context, { args: [first, second], options }) {
    const plan = requirePlan(second ?? first);
    const { app, state } = await findApp(context, options.app);
    const addon = findAddon(
      context,
      app,
      addonsOf(state, app.name),
      second === undefined ? options.addon : first,
    );
    await purgeExpired(context);
    if (!(await changePlan(context, addon, plan))) {
      context.output.note(`${addon.id} has plan ${plan.id} already`);
      return;
    }
    context.output.status(`Addon ${addon.id} has been upgraded`);
    context.output.info("Message from addon provider: Database plan successfully changed");
  },
});
