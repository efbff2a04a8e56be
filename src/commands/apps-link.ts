import { resolve } from "node:path";
import { addEnvFile } from "../addons/env-files.ts";
import { findApp } from "../addons/find.ts";
import { purgeExpired } from "../addons/lifecycle.ts";
import { link } from "../addons/links.ts";
import { UsageError } from "../errors.ts";
import { define } from "./define.ts";

export default define({
  description:
    "Join a container to the app's network, where the databases answer under their ids (see `env --internal`), and restart it whenever the platform would restart the app. A container labelled pgaddon.link=<app> counts as linked by itself.",
  args: ["[container]"],
  options: {
    envFile: {
      flag: "--env-file <file>",
      summary: "keep this file in step with the app's variables (container addresses)",
    },
  },
  examples: ["--app my-app apps-link web", "--app my-app apps-link web --env-file ./web.env"],
  async run(context, { args: [container], options }) {
    const { app } = await findApp(context, options.app);
    if (container === undefined && options.envFile === undefined) {
      throw new UsageError("missing the container to link, or --env-file", "See `pgaddon help apps-link`.");
    }
    await purgeExpired(context);
    if (container !== undefined) {
      const network = await link(context, app, container);
      context.output.status(`Container ${container} is linked to ${app.name} (network ${network})`);
    }
    if (options.envFile !== undefined) {
      const path = resolve(context.cwd, options.envFile);
      await addEnvFile(context, app.name, { path, internal: true });
      context.output.status(`${options.envFile} is kept in step with the variables of ${app.name}`);
    }
  },
});
