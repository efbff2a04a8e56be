import { fileURLToPath } from "node:url";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { holderOf, takeLock, tryTakeLock } from "../../src/state/lock.ts";
import { newFolder } from "../fakes/world.ts";

const path = (): string => join(newFolder(), "locks", "x");
const briefly = { forMs: 40, what: "The thing" };

/** Another process that takes the lock with the same kernel call, says so, and keeps it until it is ended. */
async function holdElsewhere(
  file: string,
): Promise<{ end: (signal: NodeJS.Signals) => Promise<void>; pid: number }> {
  const code = `
    const fs = require("node:fs");
    const { tryLock } = require("fs-native-extensions");
    fs.mkdirSync(require("node:path").dirname(process.argv[1]), { recursive: true });
    const file = fs.openSync(process.argv[1], "a+", 0o600);
    if (!tryLock(file)) process.exit(3);
    fs.ftruncateSync(file, 0);
    fs.writeSync(file, process.pid + " addons-upgrade\\n");
    console.log("held");
    setInterval(() => {}, 1000);`;
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const child = spawn(process.execPath, ["-e", code, file], { cwd, stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return {
    pid: child.pid ?? 0,
    async end(signal) {
      const ended = once(child, "exit");
      child.kill(signal);
      await ended;
    },
  };
}

describe("within a process", () => {
  test("one at a time; let go, the next may", () => {
    const file = path();
    const first = tryTakeLock(file, "one");
    expect(first).toBeDefined();
    expect(tryTakeLock(file, "two")).toBeUndefined();
    first?.release();
    const second = tryTakeLock(file, "two");
    expect(second).toBeDefined();
    second?.release();
  });

  test("the file names its holder, and is its owner's alone", () => {
    const file = path();
    const lock = tryTakeLock(file, "addons-add");
    expect(readFileSync(file, "utf8")).toBe(`${process.pid} addons-add\n`);
    expect(holderOf(file)).toBe(`process ${process.pid} (addons-add) holds it`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // Who fails to take it does not put his name there.
    tryTakeLock(file, "other");
    expect(holderOf(file)).toContain("addons-add");
    lock?.release();
  });

  test.each([
    ["empty", ""],
    ["not there", undefined],
  ])("a holder that is %s is not made up", (_what, content) => {
    const file = join(newFolder(), "x");
    if (content !== undefined) writeFileSync(file, content);
    expect(holderOf(file)).toBe("another process holds it");
  });

  test("waiting ends with who holds it, and told it once before", async () => {
    const file = path();
    const lock = tryTakeLock(file, "addons-add");
    const told: string[] = [];
    const waiting = takeLock(file, "two", { ...briefly, onWait: (holder) => told.push(holder) });
    await expect(waiting).rejects.toMatchObject({
      message: `The thing is busy: process ${process.pid} (addons-add) holds it`,
      hints: ["Try again when that has finished."],
      exitCode: 1,
    });
    expect(told).toEqual([`process ${process.pid} (addons-add) holds it`]);
    lock?.release();
  });

  test("who waits gets it once it is free", async () => {
    const file = path();
    const lock = tryTakeLock(file, "one");
    const waiting = takeLock(file, "two", { forMs: 60_000, what: "x", onWait: () => lock?.release() });
    (await waiting).release();
    expect(holderOf(file)).toContain("(two)");
  });

  test("Ctrl-C ends the waiting", async () => {
    const file = path();
    const lock = tryTakeLock(file, "one");
    const stop = new AbortController();
    const waiting = takeLock(file, "two", {
      forMs: 60_000,
      what: "x",
      signal: stop.signal,
      onWait: () => stop.abort(new Error("Ctrl-C")),
    });
    await expect(waiting).rejects.toThrow(/Ctrl-C|aborted/);
    lock?.release();
    // And it did not take it on the way out.
    const next = tryTakeLock(file, "three");
    expect(next).toBeDefined();
    next?.release();
  });
});

describe("across processes", () => {
  test.each(["SIGTERM", "SIGKILL"] as const)(
    "another holds it, until %s: then it is free at once",
    async (signal) => {
      const file = path();
      const other = await holdElsewhere(file);
      expect(tryTakeLock(file, "mine")).toBeUndefined();
      await expect(takeLock(file, "mine", briefly)).rejects.toThrow(
        `The thing is busy: process ${other.pid} (addons-upgrade) holds it`,
      );
      await other.end(signal);
      const lock = tryTakeLock(file, "mine");
      expect(lock).toBeDefined();
      lock?.release();
    },
  );
});
