import { resolve } from "node:path";
import { dropEnvFile } from "../addons/env-files.ts";
import { findApp } from "../addons/find.ts";
import { unlink } from "../addons/links.ts";
import { UsageError, UserError } from "../errors.ts";
import { define } from "./define.ts";

export default define({
  args: ["[container]"],
  options: {
    envFile: { flag: "--env-file <file>", summary: "stop keeping this file in step; what is in it stays" },
  },
  examples: ["--app my-app apps-unlink web", "--app my-app apps-unlink --env-file ./web.env"],
  async run(context, { args: [container], options }) {
    const { app } = await findApp(context, options.app);
    if (container === undefined && options.envFile === undefined) {
      throw new UsageError(
        "missing the container to unlink, or --env-file",
        "See `pgaddon help apps-unlink`.",
      );
    }
    if (container !== undefined) {
      await unlink(context, app, container);
      context.output.status(`Container ${container} is no longer linked to ${app.name}`);
    }
    if (options.envFile !== undefined) {
      if (!(await dropEnvFile(context, app.name, resolve(context.cwd, options.envFile)))) {
        throw new UserError(`${options.envFile} is not kept for ${app.name}`);
      }
      context.output.status(`${options.envFile} is no longer kept in step with ${app.name}`);
    }
  },
});
