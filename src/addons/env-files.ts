import { lstatSync, readFileSync, realpathSync, statSync } from "node:fs";
import type { Context } from "../context.ts";
import { UserError, codeOf, messageOf } from "../errors.ts";
import type { App, EnvFile } from "../state/types.ts";
import { writeFileAtomically } from "../support/files.ts";
import { environment, formatEnvironment, resolveAll } from "./environment.ts";
import { own } from "./find.ts";

/** Keep this file in step with the app's variables from now on, and write it. */
export async function addEnvFile(context: Context, app: string, file: EnvFile): Promise<void> {
  write(context, app, file);
  await context.store.update((state) => {
    const entry = own(state.apps, app);
    if (entry === undefined) return;
    entry.env_files = [...entry.env_files.filter(({ path }) => path !== file.path), file];
  });
}

/** Stop keeping a file; what is in it stays. False when it was not kept. */
export async function dropEnvFile(context: Context, app: string, path: string): Promise<boolean> {
  return context.store.update((state) => {
    const entry = own(state.apps, app);
    if (entry === undefined || !entry.env_files.some((file) => file.path === path)) return false;
    entry.env_files = entry.env_files.filter((file) => file.path !== path);
    return true;
  });
}

/** Bring the app's files in step with its variables. A file that cannot be written is warned about; it stops nothing. */
export async function syncEnvFiles(context: Context, app: string): Promise<void> {
  for (const file of own(context.store.read().apps, app)?.env_files ?? []) {
    try {
      write(context, app, file);
    } catch (error) {
      context.output.warn(messageOf(error));
    }
  }
}

/** Only the lines between our marks are ours; the rest of the file is the user's and stays. */
function write(context: Context, app: string, file: EnvFile): void {
  const state = context.store.read();
  const entry: App | undefined = own(state.apps, app);
  const values = entry === undefined ? {} : resolveAll(environment(state, entry, file.internal));
  const begin = `# >>> pgaddon ${app}: kept in step, changes between these lines are overwritten`;
  const end = `# <<< pgaddon ${app}`;
  const block = [
    begin,
    ...(Object.keys(values).length === 0 ? [] : [formatEnvironment(values, "dotenv")]),
    end,
  ].join("\n");
  try {
    const { path, text, mode } = existing(file.path);
    const from = text.indexOf(begin);
    const to = text.indexOf(end, from);
    if (from >= 0 && to < 0) {
      throw new UserError(`The env file ${file.path} has lost the line that ends pgaddon's part`, {
        hint: `Put this line back below it, or remove the part whole: ${end}`,
      });
    }
    const before = from < 0 ? text : text.slice(0, from);
    const after = from < 0 ? "" : text.slice(to + end.length).replace(/^\n/, "");
    const gap = before === "" || before.endsWith("\n") ? "" : "\n";
    const next = `${before}${gap}${block}\n${after}`;
    if (next !== text) writeFileAtomically(path, next, mode);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`The env file ${file.path} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

/** What is there, links followed; a new file is the owner's alone. */
function existing(path: string): { path: string; text: string; mode: number } {
  try {
    const real = lstatSync(path).isSymbolicLink() ? realpathSync(path) : path;
    const facts = statSync(real);
    if (!facts.isFile()) throw new UserError(`The env file ${path} is not a file`);
    return { path: real, text: readFileSync(real, "utf8"), mode: facts.mode & 0o777 };
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return { path, text: "", mode: 0o600 };
  }
}
