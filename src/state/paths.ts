import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** The folder with all state: `$PGADDON_HOME`, else `$XDG_DATA_HOME/pgaddon`, else `~/.local/share/pgaddon`. */
export function homeFolder(env: NodeJS.ProcessEnv): string {
  if (env["PGADDON_HOME"]) return resolve(env["PGADDON_HOME"]);
  const data = env["XDG_DATA_HOME"];
  // The XDG specification: a relative path is invalid and to be ignored.
  if (data && isAbsolute(data)) return join(data, "pgaddon");
  return join(env["HOME"] || homedir(), ".local", "share", "pgaddon");
}
