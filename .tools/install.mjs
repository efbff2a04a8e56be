// Installs the packages of package-lock.json when they are not there. Plain Node: nothing is installed before this ran.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Are the installed packages those of the lock file? Optional ones (other platforms) may be missing, not differ. */
export function dependenciesInstalled() {
  const read = (path) => JSON.parse(readFileSync(path, "utf8")).packages;
  try {
    const installed = read("node_modules/.package-lock.json");
    return Object.entries(read("package-lock.json")).every(([path, { version, optional, peer }]) => {
      if (path === "") return true;
      const found = installed[path]?.version;
      return found === version || (found === undefined && Boolean(optional ?? peer));
    });
  } catch {
    return false;
  }
}

/** `npm ci`, quiet unless it fails. Returns its exit code. */
export function installDependencies() {
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, stdout, stderr, error } = spawnSync("npm", args, { encoding: "utf8" });
  if (status === 0) return 0;
  process.stderr.write(
    `${stdout ?? ""}${stderr ?? ""}${error === undefined ? "" : `npm: ${error.message}\n`}`,
  );
  return status ?? 1;
}
