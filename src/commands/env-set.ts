import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { checkVariable, ownerOf } from "../addons/environment.ts";
import { syncEnvFiles } from "../addons/env-files.ts";
import { appName, own } from "../addons/find.ts";
import { ensureApp, purgeExpired } from "../addons/lifecycle.ts";
import type { Context } from "../context.ts";
import { UserError, messageOf } from "../errors.ts";
import { define } from "./define.ts";

export default define({
  description: "Set variables. `NAME=$OTHER` is an alias of OTHER. The app is made on first use.",
  args: ["[assignments...]"],
  options: {
    file: { flag: "-f, --file <file>", summary: "read them from a .env file (- is stdin); arguments win" },
  },
  examples: [
    "--app my-app env-set A=1 B=2",
    "--app my-app env-set --file .env",
    "--app my-app env-set --file - < secrets.env",
  ],
  async run(context, { args: [assignments], options }) {
    const fromFile = options.file === undefined ? {} : await readVariables(context, options.file);
    const values = { ...fromFile, ...Object.fromEntries(assignments.map(split)) };
    if (Object.keys(values).length === 0) {
      throw new UserError("nothing to set", {
        hint: "Like: pgaddon --app my-app env-set NAME=value",
        exitCode: 2,
      });
    }
    for (const [name, value] of Object.entries(values)) checkVariable(name, value);
    const name = await appName(context, options.app);
    const state = context.store.read();
    const known = own(state.apps, name);
    for (const variable of known === undefined ? [] : Object.keys(values)) {
      const owner = known === undefined ? undefined : ownerOf(state, known, variable);
      if (owner !== undefined) {
        throw new UserError(`'${variable}' belongs to the addon ${owner.id}`, {
          hint: "Give yours another name.",
        });
      }
    }
    await purgeExpired(context);
    await ensureApp(context, name);
    await context.store.update((draft) => {
      const app = own(draft.apps, name);
      if (app !== undefined) Object.assign(app.variables, values);
    });
    await syncEnvFiles(context, name);
    for (const [variable, value] of Object.entries(values)) {
      context.output.print(`${variable} has been set to '${value}'.`);
    }
    context.output.print(restartHint(name));
  },
});

/** What follows every change of variables. */
export function restartHint(app: string): string {
  return `\nRestart your containers to apply these environment changes on your application:\npgaddon --app ${app} restart`;
}

function split(assignment: string): [string, string] {
  const at = assignment.indexOf("=");
  if (at < 1) {
    throw new UserError(`'${assignment.slice(0, 70)}' is invalid: format is invalid, accepted: VAR=VAL`, {
      exitCode: 2,
    });
  }
  return [assignment.slice(0, at), assignment.slice(at + 1)];
}

async function readVariables(context: Context, file: string): Promise<Record<string, string>> {
  try {
    const [{ parse }, { text }] = await Promise.all([import("dotenv"), import("node:stream/consumers")]);
    return parse(
      file === "-" ? await text(context.stdin) : await readFile(resolve(context.cwd, file), "utf8"),
    );
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
