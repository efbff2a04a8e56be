import { join } from "node:path";
import { UserError } from "../errors.ts";
import { takeLock } from "../state/lock.ts";
import type { Runtime } from "./engine.ts";
import { makeReachable } from "./local-account.ts";
import { aptMajors } from "./local-apt.ts";
import { fetchPrograms } from "./local-fetch.ts";
import {
  chosenInstall,
  clientFor,
  discoverInstalls,
  type Install,
  NEWEST_MAJOR,
  OLDEST_MAJOR,
  runtimeOf,
  type Search,
} from "./local-installs.ts";

const FETCH_MS = 45 * 60_000;

/** Installed majors with client tools, highest first (the default), then those the system's packages could bring. */
export async function majorsToBeHad(search: Search): Promise<number[]> {
  const installs = await discoverInstalls(search);
  const chosen = chosenInstall(installs, search.env);
  const installed = complete(undefined, installs).map(({ major }) => major);
  const fetchable = await aptMajors(search.env);
  return [...new Set([...(chosen === undefined ? [] : [chosen.major]), ...installed, ...fetchable])];
}

/** Programs for a new server: installed ones with client tools, else fetched ones, else a server without client tools. */
export async function preparePrograms(
  major: number | undefined,
  search: Search,
  report: (line: string) => void,
): Promise<Runtime> {
  if (major !== undefined && major < OLDEST_MAJOR) {
    throw new UserError(`PostgreSQL ${major} is too old: ${OLDEST_MAJOR} is the oldest that pgaddon runs`);
  }
  const runtime = ready(major, await discoverInstalls(search), search.env);
  if (runtime !== undefined) return runtime;

  await makeReachable(search.programs, search.account);
  const lock = await takeLock(join(search.programs, ".lock"), "fetching PostgreSQL", {
    forMs: FETCH_MS,
    what: "The folder of fetched PostgreSQL programs",
    onWait: (holder) => report(`Waiting for PostgreSQL: ${holder}`),
  });
  try {
    return await fetchOrTakeLess(major, search, report);
  } finally {
    lock.release();
  }
}

async function fetchOrTakeLess(
  major: number | undefined,
  search: Search,
  report: (line: string) => void,
): Promise<Runtime> {
  // Whoever held the lock before us has fetched it, as a rule.
  let installs = await discoverInstalls(search);
  const found = ready(major, installs, search.env);
  if (found !== undefined) return found;

  const failures = await fetchPrograms(major, ["apt"], search, report);
  if (failures.length > 0) {
    const [bare] = servers(major, installs);
    if (bare !== undefined) return runtimeOf(bare, installs);
    failures.push(...(await fetchPrograms(major, ["npm"], search, report)));
  }
  installs = await discoverInstalls(search);
  const fetched = ready(major, installs, search.env);
  if (fetched !== undefined) return fetched;
  const [bare] = servers(major, installs);
  if (bare !== undefined) return runtimeOf(bare, installs);

  const what = major === undefined ? "PostgreSQL" : `PostgreSQL ${major}`;
  const there = installs.map(({ version, bin }) => `${version} in ${bin}`).join(", ");
  throw new UserError(
    [`${what} cannot be had on this machine`, `installed: ${there || "none"}`, ...failures].join("\n"),
    {
      hint: [
        `Install ${what} with its client tools (psql, pg_dump, pg_restore) the way this system does it, and try again.`,
        "Or set PGADDON_PG_BINDIR to the folder with its programs, or run it in Docker (--engine docker).",
      ],
    },
  );
}

function ready(
  major: number | undefined,
  installs: readonly Install[],
  env: NodeJS.ProcessEnv,
): Runtime | undefined {
  const chosen = chosenInstall(installs, env);
  if (chosen !== undefined && (major === undefined || major === chosen.major))
    return runtimeOf(chosen, installs);
  const [best] = complete(major, installs);
  return best === undefined ? undefined : runtimeOf(best, installs);
}

/** Servers that have client tools, their own or newer ones. */
function complete(major: number | undefined, installs: readonly Install[]): Install[] {
  return servers(major, installs).filter((install) => clientFor(install, installs) !== undefined);
}

/** Highest major first; of one major those with their own client tools first, then in the order they were found. */
function servers(major: number | undefined, installs: readonly Install[]): Install[] {
  return installs
    .filter(
      (install) =>
        install.server && (major === undefined ? install.major <= NEWEST_MAJOR : install.major === major),
    )
    .toSorted((a, b) => b.major - a.major || Number(b.client) - Number(a.client));
}
