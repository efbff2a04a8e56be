import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatBytes } from "../../src/support/bytes.ts";
import { mountOf } from "../../src/support/encrypted-volume.ts";
import { writeFileAtomically } from "../../src/support/files.ts";
import { didYouMean, nearest } from "../../src/support/nearest.ts";
import { abortable, until } from "../../src/support/retry.ts";
import { run } from "../../src/support/run.ts";
import { newFolder } from "../fakes/world.ts";

describe("bytes for people", () => {
  test.each([
    [0, "0 B"],
    [1, "1 B"],
    [1023, "1023 B"],
    [1024, "1 KB"],
    [1536, "1.5 KB"],
    [8_000_000, "7.6 MB"],
    [10.4 * 1024 ** 2, "10 MB"],
    [512 * 1024 ** 2, "512 MB"],
    [1024 ** 3, "1 GB"],
    [3.5 * 1024 ** 3, "3.5 GB"],
    [1280 * 1024 ** 3, "1.3 TB"],
    [5000 * 1024 ** 4, "5000 TB"],
  ])("%d is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test("never off by more than a twentieth", () => {
    const units: Record<string, number> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 50 }), (bytes) => {
        const [value = "", unit = ""] = formatBytes(bytes).split(" ");
        expect(Math.abs((Number(value) * (units[unit] ?? 0)) / bytes - 1)).toBeLessThanOrEqual(0.05);
      }),
    );
  });
});

describe("nearest names", () => {
  const names = ["addons", "addons-add", "addons-info", "env", "env-get", "env-set"];

  test.each([
    ["adons", ["addons"]],
    ["ENV", ["env", "env-get", "env-set"]],
    ["addons-ad", ["addons-add"]],
    ["xyz", []],
    ["", []],
    ["something else altogether", []],
  ])("%s", (word, expected) =>
    expect(nearest(word, names).slice(0, Math.max(1, expected.length))).toEqual(expected),
  );

  test("at most so many, each a candidate, the word itself first", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.string({ maxLength: 30 })),
        fc.integer({ min: 1, max: 5 }),
        (word, candidates, most) => {
          const found = nearest(word, candidates, most);
          expect(found.length).toBeLessThanOrEqual(most);
          for (const name of found) expect(candidates).toContain(name);
          if (candidates.includes(word)) expect(found[0]?.toLowerCase()).toBe(word.toLowerCase());
        },
      ),
    );
  });

  test("a word of any length is looked at quickly", () => {
    expect(nearest("x".repeat(1_000_000), names)).toEqual([]);
  });

  test.each([
    ["adons", "Did you mean 'addons'?"],
    ["env-", "Did you mean 'env', 'env-get' or 'env-set'?"],
    ["xyz", undefined],
  ])("as a sentence: %s", (word, text) => expect(didYouMean(word, names)).toBe(text));
});

describe("files replaced whole", () => {
  test("content and mode, whatever was there and whatever the umask", () => {
    const path = join(newFolder(), "x");
    const old = process.umask(0o077);
    try {
      writeFileAtomically(path, "one", 0o644);
      expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["one", 0o644]);
      process.umask(0);
      writeFileAtomically(path, "two", 0o600);
      expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["two", 0o600]);
    } finally {
      process.umask(old);
    }
  });

  test("a failure leaves what was there, and nothing beside it", () => {
    const folder = newFolder();
    mkdirSync(join(folder, "x/inside"), { recursive: true });
    expect(() => writeFileAtomically(join(folder, "x"), "secret", 0o600)).toThrow();
    expect(readdirSync(folder)).toEqual(["x"]);
    expect(() => writeFileAtomically(join(folder, "no/such/folder"), "secret", 0o600)).toThrow(/ENOENT/);
  });

  test("a temporary file of a killed process of the same number is no hindrance", () => {
    const path = join(newFolder(), "x");
    writeFileSync(`${path}.tmp-${process.pid}`, "left over");
    writeFileAtomically(path, "new", 0o600);
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(existsSync(`${path}.tmp-${process.pid}`)).toBe(false);
  });
});

describe("trying again", () => {
  test("until there is an answer", async () => {
    let tries = 0;
    const answer = await until(async () => ((tries += 1) === 3 ? "yes" : undefined), {
      forMs: 10_000,
      everyMs: 1,
    });
    expect({ answer, tries }).toEqual({ answer: "yes", tries: 3 });
  });

  test("no longer than asked, and at least once", async () => {
    let tries = 0;
    const attempt = async (): Promise<undefined> => void (tries += 1);
    expect(await until(attempt, { forMs: 0, everyMs: 1 })).toBeUndefined();
    expect(tries).toBe(1);
  });

  test("what an attempt throws is thrown; an abort ends it between attempts", async () => {
    const fail = async (): Promise<never> => {
      throw new Error("broken");
    };
    await expect(until(fail, { forMs: 1000, everyMs: 1 })).rejects.toThrow("broken");
    const stop = new AbortController();
    const stopping = async (): Promise<undefined> => {
      stop.abort(new Error("stop"));
      return undefined;
    };
    const waiting = until(stopping, {
      forMs: 60_000,
      everyMs: 50_000,
      signal: stop.signal,
    });
    await expect(waiting).rejects.toThrow();
  });

  test("work that nobody waits for any more", async () => {
    const stop = new AbortController();
    const never = new Promise<never>(() => undefined);
    const waiting = abortable(never, stop.signal);
    stop.abort(new Error("stop"));
    await expect(waiting).rejects.toThrow("stop");
    await expect(abortable(never, stop.signal)).rejects.toThrow("stop");
    expect(await abortable(Promise.resolve(1), new AbortController().signal)).toBe(1);
  });
});

describe("running programs", () => {
  test("what it prints, as it is, and its exit code", async () => {
    expect(await run("sh", ["-c", "echo out; echo err >&2; exit 3"])).toEqual({
      exitCode: 3,
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  test("arguments are no shell's business, input is its stdin, the environment is replaced", async () => {
    const found = await run(
      "/bin/sh",
      ["-c", 'printf "%s|" "$1" "$X" "$HOME"; /bin/cat', "sh", "$(id) '; exit 1"],
      {
        input: "typed",
        env: { X: "1" },
      },
    );
    expect(found).toEqual({ exitCode: 0, stdout: "$(id) '; exit 1|1||typed", stderr: "" });
  });

  test("one that is not there is 127; one that takes too long is ended", async () => {
    expect(await run("no-such-program", [])).toMatchObject({ exitCode: 127, stdout: "" });
    const { exitCode } = await run("sh", ["-c", "exec sleep 60"], { timeoutMs: 50 });
    expect(exitCode).not.toBe(0);
  });
});

describe("the mount a path is on", () => {
  const info = [
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
    "30 22 0:25 / /tmp rw - tmpfs tmpfs rw",
    "31 22 253:0 / /home rw - ext4 /dev/mapper/crypt rw",
    "32 22 253:1 / /home/with\\040space rw - ext4 /dev/mapper/other rw",
    "33 22 0:40 / /home rw - fuse.gocryptfs /cipher rw",
    "broken line",
  ].join("\n");

  test.each([
    ["/", "8:1"],
    ["/tmpfile", "8:1"],
    ["/tmp/x", "0:25"],
    ["/home", "0:40"],
    ["/home/someone", "0:40"],
    ["/home/with space/x", "253:1"],
    ["/homes", "8:1"],
  ])("%s", (path, device) => expect(mountOf(path, info)?.device).toBe(device));

  test("none in an empty table", () => expect(mountOf("/", "")).toBeUndefined());
});
