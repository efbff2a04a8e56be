import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openEngineOf } from "../contract/instance.ts";
import { engines } from "../support/engines.ts";
import { makeHome } from "../support/home.ts";
import { sql } from "../support/sql.ts";
import { containerOf, docker } from "./docker.ts";
import { add, addonOf, cli, done } from "./world.ts";

/** Every command line on this machine, until stopped. */
function watchCommandLines(): { seen: Set<string>; stop(): void } {
  const seen = new Set<string>();
  let on = true;
  const look = (): void => {
    for (const pid of readdirSync("/proc")) {
      if (!/^\d+$/.test(pid)) continue;
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
      } catch {
        // Gone meanwhile.
      }
    }
    if (on) setTimeout(look, 5);
  };
  look();
  return { seen, stop: () => void (on = false) };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );
}

describe.each(engines())("%s: the password", (engine) => {
  test("is nowhere that others can see", async () => {
    const home = await makeHome();
    const watch = watchCommandLines();
    let id: string;
    let url: string;
    try {
      ({ id, url } = await add(home, engine, "secret"));
      await done(home, "--app", "secret", "addons-upgrade", id, "512m");
      await done(home, "--app", "secret", "pgsql-console", "-c", "SELECT 1");
      expect((await cli(["--app", "secret", "env", "--check"], { home })).code).toBe(0);
      await done(home, "--app", "secret", "addons-info");
      await done(home, "--app", "secret", "restart", "--addon", id);
    } finally {
      watch.stop();
    }
    const { password, runtime, port } = addonOf(home, id);
    // The watch saw what ran: a server, and psql.
    expect([...watch.seen].some((line) => line.includes("config_file="))).toBe(true);
    expect([...watch.seen].filter((line) => line.includes(password))).toEqual([]);

    await expect(sql(url, "SELECT 'oops'::int")).rejects.toThrow("oops");
    expect((await cli(["--app", "secret", "logs", "--lines", "1000"], { home })).stdout).not.toContain(
      password,
    );
    expect((await cli(["doctor"], { home })).stdout).not.toContain(password);

    const opened = await openEngineOf(engine, home);
    const { root } = opened.placement(id, runtime, port);
    // The pattern goes in on stdin. Only the record beside the data has it, and that is the server's user's alone.
    const holders = await opened.exec(id, ["/usr/bin/grep", "-rlF", "-f", "-", root], `${password}\n`);
    expect(holders.stdout).toBe(`${root}/addon.json\n`);
    const open = await opened.exec(id, [
      "/usr/bin/find",
      root,
      "-perm",
      "/077",
      "!",
      "-type",
      "s",
      "!",
      "-type",
      "l",
    ]);
    expect(open).toMatchObject({ exitCode: 0, stdout: "" });
    await opened.close?.();

    expect(statSync(home.path).mode & 0o777).toBe(0o700);
    for (const file of filesBelow(home.path)) expect([file, statSync(file).mode & 0o077]).toEqual([file, 0]);

    if (engine === "docker") {
      const container = await containerOf(home, id);
      const volume = await docker()
        .getVolume(container.Mounts[0]?.Name ?? "")
        .inspect();
      const image = await docker().getImage(container.Image).inspect();
      const history: unknown = await docker().getImage(container.Image).history();
      for (const told of [container, volume, image, history])
        expect(JSON.stringify(told)).not.toContain(password);
      const log = await docker()
        .getContainer(container.Id)
        .logs({ stdout: true, stderr: true, follow: false });
      expect(log.toString("utf8")).not.toContain(password);
    }
  });
});
