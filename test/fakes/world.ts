import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { afterAll } from "vitest";
import type { Context } from "../../src/context.ts";
import type { EngineName } from "../../src/engines/engine.ts";
import { EngineUnavailableError, InterruptedError } from "../../src/errors.ts";
import { runReporting } from "../../src/main.ts";
import { createOutput } from "../../src/output/output.ts";
import { openStore } from "../../src/state/store.ts";
import type { Addon, State } from "../../src/state/types.ts";
import { fakeEngine, login, newMachine } from "./engine.ts";
import type { Interfere, Machine } from "./engine.ts";

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
  /** Both, in the order they were written. */
  screen: string;
}

export interface RunOptions {
  /** What is piped in; nothing, and closed, without. `open`: a pipe that nobody writes to or closes. */
  stdin?: string | { open: true };
  /** stdin, stdout and stderr are a terminal. */
  tty?: boolean;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  signal?: AbortSignal;
  /** Told what is on the screen, each time something comes. */
  shown?: (screen: string) => void;
  /** See Interfere; `store before` and `store after` are told besides the engine's changes. */
  interfere?: Interfere;
}

export interface World {
  readonly home: string;
  /** A folder of the user's, and the working directory. */
  readonly folder: string;
  readonly docker: Machine;
  readonly local: Machine;
  /** The engine does not answer. */
  readonly away: Set<EngineName>;
  /** Replaced to let time pass. */
  now: Date;
  /** Run a command line, as typed (quotes count) or as words: one process on this home. */
  run(line: string | readonly string[], options?: RunOptions): Promise<Result>;
  /** As run, for what a test takes for granted: throws unless it exits 0. */
  must(line: string | readonly string[], options?: RunOptions): Promise<Result>;
  /** The state file; the empty document when there is none. */
  state(): State;
  /** The state file's bytes: equal means untouched. */
  bytes(): string;
  addon(id: string): Addon;
  /** What kill -9 right now would leave: the same files and machines, nobody holding a lock. */
  copy(): World;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export const START = new Date("2025-01-02T03:04:05.000Z");

/** Every write of the state is synced, which takes a disk ten times as long as memory. */
const place = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A folder of its own for this test, gone after the file's tests. */
export function newFolder(): string {
  const folder = realpathSync(mkdtempSync(join(place, "pgaddon-quick-")));
  folders.push(folder);
  return folder;
}

export function newWorld(): World {
  const root = newFolder();
  mkdirSync(join(root, "work"));
  return worldOf(root, newMachine(), newMachine(), START);
}

const prepared = new Map<string, Promise<World>>();

/** A world in which these command lines were run; the same ones are run once a test file, and copied. */
export async function worldAfter(...lines: readonly string[]): Promise<World> {
  const key = lines.join("\n");
  let world = prepared.get(key);
  if (world === undefined) {
    world = (async () => {
      const made = newWorld();
      for (const line of lines) await made.must(line);
      return made;
    })();
    prepared.set(key, world);
  }
  return (await world).copy();
}

/** The world of most tests: my-app with my-app-3030, on 1g. */
export function oneAddon(): Promise<World> {
  return worldAfter("--app my-app addons-add postgresql 1g");
}

function worldOf(root: string, docker: Machine, local: Machine, now: Date): World {
  const home = join(root, "home");
  const folder = join(root, "work");
  const world: World = {
    home,
    folder,
    docker,
    local,
    away: new Set(),
    now,
    run: (line, options = {}) => run(world, typeof line === "string" ? words(line) : [...line], options),
    async must(line, options) {
      const result = await world.run(line, options);
      if (result.code !== 0) throw new Error(`${String(line)} ended with ${result.code}\n${result.screen}`);
      return result;
    },
    state: () => openStore(home).read(),
    bytes: () => (existsSync(join(home, "state.json")) ? readFileSync(join(home, "state.json"), "utf8") : ""),
    addon(id) {
      const addon = world.state().addons[id];
      if (addon === undefined) throw new Error(`there is no ${id}`);
      return addon;
    },
    copy() {
      const copied = newFolder();
      cpSync(root, copied, { recursive: true });
      return worldOf(copied, structuredClone(docker), structuredClone(local), world.now);
    },
  };
  return world;
}

async function run(world: World, argv: string[], options: RunOptions): Promise<Result> {
  const { interfere = () => undefined, tty = false } = options;
  const env: NodeJS.ProcessEnv = {
    PATH: process.env["PATH"],
    HOME: join(world.folder, "..", "user"),
    PGADDON_HOME: world.home,
    PGADDON_LOCAL_ROOT: join(world.home, "..", "local"),
    PGADDON_ENGINE: "docker",
    ...options.env,
  };
  const written = { stdout: "", stderr: "", screen: "" };
  const write = (stream: "stdout" | "stderr") => (text: string) => {
    written[stream] += text;
    written.screen += text;
    options.shown?.(written.screen);
  };
  const stdin = terminal(streamOf(options.stdin ?? ""), tty);
  const stdout = terminal(sink(write("stdout")), tty);
  const stderr = terminal(sink(write("stderr")), tty);
  const store = openStore(world.home);
  const context: Context = {
    output: createOutput({ stdin, stdout, stderr }, env),
    env,
    cwd: options.cwd ?? world.folder,
    store: {
      ...store,
      async update(change) {
        await interfere("store before");
        const result = await store.update(change);
        await interfere("store after");
        return result;
      },
    },
    now: () => world.now,
    async engine(name) {
      if (world.away.has(name))
        throw new EngineUnavailableError(`No ${name} here`, { hint: `Start ${name}.` });
      return fakeEngine(name, name === "docker" ? world.docker : world.local, interfere);
    },
    login: async (addon, ca) => login([world.docker, world.local], addon, ca),
    signal: options.signal ?? new AbortController().signal,
    stdin,
    stdout,
    stderr,
  };
  const code = await runReporting(argv, context, "1.2.3");
  return { code, ...written };
}

/** Ctrl-C when the engine or the store gets to the event of this number (from 1). */
export function interruptAt(
  number: number,
): Pick<RunOptions, "signal" | "interfere"> & { events: () => number } {
  const stop = new AbortController();
  let count = 0;
  return {
    signal: stop.signal,
    interfere() {
      count += 1;
      if (count === number) stop.abort(new InterruptedError());
    },
    events: () => count,
  };
}

/** A command line split at spaces; 'single' and "double" quotes hold words together. */
export function words(line: string): string[] {
  return [...line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, "$1$2"),
  );
}

/** Names of what lies in home, below and beside, without the folders' own. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

function streamOf(input: string | { open: true }): Readable {
  return typeof input === "string"
    ? Readable.from(input === "" ? [] : [input], { objectMode: false })
    : new PassThrough();
}

function sink(write: (text: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      write(chunk.toString());
      done();
    },
  });
}

/** The process's own streams are of types with a whole terminal behind; of these, `isTTY` and `columns` are looked at. */
export function terminal(stream: Readable, tty: boolean, columns?: number): NodeJS.ReadStream;
export function terminal(stream: Writable, tty: boolean, columns?: number): NodeJS.WriteStream;
export function terminal(stream: Readable | Writable, tty: boolean, columns = 100): unknown {
  return Object.assign(stream, tty ? { isTTY: true, columns } : {});
}
