import { createReadStream } from "node:fs";
import { access, constants } from "node:fs/promises";
import { resolve } from "node:path";
import { addonsOf, findAddon, findApp } from "../addons/find.ts";
import { placementOf, primaryOf } from "../addons/instance.ts";
import { UserError, messageOf } from "../errors.ts";
import { psqlArgv } from "../postgresql/superuser.ts";
import { define } from "./define.ts";

export default define({
  description:
    "Open psql, of the server's own version, on a database as the app's user. What follows -- goes to psql. The exit code is psql's.",
  args: ["[psql-arguments...]"],
  options: {
    command: { flag: "-c, --command <sql...>", summary: "run this and exit" },
    file: { flag: "-f, --file <file>", summary: "run the statements of this file (- is stdin) and exit" },
  },
  examples: [
    "--app my-app pgsql-console",
    "--app my-app pgsql-console -c 'SELECT version()'",
    "--app my-app pgsql-console -f schema.sql",
    "--app my-app pgsql-console -- -At -c 'SELECT 1'",
  ],
  async run(context, { args: [more], options }) {
    const { stdin, stdout, stderr, signal } = context;
    const { app, state } = await findApp(context, options.app);
    const addon = findAddon(context, app, addonsOf(state, app.name), options.addon);
    if (addon.status === "stopped") {
      throw new UserError(`${addon.id} is stopped`, {
        hint: `Start it with \`pgaddon --app ${app.name} addons-start ${addon.id}\`.`,
      });
    }
    const file =
      options.file === undefined || options.file === "-" ? undefined : resolve(context.cwd, options.file);
    if (file !== undefined) await readable(file);
    const engine = await context.engine(addon.engine);
    const commands = (options.command ?? []).flatMap((sql) => ["-c", sql]);
    const tty = stdin.isTTY && stdout.isTTY && options.file === undefined && commands.length === 0;
    const argv = psqlArgv(placementOf(engine, addon), addon.user, addon.database, [
      ...more,
      ...commands,
      ...(options.file === undefined ? [] : ["-f", "-"]),
    ]);
    return engine.attach(primaryOf(addon), argv, {
      stdin: file === undefined ? stdin : createReadStream(file),
      stdout,
      stderr,
      tty,
      signal,
    });
  },
});

async function readable(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
