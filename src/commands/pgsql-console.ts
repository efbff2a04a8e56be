import { createReadStream } from "node:fs";
import { access, constants, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
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
    command: {
      flag: "-c, --command <sql...>",
      summary: "run this and exit; others on the machine can see it, so no passwords (-f - hides it)",
    },
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
    const attach = (input: Readable, until: AbortSignal): Promise<number> =>
      engine.attach(primaryOf(addon), argv, { stdin: input, stdout, stderr, tty, signal: until });
    return file === undefined ? attach(stdin, signal) : fromFile(file, signal, attach);
  },
});

/** A file that cannot be read to its end ends the tool, before what is left of a statement gets to it. */
async function fromFile(
  file: string,
  signal: AbortSignal,
  attach: (input: Readable, until: AbortSignal) => Promise<number>,
): Promise<number> {
  const broken = new AbortController();
  const input = createReadStream(file);
  input.on("error", (error) => broken.abort(unreadable(file, error)));
  try {
    const code = await attach(input, AbortSignal.any([signal, broken.signal]));
    broken.signal.throwIfAborted();
    return code;
  } catch (error) {
    throw broken.signal.aborted ? broken.signal.reason : error;
  } finally {
    input.destroy();
  }
}

async function readable(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
    if (!(await stat(file)).isDirectory()) return;
  } catch (error) {
    throw unreadable(file, error);
  }
  throw new UserError(`${file} is a folder`, { hint: "-f takes one file of statements." });
}

function unreadable(file: string, error: unknown): UserError {
  return new UserError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
}
