import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { homeFolder } from "../../src/state/paths.ts";
import { knownHomeId, openStore } from "../../src/state/store.ts";
import type { App, State } from "../../src/state/types.ts";
import { filesIn, newFolder, oneAddon } from "../fakes/world.ts";

const app = (name: string): App => ({
  name,
  created_at: "2025-01-02T03:04:05.000Z",
  removed_at: null,
  variables: {},
  network: null,
  links: [],
  env_files: [],
});
const put = (name: string) => (state: State) => void (state.apps[name] = app(name));
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const files = (folder: string): string[] => filesIn(folder).filter((name) => !name.startsWith("locks/"));

/** A home with two changes in it. */
async function home(): Promise<{ path: string; file: string; bytes: () => string }> {
  const path = join(newFolder(), "home");
  const store = openStore(path);
  await store.update(put("one"));
  await store.update(put("two"));
  const file = join(path, "state.json");
  return { path, file, bytes: () => readFileSync(file, "utf8") };
}

describe("reading", () => {
  test("a home without a document is empty, stays unmade, and has one id for as long as it is open", () => {
    const path = join(newFolder(), "home");
    const store = openStore(path);
    expect(store.read()).toEqual({
      version: 1,
      home_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      next_number: 3030,
      apps: {},
      addons: {},
    });
    expect(store.read().home_id).toBe(store.read().home_id);
    expect(existsSync(path)).toBe(false);
  });

  test("sees at once what another store of the same home wrote", async () => {
    const { path } = await home();
    const reader = openStore(path);
    await openStore(path).update(put("three"));
    expect(Object.keys(reader.read().apps)).toEqual(["one", "two", "three"]);
  });

  test("each read is a copy of its own", async () => {
    const { path } = await home();
    const store = openStore(path);
    store.read().next_number = 9;
    expect(store.read().next_number).toBe(3030);
  });
});

describe("the home's folder", () => {
  test.each([
    ["$PGADDON_HOME", { PGADDON_HOME: "/a/b", XDG_DATA_HOME: "/x", HOME: "/h" }, "/a/b"],
    ["$XDG_DATA_HOME", { XDG_DATA_HOME: "/x", HOME: "/h" }, "/x/pgaddon"],
    [
      "a relative $XDG_DATA_HOME, which counts for nothing",
      { XDG_DATA_HOME: "x", HOME: "/h" },
      "/h/.local/share/pgaddon",
    ],
    ["$HOME", { HOME: "/h" }, "/h/.local/share/pgaddon"],
    [
      "an empty $PGADDON_HOME, which counts for nothing",
      { PGADDON_HOME: "", HOME: "/h" },
      "/h/.local/share/pgaddon",
    ],
  ])("%s", (_what, env, folder) => expect(homeFolder(env)).toBe(folder));
});

describe("what is kept is its owner's alone", () => {
  const old = process.umask(0o022);
  process.umask(old);
  afterEach(() => void process.umask(old));

  test.each([0o000, 0o022, 0o077])("whatever the umask: %o", async (umask) => {
    process.umask(umask);
    const { path } = await home();
    process.umask(old);
    expect(mode(path)).toBe("700");
    expect(files(path)).toEqual(["home-id", "state.json", "state.json.previous"]);
    for (const name of filesIn(path))
      expect({ name, mode: mode(join(path, name)) }).toEqual({ name, mode: "600" });
    expect(mode(join(path, "locks"))).toBe("700");
  });

  test("a home that was open to others is closed with the next change", async () => {
    const { path } = await home();
    chmodSync(path, 0o755);
    chmodSync(join(path, "state.json"), 0o644);
    await openStore(path).update(put("three"));
    expect([mode(path), mode(join(path, "state.json"))]).toEqual(["700", "600"]);
  });

  test("after an add: certificates' keys, too", async () => {
    const world = await oneAddon();
    for (const name of filesIn(world.home))
      expect({ name, mode: mode(join(world.home, name)) }).toEqual({ name, mode: "600" });
    expect(mode(join(world.home, "tls"))).toBe("700");
  });
});

describe("changing", () => {
  test("one after the other, none lost, from many stores at once", async () => {
    const { path } = await home();
    const names = Array.from({ length: 30 }, (_, i) => `app-${i}`);
    await Promise.all(names.map((name) => openStore(path).update(put(name))));
    expect(Object.keys(openStore(path).read().apps).sort()).toEqual(["one", "two", ...names].sort());
  });

  test("the one before is kept beside it", async () => {
    const { path } = await home();
    const previous = (): State => JSON.parse(readFileSync(join(path, "state.json.previous"), "utf8"));
    expect(Object.keys(previous().apps)).toEqual(["one"]);
    await openStore(path).update(put("three"));
    expect(Object.keys(previous().apps)).toEqual(["one", "two"]);
  });

  test("nothing changed, nothing written", async () => {
    const { path, file } = await home();
    const before = statSync(file);
    expect(await openStore(path).update((state) => state.next_number)).toBe(3030);
    expect(statSync(file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  test("a change that throws writes nothing, and the lock is free again", async () => {
    const { path, bytes } = await home();
    const before = bytes();
    const failing = openStore(path).update((state) => {
      put("three")(state);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(bytes()).toBe(before);
    await openStore(path).update(put("three"));
  });

  const wrongs: [what: string, change: (state: State) => void, where: string][] = [
    ["an app name", (state) => void (state.apps["Bad"] = app("Bad")), "apps.Bad.name"],
    [
      "a time",
      (state) => void (state.apps["x"] = { ...app("x"), created_at: "yesterday" }),
      "apps.x.created_at",
    ],
    ["a number", (state) => void (state.next_number = 0), "next_number"],
    [
      "a relative path",
      (state) => void (state.apps["x"] = { ...app("x"), env_files: [{ path: "x", internal: false }] }),
      "apps.x.env_files.0.path",
    ],
    ["a key too many", (state) => void Object.assign(state, { more: 1 }), ""],
    ["a missing part", (state) => void Reflect.deleteProperty(state, "apps"), "apps"],
  ];
  test.each(wrongs)("%s that is not allowed: refused, nothing written", async (_what, change, where) => {
    const { path, bytes } = await home();
    const before = bytes();
    await expect(openStore(path).update(change)).rejects.toThrow(`state is invalid at ${where}`);
    expect(bytes()).toBe(before);
    expect(files(path)).toEqual(["home-id", "state.json", "state.json.previous"]);
  });

  test("any password, port or id of an add-on that is off is refused as well", async () => {
    const world = await oneAddon();
    const before = world.bytes();
    const good = world.addon("my-app-3030");
    for (const bad of [
      { password: "short" },
      { port: 0 },
      { port: 65_536 },
      { port: 31_000.5 },
      { id: "my_app" },
      { uuid: "x" },
      { status: "gone" },
      { engine: "podman" },
      { nodes: [] },
      { plan: "" },
      { created_at: "2025-01-02" },
      { surprise: 1 },
    ]) {
      const update = openStore(world.home).update(
        (state) => void (state.addons[good.id] = { ...good, ...(bad as object) }),
      );
      await expect(update, JSON.stringify(bad)).rejects.toThrow("state is invalid at addons.my-app-3030");
    }
    expect(world.bytes()).toBe(before);
  });

  test("what a killed write left lying about, with every password in it, goes with the next change", async () => {
    const { path } = await home();
    writeFileSync(join(path, "state-next.json.tmp-1234567890"), "{secret");
    await openStore(path).update(put("three"));
    expect(files(path)).toEqual(["home-id", "state.json", "state.json.previous"]);
  });

  test("$SNAP, which makes conf write in place, is neither obeyed nor lost", async () => {
    const { path, file } = await home();
    const before = statSync(file).ino;
    process.env["SNAP"] = "/snap/x";
    try {
      await openStore(path).update(put("three"));
      expect(process.env["SNAP"]).toBe("/snap/x");
    } finally {
      delete process.env["SNAP"];
    }
    expect(statSync(file).ino).not.toBe(before);
  });

  test("a folder that cannot be home says what to do", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "file"), "");
    await expect(openStore(join(folder, "file", "home")).update(put("x"))).rejects.toMatchObject({
      message: expect.stringContaining("cannot be used"),
      hints: ["Set PGADDON_HOME to a folder of your own."],
    });
  });
});

describe("a document that cannot be read is never overwritten", () => {
  const damages: [what: string, damage: (file: string) => void, message: RegExp][] = [
    ["empty", (file) => writeFileSync(file, ""), /is damaged \(empty\); it is left as it is/],
    [
      "cut short",
      (file) => writeFileSync(file, readFileSync(file).subarray(0, 100)),
      /is damaged \(not JSON\)/,
    ],
    [
      "bytes that are no text",
      (file) => writeFileSync(file, Buffer.from([0xff, 0xfe, 0x00])),
      /is damaged \(not JSON\)/,
    ],
    ["another document", (file) => writeFileSync(file, '{"a":1}'), /is damaged \(no version\)/],
    ["null", (file) => writeFileSync(file, "null"), /is damaged \(no version\)/],
    ["a list", (file) => writeFileSync(file, "[]"), /is damaged \(no version\)/],
    [
      "parts missing",
      (file) => writeFileSync(file, '{"version":1,"home_id":"0123456789abcdef"}'),
      /is damaged \(parts are missing\)/,
    ],
    [
      "of a newer pgaddon",
      (file) => writeFileSync(file, '{"version":99}'),
      /was written by a newer pgaddon \(format 99\)/,
    ],
    ["a folder", replaceByFolder, /cannot be read: EISDIR/],
  ];
  test.each(damages)("%s", async (_what, damage, message) => {
    const { path, file } = await home();
    damage(file);
    const before = statSync(file).isFile() ? readFileSync(file) : undefined;
    const store = openStore(path);
    expect(() => store.read()).toThrow(message);
    await expect(store.update(put("three"))).rejects.toThrow(message);
    await expect(store.identity()).rejects.toThrow(message);
    if (before !== undefined) expect(readFileSync(file)).toEqual(before);
  });

  test("missing, though there was one", async () => {
    const { path, file } = await home();
    removeFile(file);
    expect(() => openStore(path).read()).toThrow(/is damaged \(missing\)/);
    await expect(openStore(path).update(put("three"))).rejects.toThrow(/is damaged \(missing\)/);
    expect(existsSync(file)).toBe(false);
  });

  test("cut anywhere, or with any byte changed: an error or the same document, never a write", async () => {
    const { path, file, bytes } = await home();
    const whole = bytes();
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.boolean(), async (at, cut) => {
        writeFileSync(file, cut ? whole.slice(0, at) : `${whole.slice(0, at)}\u0001${whole.slice(at + 1)}`);
        const damaged = bytes();
        const failed = await openStore(path)
          .update(() => undefined)
          .then(
            () => false,
            () => true,
          );
        expect(bytes()).toBe(damaged);
        if (cut && at < whole.trimEnd().length) expect(failed).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("every command says so, exits 1 and leaves it; help goes on", async () => {
    const world = await oneAddon();
    writeFileSync(join(world.home, "state.json"), "{");
    for (const line of [
      "apps",
      "--app my-app env",
      "--app my-app addons-add postgresql 1g",
      "--app my-app env-set A=1",
      "doctor",
    ]) {
      const { code, screen } = await world.run(line);
      expect({ line, code }).toEqual({ line, code: 1 });
      expect(screen).toContain("is damaged (not JSON); it is left as it is");
      expect(screen).toMatch(/doctor --fix|--fix rebuilds/);
    }
    expect(world.bytes()).toBe("{");
    await world.must("--help");
  });

  test("doctor --fix rebuilds it, passwords, URLs and variables included, and keeps what was there", async () => {
    const world = await oneAddon();
    await world.must("--app my-app env-set A=1");
    await world.must("--app my-app addons-add postgresql sandbox");
    await world.must("--app my-app addons-stop my-app-3031");
    const before = { env: await world.must("--app my-app env"), addons: world.state().addons };
    writeFileSync(join(world.home, "state.json"), "{");
    const fixed = await world.must("doctor --fix");
    expect(fixed.stderr).toContain("-----> The state file has been rebuilt: my-app-3030, my-app-3031\n");
    expect(await world.must("--app my-app env")).toEqual(before.env);
    expect(world.state().addons).toEqual(before.addons);
    const kept = readdirSync(world.home).filter((name) => name.includes("unreadable"));
    expect(kept).toHaveLength(1);
    expect(readFileSync(join(world.home, kept[0] ?? ""), "utf8")).toBe("{");
    expect(mode(join(world.home, kept[0] ?? ""))).toBe("600");
    // Numbers go on where they were.
    await world.must("--app my-app addons-add postgresql sandbox");
    expect(world.addon("my-app-3032").port).toBe(31_002);
  });

  test("doctor --fix also where the document and the one before it are both gone", async () => {
    const world = await oneAddon();
    const before = world.addon("my-app-3030");
    for (const name of ["state.json", "state.json.previous"]) removeFile(join(world.home, name));
    await world.must("doctor --fix");
    expect(world.addon("my-app-3030")).toEqual(before);
    expect((await world.must("--app my-app env")).stdout).toContain(
      "DATABASE_URL=$SCALINGO_POSTGRESQL_URL\n",
    );
  });
});

describe("replacing a document that cannot be read", () => {
  const empty = (homeId: string): State => ({
    version: 1,
    home_id: homeId,
    next_number: 3030,
    apps: {},
    addons: {},
  });
  const asideIn = (path: string): string[] => files(path).filter((name) => name.includes("unreadable"));

  test("changes nothing when it can be read by then", async () => {
    const { path, bytes } = await home();
    const before = bytes();
    expect(await openStore(path).replaceUnreadable(empty)).toBe(false);
    expect(bytes()).toBe(before);
    expect(asideIn(path)).toEqual([]);
  });

  test("keeps the very file, with the home's id in it known before it goes", async () => {
    const { path, file } = await home();
    const id = openStore(path).read().home_id;
    rmSync(join(path, "home-id"));
    rmSync(join(path, "state.json.previous"));
    writeFileSync(file, readFileSync(file, "utf8").slice(0, 60));
    chmodSync(file, 0o644);
    const { ino } = statSync(file);
    expect(await openStore(path).replaceUnreadable(empty)).toBe(true);
    expect(openStore(path).read().home_id).toBe(id);
    const [kept = ""] = asideIn(path);
    expect(statSync(join(path, kept)).ino).toBe(ino);
    expect(mode(join(path, kept))).toBe("600");
  });

  test("a folder in its place is put aside, too", async () => {
    const { path, file } = await home();
    replaceByFolder(file);
    expect(await openStore(path).replaceUnreadable(empty)).toBe(true);
    expect(openStore(path).read().apps).toEqual({});
  });

  test("what cannot replace it leaves it in its place", async () => {
    const { path, file, bytes } = await home();
    writeFileSync(file, "{");
    await expect(
      openStore(path).replaceUnreadable((id) => ({ ...empty(id), next_number: 0 })),
    ).rejects.toThrow("state is invalid at next_number");
    // In the way of what is written next.
    mkdirSync(join(path, "state-next.json"));
    await expect(openStore(path).replaceUnreadable(empty)).rejects.toThrow();
    expect(bytes()).toBe("{");
    expect(asideIn(path)).toEqual([]);
  });
});

describe("the home's id", () => {
  test("is durable before anything can be labelled with it", async () => {
    const path = join(newFolder(), "home");
    const store = openStore(path);
    const id = await store.identity();
    expect(await openStore(path).identity()).toBe(id);
    expect(openStore(path).read().home_id).toBe(id);
  });

  test("is found in what is left", async () => {
    const { path, file } = await home();
    const id = openStore(path).read().home_id;
    expect(knownHomeId(path)).toBe(id);
    removeFile(join(path, "home-id"));
    expect(knownHomeId(path)).toBe(id);
    writeFileSync(file, readFileSync(file, "utf8").slice(0, 60));
    expect(knownHomeId(path)).toBe(id);
    removeFile(file);
    expect(knownHomeId(path)).toBe(id);
    removeFile(join(path, "state.json.previous"));
    expect(knownHomeId(path)).toBeUndefined();
  });
});

function removeFile(path: string): void {
  rmSync(path, { force: true });
}

function replaceByFolder(path: string): void {
  removeFile(path);
  mkdirSync(path);
}
