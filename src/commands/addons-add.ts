import { noTools } from "../addons/describe.ts";
import { resolve } from "node:path";
import { addEnvFile } from "../addons/env-files.ts";
import { appName, typeNamed } from "../addons/find.ts";
import { addAddon, purgeExpired, requirePlan } from "../addons/lifecycle.ts";
import { chooseEngine } from "../engines/select.ts";
import { UserError } from "../errors.ts";
import { define } from "./define.ts";

export default define({
  description:
    "Provision a database for an app (made on first use) and set its variables. Runs on Docker when an engine answers, else as processes of this machine.",
  args: ["<addon-type>", "<plan>"],
  options: {
    engine: {
      flag: "--engine <engine>",
      summary: "where it runs (else $PGADDON_ENGINE, else Docker when it answers)",
      choices: ["docker", "local"],
    },
    pgVersion: { flag: "--pg-version <major>", summary: "major version of PostgreSQL" },
    envFile: { flag: "--env-file <file>", summary: "keep this file in step with the app's variables" },
  },
  examples: [
    "--app my-app addons-add postgresql 1g",
    "--app my-app addons-add postgresql sandbox --pg-version 15",
  ],
  automation: "Nothing is asked. Run it again after a failure: a failed provision leaves nothing behind.",
  async run(context, { args: [type, planName], options }) {
    const { output } = context;
    if (typeNamed(type) === undefined) {
      throw new UserError(`The addon_provider '${type.slice(0, 60)}' was not found`, {
        hint: "There is: postgresql.",
      });
    }
    const plan = requirePlan(planName);
    const app = await appName(context, options.app);
    const major = majorOf(options.pgVersion);
    const engine = await chooseEngine(context, options.engine);
    await purgeExpired(context);
    const { addon, variables } = await addAddon(context, { app, plan, engine, major });
    output.status(`Addon ${type} has been provisionned`);
    output.info(`ID: ${addon.id}`);
    output.info(`Modified variables: [${variables.join(" ")}]`);
    output.info("Message from addon provider: Database successfully created");
    if (!addon.client_tools) output.warn(noTools(addon));
    if (options.envFile !== undefined) {
      await addEnvFile(context, app, { path: resolve(context.cwd, options.envFile), internal: false });
    }
    if ((await engine.host()).remote) {
      output.note(
        `It runs on another machine: reach it with \`pgaddon --app ${app} db-tunnel ${addon.variable}\``,
      );
    }
  },
});

function majorOf(typed: string | undefined): number | undefined {
  if (typed === undefined) return undefined;
  if (/^[0-9]{1,3}$/.test(typed)) return Number(typed);
  throw new UserError(`'${typed.slice(0, 40)}' is not a major version`, { hint: "Like 17.", exitCode: 2 });
}
