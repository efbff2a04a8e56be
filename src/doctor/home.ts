import { chmodSync, existsSync, readdirSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { ok, warning, wrong } from "./finding.ts";
import type { Finding } from "./finding.ts";

/** Permissions of the home and of every file with a secret in it. */
export function checkHome({ store }: Context): Finding[] {
  const { home } = store;
  if (!existsSync(home)) return [ok(`Home ${home}: nothing there yet`)];
  const folders = [home, join(home, "tls"), join(home, "locks")].filter((path) => look(path)?.isDirectory());
  const secrets = folders
    .filter((path) => !path.endsWith("locks"))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => look(path)?.isFile());
  const open = [
    ...folders.map((path) => ({ path, mode: 0o700 })),
    ...secrets.map((path) => ({ path, mode: 0o600 })),
  ].filter(({ path }) => ((look(path)?.mode ?? 0) & 0o077) !== 0);
  if (open.length === 0) return [ok(`Home ${home}: readable by its owner only`)];
  return open.map(({ path, mode }) =>
    wrong(`${path} can be read by others`, `chmod ${mode.toString(8)} ${path}`, async () =>
      chmodSync(path, mode),
    ),
  );
}

/** Env files hold passwords, too; they are the user's, so their permissions are only told. */
export function checkEnvFiles({ store }: Context): Finding[] {
  return Object.values(store.read().apps)
    .flatMap((app) => app.env_files)
    .flatMap(({ path }) => {
      const found = look(path);
      if (found === undefined)
        return [warning(`The env file ${path} is gone`, "apps-unlink --env-file forgets it")];
      return (found.mode & 0o004) === 0
        ? []
        : [warning(`The env file ${path} can be read by everybody`, `chmod 600 ${path}`)];
    });
}

/** Undefined for what cannot be looked at: other commands' files come and go, and a link may lead nowhere. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
