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
    context.signal.throwIfAborted();
    const { exitCode, signal, failure } = await runAttached(file, args, {
      env: { ...context.env, ...variables },
    });
    if (signal !== null) return 128 + constants.signals[signal];
    if (exitCode !== null) return exitCode;
    // 127 and 126 as a shell has them.
    const { code, message = "" } = failure ?? {};
    if (code === "ENOENT") {
      throw new UserError(`'${file}' was not found or could not be started`, { exitCode: 127 });
    }
    throw new UserError(
      `'${file}' could not be started: ${code === "EACCES" ? "it is no program, or its permissions forbid it" : message}`,
      { exitCode: 126 },
    );
  },
});
