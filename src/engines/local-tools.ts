import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageOf, UserError } from "../errors.ts";
import { lendSignals, run } from "../support/run.ts";
import type { AttachIO, ExecResult } from "./engine.ts";
import { runAs } from "./local-account.ts";
import { exists } from "./local-files.ts";
import { clientFor, discoverInstalls, librariesOf, libraryPath, type Search } from "./local-installs.ts";

/** What a client tool may see of the user's environment. Not PG*: those would lead it to another server. */
const KEPT =
  /^(PATH|TERM|COLORTERM|LANG|LANGUAGE|LC_[A-Z]+|TZ|COLUMNS|LINES|EDITOR|VISUAL|PAGER|LESS|PSQL_[A-Z_]+|NO_COLOR)$/;

export interface ToolPlace {
  root: string;
  /** Folder of the server's programs. */
  bin: string;
}

/** Run a tool to its end, its output captured; its messages in English. */
export async function runTool(
  place: ToolPlace,
  argv: readonly string[],
  input: string | undefined,
  search: Search,
): Promise<ExecResult> {
  const file = await findTool(argv[0] ?? "", place.bin, search);
  return run(file, argv.slice(1), {
    env: {
      PATH: search.env["PATH"] ?? "",
      LC_ALL: "C",
      ...(await toolBasics(file, place, search)),
    },
    cwd: place.root,
    ...(input === undefined ? {} : { input }),
    ...runAs(search.account),
  });
}

/** Run a tool on the user's streams; handed over as they are where they are this process's own. */
export async function attachTool(
  place: ToolPlace,
  argv: readonly string[],
  io: AttachIO,
  search: Search,
): Promise<number> {
  const file = await findTool(argv[0] ?? "", place.bin, search);
  const kept = Object.entries(search.env).filter(([name]) => KEPT.test(name));
  const child = spawn(file, argv.slice(1), {
    stdio: [
      io.tty && io.stdin === process.stdin ? "inherit" : "pipe",
      io.stdout === process.stdout ? "inherit" : "pipe",
      io.stderr === process.stderr ? "inherit" : "pipe",
    ],
    env: { ...Object.fromEntries(kept), ...(await toolBasics(file, place, search)) },
    // The folder we are in may be closed to the server's user.
    ...(search.account.dropped ? { cwd: place.root } : {}),
    ...runAs(search.account),
  });
  const end = (): void => void child.kill("SIGTERM");
  io.signal.addEventListener("abort", end);
  if (io.signal.aborted) end();
  try {
    // On a terminal Ctrl-C goes to the tool as well, and there it means: give up this query.
    return await lendSignals(io.tty ? ["SIGINT"] : [], () => finish(child, io));
  } catch (error) {
    throw new UserError(`${basename(file)} cannot be started: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    io.signal.removeEventListener("abort", end);
  }
}

async function finish(child: ChildProcess, io: AttachIO): Promise<number> {
  const closed = once(child, "close");
  const flows: Promise<void>[] = [];
  // A reader that goes away ends the tool through SIGPIPE, a tool that ends leaves input unread: its exit code tells.
  if (child.stdout !== null) flows.push(flow(child.stdout, io.stdout));
  if (child.stderr !== null) flows.push(flow(child.stderr, io.stderr));
  if (child.stdin !== null) {
    child.stdin.on("error", () => undefined);
    io.stdin.pipe(child.stdin);
  }
  const [code, signal] = await closed;
  if (child.stdin !== null) {
    io.stdin.unpipe(child.stdin);
    io.stdin.pause();
  }
  await Promise.all(flows);
  if (typeof code === "number") return code;
  return 128 + (Object.entries(constants.signals).find(([name]) => name === signal)?.[1] ?? 0);
}

async function flow(from: Readable, to: Writable): Promise<void> {
  await pipeline(from, to, { end: false }).catch(() => undefined);
}

/** A tool of the server's install; where that has none, of the lowest install that is not older. */
async function findTool(asked: string, bin: string, search: Search): Promise<string> {
  if (isAbsolute(asked) && dirname(asked) !== bin) return asked;
  const name = basename(asked);
  if (await exists(join(bin, name))) return join(bin, name);
  const installs = await discoverInstalls(search);
  const server = installs.find((install) => install.bin === bin);
  const client = server === undefined ? undefined : clientFor(server, installs);
  if (client !== undefined && (await exists(join(client.bin, name)))) return join(client.bin, name);
  throw new UserError(
    `There is no ${name} for PostgreSQL ${server?.version ?? `in ${bin}`} on this machine`,
    {
      hint: `Install the client tools of PostgreSQL ${server?.major ?? "of that version"} or newer (postgresql-client, libpq).`,
    },
  );
}

async function toolBasics(file: string, place: ToolPlace, search: Search): Promise<NodeJS.ProcessEnv> {
  const libraries = libraryPath(await librariesOf(dirname(file), search.programs));
  // root's own home is closed to the server's user, and psql would complain about its history there.
  if (search.account.dropped) return { ...libraries, HOME: place.root, PSQL_HISTORY: "/dev/null" };
  return {
    ...libraries,
    ...(search.env["HOME"] === undefined ? {} : { HOME: search.env["HOME"] }),
  };
}
