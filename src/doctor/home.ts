import { chmodSync, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { ok, warning, wrong } from "./finding.ts";
import type { Finding } from "./finding.ts";

/** Permissions of the home and of every file with a secret in it. */
export function checkHome({ store }: Context): Finding[] {
  const { home } = store;
  if (!existsSync(home)) return [ok(`Home ${home}: nothing there yet`)];
  const paths = [
    home,
    ...["tls", "locks"].map((name) => join(home, name)).filter((path) => existsSync(path)),
  ];
  const secrets = paths
    .filter((path) => !path.endsWith("locks"))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => statSync(path).isFile());
  const open = [
    ...paths.filter((path) => (statSync(path).mode & 0o077) !== 0).map((path) => ({ path, mode: 0o700 })),
    ...secrets.filter((path) => (statSync(path).mode & 0o077) !== 0).map((path) => ({ path, mode: 0o600 })),
  ];
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
      if (!existsSync(path))
        return [warning(`The env file ${path} is gone`, "apps-unlink --env-file forgets it")];
      return (statSync(path).mode & 0o004) === 0
        ? []
        : [warning(`The env file ${path} can be read by everybody`, `chmod 600 ${path}`)];
    });
}
