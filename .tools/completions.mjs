// Writes completions/ from the command registry; --check fails when they are stale.
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";

let stale = 0;
for (const shell of ["bash", "zsh", "fish"]) {
  const script = execFileSync(process.execPath, ["bin/pgaddon.js", "completion", shell], {
    encoding: "utf8",
  });
  const path = `completions/pgaddon.${shell}`;
  if (!process.argv.includes("--check")) await writeFile(path, script);
  else if ((await readFile(path, "utf8").catch(() => "")) !== script) {
    console.error(`${path} is stale: run npm run completions`);
    stale += 1;
  }
}
process.exitCode = stale === 0 ? 0 : 1;
