import { closeSync, mkdirSync, openSync, readFileSync, ftruncateSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { createRequire } from "node:module";
import { UserError, codeOf, messageOf } from "../errors.ts";
import { until } from "../support/retry.ts";

/**
 * A lock of the kernel on a file: it is gone the moment its holder is, however that ended, so there is no stale lock to judge.
 * The file itself stays and names the last holder.
 */
export interface HeldLock {
  release(): void;
}

/** Loaded when the first lock is taken: it is a binary, and most commands take none. */
let native: NativeLocks | undefined;

/** Take the lock at once, or undefined when another process (or another part of this one) holds it. */
export function tryTakeLock(path: string, purpose: string): HeldLock | undefined {
  const file = openLockFile(path);
  try {
    native ??= loadNative();
    if (!native.tryLock(file)) {
      closeSync(file);
      return undefined;
    }
  } catch (error) {
    closeSync(file);
    throw error;
  }
  try {
    ftruncateSync(file, 0);
    writeSync(file, `${process.pid} ${purpose}\n`);
  } catch {
    // A full disk: the lock is held all the same, only nobody can read by whom.
  }
  return {
    // Closing is what lets go: the lock belongs to the open file.
    release: () => closeSync(file),
  };
}

function openLockFile(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, "a+", 0o600);
  } catch (error) {
    const full = codeOf(error) === "ENOSPC";
    throw new UserError(`${dirname(path)} cannot be written: ${messageOf(error)}`, {
      hint: full ? "The disk is full: make room and run the command again." : "Nothing has been changed.",
      cause: error,
    });
  }
}

/** Wait for the lock; when `forMs` is over, fail with who holds it. */
export async function takeLock(
  path: string,
  purpose: string,
  options: { forMs: number; what: string; signal?: AbortSignal; onWait?: (holder: string) => void },
): Promise<HeldLock> {
  let told = false;
  const lock = await until(
    () => {
      const taken = tryTakeLock(path, purpose);
      if (taken === undefined && !told) {
        told = true;
        options.onWait?.(holderOf(path));
      }
      return Promise.resolve(taken);
    },
    {
      forMs: options.forMs,
      everyMs: 20,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  );
  if (lock === undefined) {
    throw new UserError(`${options.what} is busy: ${holderOf(path)}`, {
      hint: "Try again when that has finished.",
    });
  }
  return lock;
}

/** Who took the lock last, for a message: `process 123 (addons-upgrade)`. */
export function holderOf(path: string): string {
  try {
    const [pid, ...purpose] = readFileSync(path, "utf8").trim().split(" ");
    return pid ? `process ${pid} (${purpose.join(" ")}) holds it` : "another process holds it";
  } catch {
    return "another process holds it";
  }
}

interface NativeLocks {
  /** Exclusive lock of the whole file; false when another open file holds it. */
  tryLock(file: number): boolean;
}

function loadNative(): NativeLocks {
  const loaded: unknown = createRequire(import.meta.url)("fs-native-extensions");
  if (isNativeLocks(loaded)) return loaded;
  throw new Error("fs-native-extensions has no tryLock");
}

function isNativeLocks(value: unknown): value is NativeLocks {
  return (
    typeof value === "object" && value !== null && "tryLock" in value && typeof value.tryLock === "function"
  );
}
