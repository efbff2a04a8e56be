import { addonsOf } from "../addons/find.ts";
import { define, format } from "./define.ts";

export default define({
  args: [],
  options: { format },
  examples: ["apps", "apps --format json"],
  async run({ output, store }, { options }) {
    const state = store.read();
    const apps = Object.values(state.apps)
      .filter((app) => app.removed_at === null)
      .sort((a, b) => a.name.localeCompare(b.name));
    if (options.format === "json") {
      output.json({
        apps: apps.map((app) => ({
          name: app.name,
          addons: addonsOf(state, app.name).map(({ id }) => id),
          network: app.network,
          links: app.links,
          created_at: app.created_at,
        })),
      });
      return;
    }
    if (apps.length === 0) {
      output.print(
        "You haven't created any app yet, create your first application using:\n→ pgaddon create <app_name>",
      );
      return;
    }
    await output.table(
      ["Name", "Addons"],
      apps.map((app) => [
        app.name,
        addonsOf(state, app.name)
          .map(({ id }) => id)
          .join(", "),
      ]),
    );
  },
});
