import { describeAddon, noTools } from "../addons/describe.ts";
import { addonsOf, findApp } from "../addons/find.ts";
import { define, format } from "./define.ts";

export default define({
  args: [],
  options: {
    format,
    removed: { flag: "--removed", summary: "list what was removed and can still be brought back" },
  },
  examples: ["--app my-app addons", "--app my-app addons --removed", "--app my-app addons --format json"],
  async run(context, { options }) {
    const { output } = context;
    const removed = options.removed === true;
    const { app, state } = await findApp(context, options.app, removed);
    const addons = addonsOf(state, app.name, removed);
    if (options.format === "json") {
      output.json({
        addons: addons.map((addon) => ({
          ...describeAddon(addon),
          ...(removed ? { removed_at: addon.removed_at, purge_at: addon.purge_at } : {}),
        })),
      });
      return;
    }
    if (removed) {
      await output.table(
        ["Addon", "ID", "Plan", "Can be restored until"],
        addons.map((addon) => ["PostgreSQL", addon.id, addon.plan, addon.purge_at ?? ""]),
      );
      return;
    }
    await output.table(
      ["Addon", "ID", "Plan"],
      addons.map((addon) => ["PostgreSQL", addon.id, addon.plan]),
    );
    for (const addon of addons) {
      if (addon.status !== "running") output.note(`${addon.id} is ${addon.status}`);
      if (!addon.client_tools) output.warn(noTools(addon));
    }
  },
});
