import { beforeAll, describe, expect, test } from "vitest";
import { engines } from "../support/engines.ts";
import { makeHome } from "../support/home.ts";
import type { Home } from "../support/home.ts";
import { sql } from "../support/sql.ts";
import { containerOf, containersOf, docker } from "./docker.ts";
import { add, addonOf, cli, done, expectSound, refused, stateOf } from "./world.ts";

describe.each(engines().filter((name) => name === "docker"))(
  "%s: networks and the users' containers",
  (engine) => {
    let home: Home;
    let id: string;
    let url: string;
    const app = (...args: string[]): string[] => ["--app", "netapp", ...args];
    const users: string[] = [];

    beforeAll(async () => {
      home = await makeHome();
      ({ id, url } = await add(home, engine, "netapp"));
      await sql(url, "CREATE TABLE kept AS SELECT 7 AS n");
      return async () => {
        for (const name of users)
          await docker()
            .getContainer(name)
            .remove({ force: true })
            .catch(() => undefined);
      };
    });

    /** A container of the user's: our image has psql, and nothing of ours but that. */
    const userContainer = async (
      what: string,
      labels: Record<string, string> = {},
      start = true,
    ): Promise<string> => {
      const name = `user-${what}-${home.id()}`;
      const { Config } = await containerOf(home, id);
      const container = await docker().createContainer({
        ...{
          name,
          Image: Config.Image,
          Entrypoint: ["sleep"],
          Cmd: ["3600"],
          Labels: labels,
          StopSignal: "SIGKILL",
        },
      });
      users.push(name);
      if (start) await container.start();
      return name;
    };

    const startedAt = async (name: string): Promise<string> =>
      (await docker().getContainer(name).inspect()).State.StartedAt;

    const inside = async (
      name: string,
      command: string[],
    ): Promise<{ code: number | null; output: string }> => {
      const exec = await docker()
        .getContainer(name)
        .exec({ Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true });
      const stream = await exec.start({ Tty: true });
      let output = "";
      for await (const chunk of stream) output += String(chunk);
      return { code: (await exec.inspect()).ExitCode, output: output.replaceAll("\r", "") };
    };

    test("a linked container reaches the database under its id, with TLS", async () => {
      const web = await userContainer("web");
      expect(await refused(home, 1, ...app("apps-link", `${web}x`))).toContain(web);
      const { network } = JSON.parse(await done(home, ...app("addons-info", "--format", "json"))).addon;
      expect(network).toMatch(/^pgaddon-netapp(-[0-9a-f]{6})?$/);
      expect(await done(home, ...app("apps-link", web))).toContain(`(network ${network})`);
      const internal = JSON.parse(await done(home, ...app("env", "--internal", "--format", "json")));
      const address = internal["SCALINGO_POSTGRESQL_URL"];
      expect(address).toBe(url.replace(/@[^/]+/, `@${id}:5432`));
      const ask = "SELECT n, (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()) FROM kept";
      expect(await inside(web, ["psql", "-X", "-A", "-t", "-c", ask, address])).toEqual({
        code: 0,
        output: "7|TLSv1.3\n",
      });
    });

    test("a change of plan restarts linked and labelled containers that run, and no others", async () => {
      const web = `user-web-${home.id()}`;
      const labelled = await userContainer("labelled", { "pgaddon.link": "netapp" });
      const stranger = await userContainer("stranger", { "pgaddon.link": "another" });
      const asleep = await userContainer("asleep", { "pgaddon.link": "netapp" }, false);
      const before = await Promise.all([web, labelled, stranger, asleep].map(startedAt));
      await done(home, ...app("addons-upgrade", id, "512m"));
      const after = await Promise.all([web, labelled, stranger, asleep].map(startedAt));
      expect(after.map((time, at) => time !== before[at])).toEqual([true, true, false, false]);
      expect(await done(home, ...app("restart"))).toContain("being restarted");
      expect(await startedAt(web)).not.toBe(after[0]);
      expect(await startedAt(stranger)).toBe(before[2]);
      await done(home, ...app("apps-unlink", web));
      const unlinked = await startedAt(web);
      await done(home, ...app("restart"));
      expect(await startedAt(web)).toBe(unlinked);
      await done(home, ...app("apps-link", web));
    });

    test("PostgreSQL 15 beside 17", async () => {
      const added = await cli(
        app("addons-add", "postgresql", "sandbox", "--engine", engine, "--pg-version", "15"),
        { home },
      );
      expect({ code: added.code, stderr: added.code === 0 ? "" : added.stderr }).toEqual({
        code: 0,
        stderr: "",
      });
      const other = /ID: (\S+)/.exec(added.stdout)?.[1] ?? "";
      expect(addonOf(home, other).version).toMatch(/^15\./);
      expect(addonOf(home, id).version).toMatch(/^17\./);
      const version = await done(
        home,
        ...app("--addon", other, "pgsql-console", "-c", "SHOW server_version_num", "--", "-A", "-t"),
      );
      expect(version).toMatch(/^15\d{4}\n$/);
      expect(
        await refused(
          home,
          1,
          ...app("addons-add", "postgresql", "sandbox", "--engine", engine, "--pg-version", "9"),
        ),
      ).toMatch(/17.*15|15.*17/);
      await done(home, ...app("addons-remove", other, "--confirm", other, "--purge"));
      await expectSound(home, [engine]);
    });

    test("doctor and destroy leave the users' containers alone", async () => {
      const before = await Promise.all(
        users.map(async (name) => (await docker().getContainer(name).inspect()).State),
      );
      await done(home, "doctor", "--fix");
      await done(home, "destroy", "netapp", "--confirm", "netapp", "--purge");
      await done(home, "doctor", "--fix");
      const after = await Promise.all(
        users.map(async (name) => (await docker().getContainer(name).inspect()).State),
      );
      expect(after).toEqual(before);
      expect(await containersOf(home)).toEqual([]);
      expect(stateOf(home)).toMatchObject({ apps: {}, addons: {} });
      const filters = { label: [`pgaddon.home=${home.id()}`] };
      expect(await docker().listNetworks({ filters })).toEqual([]);
      await expectSound(home, [engine]);
    });
  },
);
