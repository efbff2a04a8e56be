import { resolve } from "node:path";
import { environment, formatEnvironment, resolveAll } from "../addons/environment.ts";
import { findApp } from "../addons/find.ts";
import { define } from "./define.ts";

export default define({
  description: "Show the variables of an app, aliases left as they are (`env-get` resolves them).",
  args: [],
  options: {
    format: {
      flag: "--format <format>",
      summary: "plain lines, json, a .env file, or lines for eval in a shell",
      choices: ["plain", "json", "dotenv", "shell"],
    },
    internal: { flag: "--internal", summary: "addresses as containers on the app's network see them" },
    check: {
      flag: "--check",
      summary: "run psql over every PostgreSQL URL; exit 1 when one does not answer",
    },
    envFile: { flag: "--env-file <file>", summary: "keep this file in step with the variables from now on" },
  },
  examples: [
    "--app my-app env",
    "--app my-app env --format dotenv > .env",
    "--app my-app env --check",
    "--app my-app env --internal",
  ],
  async run(context, { options }) {
    const { output } = context;
    const { app, state } = await findApp(context, options.app);
    if (options.envFile !== undefined) {
      const { addEnvFile } = await import("../addons/env-files.ts");
      const path = resolve(context.cwd, options.envFile);
      await addEnvFile(context, app.name, { path, internal: options.internal === true });
      output.note(`${options.envFile} is kept in step with the variables of ${app.name}`);
      return 0;
    }
    const values = environment(state, app, options.internal === true);
    if (options.check === true) {
      const { checkUrls } = await import("../addons/check-urls.ts");
      return checkUrls(context, state, app, options.format === "json");
    }
    if (options.format === "json") output.json(values);
    else {
      const shape = options.format === "dotenv" || options.format === "shell" ? options.format : "plain";
      // A shell or a reader of .env files would look up `$OTHER` among its own: give it values.
      const text = formatEnvironment(shape === "plain" ? values : resolveAll(values), shape);
      if (text !== "") output.print(text);
    }
    return 0;
  },
});
