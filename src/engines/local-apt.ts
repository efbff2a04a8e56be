import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MAJORS } from "../postgresql/versions.ts";
import { run, type RunResult } from "../support/run.ts";
import { NEWEST_MAJOR, OLDEST_MAJOR, type Search } from "./local-installs.ts";

/** Where fetched programs were unpacked, or why there are none. */
export type Fetched = { tree: string; bin: string; major: number } | { why: string };

interface Apt {
  env: NodeJS.ProcessEnv;
  options: readonly string[];
}

const UPDATE_MS = 5 * 60_000;
const DOWNLOAD_MS = 30 * 60_000;

/**
 * Majors that Debian's or Ubuntu's packages can bring, highest first. Without lists of packages nobody knows before
 * they are fetched, so then it is the catalogue.
 */
export async function aptMajors(env: NodeJS.ProcessEnv): Promise<number[]> {
  const machines = machinesApt(env);
  if (!(await hasApt(machines))) return [];
  const known = await downloadable(machines);
  return known.length > 0 ? known : MAJORS.map(({ major }) => major).sort((a, b) => b - a);
}

/** Download the packages of a server and its tools, with the libraries missing here, and unpack them; needs no root. */
export async function fetchWithApt(
  major: number | undefined,
  search: Search,
  report: (line: string) => void,
): Promise<Fetched> {
  const machines = machinesApt(search.env);
  if (!(await hasApt(machines))) return { why: "apt-get and dpkg-deb are not here" };
  const work = join(search.programs, ".apt");
  // Of a fetch that was killed: we hold the lock on this folder.
  await rm(work, { recursive: true, force: true });
  try {
    const known = await downloadable(machines, major);
    if (known.length > 0) {
      const fetched = await fetchFrom(machines, major, known, search, work, report);
      if ("bin" in fetched || (major !== undefined && !known.includes(major))) return fetched;
    }
    // No lists, or lists so old that what they name is gone.
    report("Reading the lists of packages");
    const own = await ownApt(search.env, work);
    const update = await apt(own, "apt-get", ["-q", "update"], UPDATE_MS);
    if (update.exitCode !== 0) return { why: `apt-get update failed: ${lastWords(update)}` };
    return await fetchFrom(own, major, await downloadable(own, major), search, work, report);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetchFrom(
  from: Apt,
  asked: number | undefined,
  known: readonly number[],
  search: Search,
  work: string,
  report: (line: string) => void,
): Promise<Fetched> {
  const major = asked ?? preferred(known);
  if (major === undefined || !known.includes(major)) {
    const there = known.length === 0 ? "no PostgreSQL" : `only PostgreSQL ${known.join(", ")}`;
    return { why: `the system's packages have ${there}` };
  }
  const wanted = [`postgresql-${major}`, `postgresql-client-${major}`];
  const answer = await apt(from, "apt-get", [
    "install",
    "--print-uris",
    "-qq",
    "-y",
    "--reinstall",
    "--no-install-recommends",
    ...wanted,
  ]);
  // 'http://.../libpq5_15.20-0%2bdeb12u1_amd64.deb' libpq5_15.20-0+deb12u1_amd64.deb 205248 SHA256:...
  const packages = [...answer.stdout.matchAll(/^'[^']*' ([^_\s]+)_\S+ (\d+)/gm)].map(
    ([, name = "", size]) => ({
      name,
      size: Number(size),
    }),
  );
  if (!wanted.every((name) => packages.some((found) => found.name === name))) {
    return { why: `apt-get finds no way to install ${wanted[0]}: ${lastWords(answer)}` };
  }
  const chosen = packages.filter(({ name }) => wanted.includes(name) || isLibrary(name));
  const bytes = chosen.reduce((sum, { size }) => sum + size, 0);
  report(`Fetching PostgreSQL ${major} with apt (${Math.ceil(bytes / 1e6)} MB)`);

  const downloads = join(work, "packages");
  await mkdir(downloads, { recursive: true });
  const download = await apt(
    from,
    "apt-get",
    ["-q", "download", ...chosen.map(({ name }) => name)],
    DOWNLOAD_MS,
    downloads,
  );
  if (download.exitCode !== 0) return { why: `apt-get download failed: ${lastWords(download)}` };

  const tree = join(search.programs, `.partial-postgresql-${major}`);
  await rm(tree, { recursive: true, force: true });
  for (const name of await readdir(downloads)) {
    const unpack = await apt(from, "dpkg-deb", ["-x", join(downloads, name), tree]);
    if (unpack.exitCode !== 0) return { why: `dpkg-deb cannot unpack ${name}: ${lastWords(unpack)}` };
  }
  return { tree, bin: `usr/lib/postgresql/${major}/bin`, major };
}

/** Not the C library: it belongs to the machine's own loader. */
function isLibrary(name: string): boolean {
  return name.startsWith("lib") && !/^libc6|-perl$|-dev$/.test(name);
}

/** The catalogue's default where it is to be had, else the highest. */
function preferred(majors: readonly number[]): number | undefined {
  return MAJORS.map(({ major }) => major).find((major) => majors.includes(major)) ?? majors[0];
}

function machinesApt(env: NodeJS.ProcessEnv): Apt {
  // As root apt would download as a user of its own, who cannot reach our folder.
  return { env, options: ["-o", "APT::Sandbox::User=root"] };
}

/** The machine's sources and keys with lists and cache of our own: what is the machine's may be empty, old, or not ours to write. */
async function ownApt(env: NodeJS.ProcessEnv, work: string): Promise<Apt> {
  await mkdir(join(work, "state", "lists", "partial"), { recursive: true });
  await mkdir(join(work, "cache", "archives", "partial"), { recursive: true });
  const file = join(work, "apt.conf");
  const lines = [
    `Dir::State "${join(work, "state")}";`,
    `Dir::State::Lists "${join(work, "state", "lists")}";`,
    `Dir::Cache "${join(work, "cache")}";`,
    `Dir::Log "${work}";`,
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
    // Hooks of the machine tidy up folders that are not ours, and fail without root.
    "#clear APT::Update::Pre-Invoke;",
    "#clear APT::Update::Post-Invoke;",
    "#clear APT::Update::Post-Invoke-Success;",
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  return { env, options: ["-c", file] };
}

async function hasApt(from: Apt): Promise<boolean> {
  const answers = await Promise.all(
    ["apt-get", "dpkg-deb"].map((name) => run(name, ["--version"], { env: from.env })),
  );
  return answers.every(({ exitCode }) => exitCode === 0);
}

/** Majors that apt could download, highest first: not those it knows only because they are installed. */
async function downloadable(from: Apt, asked?: number): Promise<number[]> {
  const majors: number[] = asked !== undefined && asked > NEWEST_MAJOR ? [asked] : [];
  for (let major = NEWEST_MAJOR; major >= OLDEST_MAJOR; major -= 1) majors.push(major);
  // "postgresql-15:", then below "Version table:" lines like "500 http://... bookworm/main amd64 Packages"
  const { stdout } = await apt(from, "apt-cache", [
    "policy",
    ...majors.map((major) => `postgresql-${major}`),
  ]);
  const packages = stdout.split(/^(?=\S)/m);
  return majors.filter((major) =>
    packages.some((text) => text.startsWith(`postgresql-${major}:`) && text.includes("://")),
  );
}

function apt(
  from: Apt,
  program: string,
  args: readonly string[],
  timeoutMs = 60_000,
  cwd = "/",
): Promise<RunResult> {
  const options = program === "dpkg-deb" ? [] : from.options;
  // The server's user has to read what is unpacked, whatever our umask.
  return run("sh", ["-c", 'umask 022; exec "$@"', "sh", program, ...options, ...args], {
    env: { ...from.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
    timeoutMs,
    cwd,
  });
}

export function lastWords(result: RunResult): string {
  const lines = `${result.stdout}\n${result.stderr}`
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const errors = lines.filter((line) => /^(E:|npm error|npm ERR!|dpkg-deb: error)/.test(line));
  return (errors.length > 0 ? errors : lines).slice(-2).join(" ") || `exit code ${result.exitCode}`;
}
