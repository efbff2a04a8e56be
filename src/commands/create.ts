import { checkAppName } from "../addons/find.ts";
import { ensureApp, purgeExpired } from "../addons/lifecycle.ts";
import { UserError } from "../errors.ts";
import { run } from "../support/run.ts";
import { define } from "./define.ts";

export default define({
  description: "Create an app. Inside a git work tree it becomes the app of that tree.",
  args: ["<app>"],
  options: {},
  examples: ["create my-app"],
  async run(context, { args: [name] }) {
    checkAppName(name);
    await purgeExpired(context);
    const quiet = { ...context, output: { ...context.output, note: () => undefined } };
    if (!(await ensureApp(quiet, name))) throw new UserError(`The application '${name}' exists already`);
    context.output.print(`App '${name}' has been created`);
    const { exitCode } = await run("git", ["config", "--local", "pgaddon.app", name], {
      cwd: context.cwd,
      timeoutMs: 5000,
    });
    if (exitCode === 0)
      context.output.note(
        `Git repository detected: it is the app of this work tree now, --app can be left out`,
      );
  },
});
