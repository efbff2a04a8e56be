import { constants } from "node:os";
import { environment, resolveAll } from "../addons/environment.ts";
import { findApp } from "../addons/find.ts";
import { UserError } from "../errors.ts";
import { runAttached } from "../support/run.ts";
import { define } from "./define.ts";

export default define({
  description: "Run a command on this machine with the app's variables, resolved, in its environment.",
  args: ["<command...>"],
  options: {},
  passThrough: true,
  examples: ["--app my-app run -- npm run migrate", "--app my-app run -- sh -c 'psql \"$DATABASE_URL\"'"],
  async run(context, { args: [[file = "", ...args]], options }) {
    const { app, state } = await findApp(context, options.app);
    const variables = resolveAll(environment(state, app));
    const { exitCode, signal } = await runAttached(file, args, { env: { ...context.env, ...variables } });
    if (exitCode === 127 && signal === null)
      context.output.error(`'${file}' was not found or could not be started`);
    if (signal !== null) return 128 + constants.signals[signal];
    if (exitCode === null) throw new UserError(`'${file}' ended without an exit code`);
    return exitCode;
  },
});
