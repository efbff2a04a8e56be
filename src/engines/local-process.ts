import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { lstat, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, messageOf, PortTakenError, UserError } from "../errors.ts";
import { until } from "../support/retry.ts";
import { run } from "../support/run.ts";
import { runAs, type ServerAccount } from "./local-account.ts";
import { exists, readInside } from "./local-files.ts";
import { logSizes, logTextSince } from "./local-logs.ts";

const START_LOG_MAX = 1024 * 1024;

export interface LiveServer {
  pid: number;
  /** The entrypoint still makes the database (or waits for the lock): there is no server to talk to yet. */
  initialising: boolean;
  startedAt: string | null;
}

export interface LaunchOptions {
  root: string;
  bin: string;
  libraries: readonly string[];
  locale: string;
  port: number;
  path: string;
  account: ServerAccount;
}

/**
 * The running server of this root. A process counts only when its command line names this root, so a number that
 * another process got meanwhile (after a reboot, say) fools nobody.
 */
export async function liveServer(root: string): Promise<LiveServer | undefined> {
  const lines = (await readInside(root, "pgdata/postmaster.pid"))?.split("\n") ?? [];
  const server = Number(lines[0]);
  if ((await roleOf(server, root)) === "server") {
    return { pid: server, initialising: false, startedAt: isoTime(Number(lines[2]) * 1000) };
  }
  const launched = Number(await readInside(root, "run/pid"));
  const role = await roleOf(launched, root);
  if (role === undefined) return undefined;
  const facts = await lstat(join(root, "run", "pid")).catch(() => undefined);
  return {
    pid: launched,
    initialising: role === "entrypoint",
    startedAt: isoTime(facts?.mtimeMs ?? Number.NaN),
  };
}

/**
 * Run the entrypoint in a session of its own, so that it outlives us and a Ctrl-C here. Returns once the server listens,
 * or is gone already (inspect says why), or makes its database for longer than it is worth waiting for.
 */
export async function launch(options: LaunchOptions): Promise<void> {
  const { root, account } = options;
  const before = await logSizes(root);
  const log = await openStartLog(root, account);
  let child;
  try {
    // The shell notes its own number: one that was noted by us could be lost with us. It stays the same through both exec.
    child = spawn(
      "/bin/sh",
      ["-c", 'umask 077; echo $$ >run/pid; exec /bin/sh "$1"', "sh", join(root, "entrypoint.sh")],
      {
        cwd: root,
        detached: true,
        stdio: ["ignore", log.fd, log.fd],
        env: serverEnvironment(options),
        ...runAs(account),
      },
    );
    await once(child, "spawn");
  } catch (error) {
    throw new UserError(`The server cannot be started: ${messageOf(error)}`, { cause: error });
  } finally {
    await log.close();
  }
  child.unref();
  const { pid } = child;
  if (pid !== undefined && account.dropped) await protect(pid);
  const { exitCode } = await waitForServer(root, child);
  if (exitCode === null) return;
  const said = await logTextSince(root, before);
  // Not the socket's: "could not bind Unix address" is no port.
  if (/could not bind IPv[46] address .*in use/.test(said)) {
    await rm(join(root, "run", "pid"), { force: true });
    throw new PortTakenError(options.port);
  }
}

/** Fast shutdown and wait for the end of it; false when time is up. Never a SIGKILL. */
export async function shutDown(root: string, timeoutSeconds: number): Promise<boolean> {
  let told = "";
  const gone = await until(
    async () => {
      const live = await liveServer(root);
      if (live === undefined) return true;
      // Told again when the entrypoint has become the server meanwhile.
      const target = `${live.pid} ${live.initialising}`;
      if (target !== told) interrupt(live);
      told = target;
      return undefined;
    },
    { forMs: timeoutSeconds * 1000, everyMs: 50 },
  );
  if (gone === undefined) return false;
  await rm(join(root, "run", "pid"), { force: true });
  return true;
}

/**
 * A postmaster.pid left by a crash whose number now belongs to some other process makes PostgreSQL refuse to start.
 * It may go only when no server holds the lock of this root.
 */
export async function dropStalePidFile(root: string, account: ServerAccount): Promise<void> {
  const pid = Number((await readInside(root, "pgdata/postmaster.pid"))?.split("\n")[0]);
  if (!isPid(pid) || !(await processExists(pid)) || (await roleOf(pid, root)) !== undefined) return;
  const free = await run("flock", ["-n", join(root, "lock"), "true"], {
    ...runAs(account),
    timeoutMs: 5000,
  });
  // 127: macOS has no flock, and no servers in other containers either.
  if (free.exitCode === 0 || (free.exitCode === 127 && process.platform === "darwin")) {
    await rm(join(root, "pgdata", "postmaster.pid"), { force: true });
  }
}

function serverEnvironment(options: LaunchOptions): NodeJS.ProcessEnv {
  return {
    PATH: options.path,
    // initdb takes the database's locale from PGADDON_LOCALE; this one is for the programs' own messages.
    LC_ALL: "C",
    PGADDON_ROOT: options.root,
    PGADDON_BIN: options.bin,
    PGADDON_LOCALE: options.locale,
    ...(options.libraries.length === 0 ? {} : { LD_LIBRARY_PATH: options.libraries.join(":") }),
    ...(options.account.dropped && process.platform === "linux"
      ? { PG_OOM_ADJUST_FILE: "/proc/self/oom_score_adj", PG_OOM_ADJUST_VALUE: "0" }
      : {}),
  };
}

/** The kernel then takes a session of the server, which it survives, and not the server. */
async function protect(pid: number): Promise<void> {
  if (process.platform !== "linux") return;
  // Refused in most containers; enforcement() says so.
  await writeFile(`/proc/${pid}/oom_score_adj`, "-900").catch(() => undefined);
}

async function waitForServer(
  root: string,
  child: { exitCode: number | null; signalCode: NodeJS.Signals | null },
): Promise<{ exitCode: number | null }> {
  const ended = await until(
    async () => {
      if (child.exitCode !== null || child.signalCode !== null) return { exitCode: child.exitCode ?? 128 };
      // Line 8, the status, comes after the sockets were made.
      const lines = (await readInside(root, "pgdata/postmaster.pid"))?.split("\n") ?? [];
      const listening = (lines[7] ?? "").trim() !== "" && (await roleOf(Number(lines[0]), root)) === "server";
      return listening ? { exitCode: null } : undefined;
    },
    { forMs: 30_000, everyMs: 25 },
  );
  return ended ?? { exitCode: null };
}

async function openStartLog(root: string, account: ServerAccount): Promise<Awaited<ReturnType<typeof open>>> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const log = await open(join(root, "log", "start.log"), flags, 0o600);
  if (account.dropped) await log.chown(account.uid, account.gid);
  if ((await log.stat()).size > START_LOG_MAX) await log.truncate(0);
  return log;
}

async function roleOf(pid: number, root: string): Promise<"server" | "entrypoint" | undefined> {
  if (!isPid(pid)) return undefined;
  const words = await commandLine(pid);
  if (words.includes(`config_file=${root}/conf/postgresql.conf`)) return "server";
  return words.includes(`${root}/entrypoint.sh`) ? "entrypoint" : undefined;
}

/** The arguments of a process; on macOS one text, for ps joins them. Empty when it is gone or only its exit code is left. */
async function commandLine(pid: number): Promise<string[] | string> {
  if (process.platform === "linux") {
    const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return text.split("\0");
  }
  return (await run("ps", ["-ww", "-o", "command=", "-p", String(pid)])).stdout;
}

async function processExists(pid: number): Promise<boolean> {
  if (process.platform === "linux") return exists(`/proc/${pid}`);
  return (await commandLine(pid)).length > 0;
}

function interrupt(live: LiveServer): void {
  try {
    // While the database is made, the shell waits for initdb: the whole group has to hear it.
    process.kill(live.initialising ? -live.pid : live.pid, "SIGINT");
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}

function isPid(pid: number): boolean {
  return Number.isInteger(pid) && pid > 1;
}

function isoTime(milliseconds: number): string | null {
  return Number.isFinite(milliseconds) && milliseconds > 0 ? new Date(milliseconds).toISOString() : null;
}
