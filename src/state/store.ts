import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { UserError, codeOf, messageOf } from "../errors.ts";
import { syncFolder, writeFileAtomically } from "../support/files.ts";
import { STATE_VERSION } from "./types.ts";
import type { State } from "./types.ts";

export interface Store {
  readonly home: string;
  /** Read the document; cheap, no lock. A home without one reads as empty. */
  read(): State;
  /** Change the document: lock, read, change, validate, write (atomic and synced). Returns what `change` returned. */
  update<T>(change: (state: State) => T | Promise<T>): Promise<T>;
  /** The home's id, made durable first: what is labelled with it must be found again. */
  identity(): Promise<string>;
  /**
   * Replace a document that cannot be read (doctor --fix); what was there is kept beside it. `previous` is the one before the
   * last change. Resolves to false, having done nothing, when it can be read by then.
   */
  replaceUnreadable(build: (homeId: string, previous: State | undefined) => State): Promise<boolean>;
}

/** The document is no damage: another pgaddon understands it. */
export class NewerStateError extends UserError {}

export const STATE_FILE = "state.json";
/** Being written. */
const NEXT_FILE = "state-next.json";
/** The document before the last change: what a rebuild takes variables and links from. */
const PREVIOUS_FILE = "state.json.previous";
/** The home's id once more: all that is needed to find what belongs to it. */
const ID_FILE = "home-id";

export function openStore(home: string): Store {
  const path = join(home, STATE_FILE);
  // One id for as long as nothing is written, so that reads before the first write agree.
  let emptyId: string | undefined;
  const empty = (): State => {
    emptyId ??= newHomeId();
    return { version: STATE_VERSION, home_id: emptyId, next_number: 3030, apps: {}, addons: {} };
  };
  const read = (): State => {
    const state = readState(path);
    if (state !== undefined) return state;
    if (existsSync(join(home, ID_FILE))) throw damaged(path, "missing");
    return empty();
  };

  return {
    home,
    read,
    async update(change) {
      makeHome(home);
      const { takeLock } = await import("./lock.ts");
      const lock = await takeLock(join(home, "locks", "state"), "state", {
        forMs: 60_000,
        what: "The state file",
      });
      try {
        const state = read();
        const before = existsSync(path) ? JSON.stringify(state) : undefined;
        const result = await change(state);
        if (JSON.stringify(state) !== before) {
          const { validate } = await import("./schema.ts");
          validate(state);
          await write(home, state);
        }
        return result;
      } finally {
        lock.release();
      }
    },
    async identity() {
      if (!existsSync(path)) await this.update(() => undefined);
      return read().home_id;
    },
    async replaceUnreadable(build) {
      makeHome(home);
      const { takeLock } = await import("./lock.ts");
      const lock = await takeLock(join(home, "locks", "state"), "doctor", {
        forMs: 60_000,
        what: "The state file",
      });
      try {
        // Somebody else may have put it right while we looked around and waited.
        if (isReadable(read)) return false;
        const state = build(knownHomeId(home) ?? newHomeId(), previousState(home));
        const { validate } = await import("./schema.ts");
        validate(state);
        // The id may stand in that document only: killed after the next line, it must still be known.
        keepId(home, state.home_id);
        const kept = putAside(path);
        try {
          await write(home, state);
        } catch (error) {
          if (kept !== undefined) renameSync(kept, path);
          throw error;
        }
        return true;
      } finally {
        lock.release();
      }
    },
  };
}

/** By the global, which costs nothing to those who only read. */
function newHomeId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex");
}

/** The document as it is on disk; undefined when there is none. Never repairs, never writes. */
function readState(path: string): State | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new UserError(`The state file cannot be read: ${messageOf(error)}`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(path, text === "" ? "empty" : "not JSON", error);
  }
  if (typeof value !== "object" || value === null || !("version" in value)) throw damaged(path, "no version");
  if (typeof value.version === "number" && value.version > STATE_VERSION) {
    throw new NewerStateError(
      `The state file ${path} was written by a newer pgaddon (format ${value.version})`,
      {
        hint: "Upgrade pgaddon: npm install -g pgaddon@latest",
      },
    );
  }
  if (!looksLikeState(value)) throw damaged(path, "parts are missing");
  return value;
}

/** Enough to read safely; the whole schema is checked before every write. */
function looksLikeState(value: object): value is State {
  return (
    "version" in value &&
    value.version === STATE_VERSION &&
    "home_id" in value &&
    typeof value.home_id === "string" &&
    "next_number" in value &&
    typeof value.next_number === "number" &&
    "apps" in value &&
    isRecord(value.apps) &&
    Object.values(value.apps).every(looksLikeApp) &&
    "addons" in value &&
    isRecord(value.addons) &&
    Object.values(value.addons).every(looksLikeAddon)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function looksLikeApp(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return isRecord(value["variables"]) && Array.isArray(value["links"]) && Array.isArray(value["env_files"]);
}

function looksLikeAddon(value: unknown): boolean {
  return isRecord(value) && typeof value["app"] === "string" && Array.isArray(value["nodes"]);
}

function damaged(path: string, why: string, cause?: unknown): UserError {
  return new UserError(`The state file ${path} is damaged (${why}); it is left as it is`, {
    hint: "`pgaddon doctor --fix` rebuilds it from what the engine has, passwords included.",
    cause,
  });
}

/** The id of a home whose document cannot be read: it is the label of everything that belongs to it. */
export function knownHomeId(home: string): string | undefined {
  for (const [file, pattern] of [
    [ID_FILE, /^([0-9a-f]{16})\n$/],
    [STATE_FILE, /"home_id"\s*:\s*"([0-9a-f]{16})"/],
  ] as const) {
    try {
      const id = pattern.exec(readFileSync(join(home, file), "utf8"))?.[1];
      if (id !== undefined) return id;
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
  return previousState(home)?.home_id;
}

function previousState(home: string): State | undefined {
  try {
    return readState(join(home, PREVIOUS_FILE));
  } catch {
    return undefined;
  }
}

/** 0700 whatever the umask. */
function makeHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    if ((statSync(home).mode & 0o777) !== 0o700) chmodSync(home, 0o700);
  } catch (error) {
    throw new UserError(`The home folder ${home} cannot be used: ${messageOf(error)}`, {
      hint: "Set PGADDON_HOME to a folder of your own.",
      cause: error,
    });
  }
}

/**
 * conf writes the document under a name of its own; it takes its place once it has been read back. On a full disk the writer
 * below conf cuts a file short without a word, and renames it all the same.
 */
async function write(home: string, state: State): Promise<void> {
  const path = join(home, STATE_FILE);
  // A write that was killed leaves its files, with every password in them. We hold the lock, so none is in use.
  const clear = (): void => {
    for (const name of readdirSync(home))
      if (name.startsWith(NEXT_FILE)) rmSync(join(home, name), { force: true });
  };
  clear();
  try {
    const next = await writeWithConf(home, state);
    if (!isSame(readFileSync(next, "utf8"), state))
      throw Object.assign(new Error("only a part could be written"), { code: "ENOSPC" });
    if (existsSync(path)) {
      rmSync(join(home, PREVIOUS_FILE), { force: true });
      linkSync(path, join(home, PREVIOUS_FILE));
    }
    renameSync(next, path);
  } catch (error) {
    clear();
    throw new UserError(`The state file in ${home} cannot be written: ${messageOf(error)}`, {
      ...(codeOf(error) === "ENOSPC"
        ? { hint: "The disk is full: make room and run the command again." }
        : {}),
      cause: error,
    });
  }
  syncFolder(home);
  keepId(home, state.home_id);
}

function keepId(home: string, id: string): void {
  if (!existsSync(join(home, ID_FILE))) writeFileAtomically(join(home, ID_FILE), `${id}\n`, 0o600);
}

/** Keep what cannot be read beside its place; undefined when there is nothing. */
function putAside(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const kept = `${path}.unreadable-${new Date().toISOString().replaceAll(/[:.]/g, "")}`;
  renameSync(path, kept);
  if (found.isFile()) chmodSync(kept, 0o600);
  return kept;
}

function isReadable(read: () => State): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/** Resolves to the file's path. */
async function writeWithConf(home: string, state: State): Promise<string> {
  const { default: Conf } = await import("conf");
  // Under $SNAP (a terminal inside a snap package) conf does not sync.
  const snap = process.env["SNAP"];
  delete process.env["SNAP"];
  try {
    // A file that is not there gets the defaults, which are all of it.
    const conf = new Conf<Record<string, unknown>>({
      cwd: home,
      configName: NEXT_FILE.replace(/\.json$/, ""),
      configFileMode: 0o600,
      accessPropertiesByDotNotation: false,
      defaults: { ...state },
    });
    return conf.path;
  } finally {
    if (snap !== undefined) process.env["SNAP"] = snap;
  }
}

function isSame(text: string, state: State): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(state);
  } catch {
    return false;
  }
}
