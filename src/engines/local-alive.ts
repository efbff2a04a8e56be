import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Where local servers' programs and folders are: below home, or, as root, where an unprivileged user can reach them. */
export function localBase(env: NodeJS.ProcessEnv, home: string, asRoot: boolean): string {
  return asRoot ? env["PGADDON_LOCAL_ROOT"] || "/var/lib/pgaddon" : home;
}

/** The folder that holds one folder per server of this home. */
export function serversFolder(base: string, homeId: string, asRoot: boolean): string {
  return join(base, asRoot ? homeId : "local");
}

/**
 * Does a server of this instance run, as far as two small files tell? Loads nothing, so that `env` can ask. Wrong only in
 * cases that the engine's own look sorts out.
 */
export function seemsAlive(
  where: { env: NodeJS.ProcessEnv; home: string; homeId: string },
  instance: string,
): boolean {
  const asRoot = process.getuid?.() === 0;
  const root = join(serversFolder(localBase(where.env, where.home, asRoot), where.homeId, asRoot), instance);
  try {
    const pid = Number(readFileSync(join(root, "pgdata", "postmaster.pid"), "utf8").split("\n")[0]);
    process.kill(pid, 0);
    // Another process may have the number since a reboot; where there is no /proc, its being taken has to do.
    return process.platform !== "linux" || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(root);
  } catch (error) {
    // It is there and belongs to the servers' user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
