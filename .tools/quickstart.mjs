// From a fresh clone to a database: npm run quickstart. Plain Node, for nothing is installed yet.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { dependenciesInstalled, installDependencies } from "./install.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const app = "demo";
const typed = (args) => `node bin/pgaddon.js ${args.join(" ")}`;

process.chdir(root);
// It makes Node start three times slower and is npm's business alone.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

class Failed extends Error {
  constructor(code, advice) {
    super(advice);
    this.code = code;
  }
}

function node(args, options = {}) {
  const { status, stdout, error } = spawnSync(process.execPath, args, { env, stdio: "inherit", ...options });
  if (error !== undefined) throw error;
  return { code: status ?? 1, stdout: String(stdout ?? "") };
}

const pgaddon = (args, options) => node(["bin/pgaddon.js", "--app", app, ...args], options);

/** Run a command in front of the user's eyes: as typed, then what it prints. */
function show(args, advice) {
  console.log(`\n$ ${typed(["--app", app, ...args])}`);
  const { code } = pgaddon(args);
  if (code !== 0) throw new Failed(code, advice);
}

/** The app's databases; none when there is no such app yet. */
function databases() {
  const { code, stdout } = pgaddon(["addons", "--format", "json"], { stdio: ["ignore", "pipe", "ignore"] });
  if (code !== 0) return [];
  return JSON.parse(stdout).addons.filter(({ type }) => type === "postgresql");
}

function main() {
  if (!dependenciesInstalled()) {
    console.log("Installing packages (npm ci)");
    const code = installDependencies();
    if (code !== 0)
      throw new Failed(code, "npm ci failed: is the npm registry reachable? Then run it again.");
  }
  console.log("Building pgaddon (npm run build)");
  const build = node([".tools/build.mjs"]);
  if (build.code !== 0) {
    throw new Failed(build.code, "The build failed. Remove node_modules and dist, then run it again.");
  }

  const existing = databases();
  if (existing.length === 0) {
    show(
      ["addons-add", "postgresql", "1g"],
      "No database was made. The lines above say why; put that right and run it again, nothing was left behind. " +
        "Without Docker, `PGADDON_ENGINE=local npm run quickstart` uses server processes of this machine.",
    );
  } else {
    console.log(`\nThe app ${app} has its database already (${existing[0].id}): nothing to provision`);
  }
  show(["addons"], "The add-ons cannot be listed: see the lines above.");
  show(["env"], "The variables cannot be shown: see the lines above.");
  show(
    ["env", "--check"],
    `The database does not answer. See \`${typed(["doctor"])}\`; start a stopped one with \`${typed(["--app", app, "addons-start"])}\`.`,
  );

  console.log(`
Next:
  ${typed(["--app", app, "pgsql-console"])}
  ${typed(["--help"])}

Remove it, with all its data:
  ${typed(["--app", app, "destroy", "--confirm", app, "--purge"])}`);
}

try {
  main();
} catch (error) {
  if (!(error instanceof Failed)) throw error;
  console.error(`\nquickstart: ${error.message}`);
  process.exitCode = error.code;
}
