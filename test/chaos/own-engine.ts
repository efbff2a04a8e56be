import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import { docker } from "../e2e/docker.ts";
import { waitFor } from "../e2e/wait.ts";

/** A second Docker engine with a folder, a containerd and networks of its own, which a test may end as it likes. Needs root. */
export interface OwnEngine {
  readonly host: string;
  readonly docker: Docker;
  start(): Promise<void>;
  /** As a shutdown of the machine ends it. */
  stop(): Promise<void>;
  /** As a power cut does: the engine and everything it runs. */
  cutPower(): Promise<void>;
  /** Ends it and removes everything. */
  remove(): Promise<void>;
}

export function makeEngine(): OwnEngine {
  const root = mkdtempSync("/var/tmp/pgaddon-engine-");
  const socket = join(root, "docker.sock");
  const client = new Docker({ socketPath: socket });
  const prefix = freeNetwork();
  writeFileSync(join(root, "daemon.json"), "{}\n");

  const mine = (): number[] => {
    const daemons = list().filter(({ words }) => words.some((word) => word.includes(`${root}/`)));
    const found = new Set(daemons.map(({ pid }) => pid));
    // What runs in containers: children of what we have.
    for (let before = -1; before < found.size;) {
      before = found.size;
      for (const { pid, parent } of list()) if (found.has(parent)) found.add(pid);
    }
    return [...found];
  };
  const answers = async (): Promise<true | undefined> =>
    client.ping().then(
      () => true,
      () => undefined,
    );

  const engine: OwnEngine = {
    host: `unix://${socket}`,
    docker: client,
    async start() {
      rmSync(join(root, "docker.pid"), { force: true });
      const log = openSync(join(root, "dockerd.log"), "a");
      const options = [
        ["--data-root", join(root, "root")],
        ["--exec-root", join(root, "exec")],
        ["--pidfile", join(root, "docker.pid")],
        ["--config-file", join(root, "daemon.json")],
        ["--host", `unix://${socket}`],
        // Rules of its own would push out those of the engine that the other tests use.
        ["--bridge=none", "--iptables=false", "--ip6tables=false"],
        ["--default-address-pool", `base=${prefix}.0.0/16,size=24`],
      ];
      const daemon = spawn("dockerd", options.flat(), {
        stdio: ["ignore", log, log],
        detached: true,
        env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
      });
      daemon.on("error", () => undefined);
      daemon.unref();
      closeSync(log);
      await waitFor("a second dockerd (docker.io, and root, are needed)", answers).catch((error: unknown) => {
        const said = readFileSync(join(root, "dockerd.log"), "utf8").split("\n").slice(-15).join("\n");
        throw new Error(`dockerd did not start:\n${said}`, { cause: error });
      });
    },
    async stop() {
      process.kill(Number(readFileSync(join(root, "docker.pid"), "utf8")), "SIGTERM");
      await waitFor("dockerd to end", () => mine().length === 0, 60);
    },
    async cutPower() {
      for (const pid of mine()) kill(pid);
      await waitFor("everything to be dead", () => mine().length === 0);
      // What a machine has in memory only.
      unmount(join(root, "exec"));
      rmSync(join(root, "exec"), { recursive: true, force: true });
    },
    async remove() {
      if (await answers()) {
        for (const { Id } of await client.listContainers({ all: true }))
          await client.getContainer(Id).remove({ force: true, v: true });
        for (const { Name } of await client.listNetworks())
          if (!["bridge", "host", "none"].includes(Name)) await client.getNetwork(Name).remove();
        await engine.stop();
      }
      await engine.cutPower();
      unmount(root);
      rmSync(root, { recursive: true, force: true });
    },
  };
  return engine;
}

/** Take an image over from the engine of the tests: to build it takes minutes. */
export async function copyImage(image: string, to: Docker): Promise<void> {
  const archive = await docker().getImage(image).get();
  const progress = await to.loadImage(archive);
  await new Promise<void>((resolve, reject) => {
    to.modem.followProgress(progress, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** 10.x.0.0/16 that no route leads to. */
function freeNetwork(): string {
  const { stdout } = spawnSync("ip", ["-4", "route", "show", "table", "all"], { encoding: "utf8" });
  for (let second = 190; second < 210; second += 1) {
    if (!stdout.includes(`10.${second}.`)) return `10.${second}`;
  }
  throw new Error("there is no free network of the form 10.x.0.0/16");
}

/** Everything mounted below a folder, the last first. */
function unmount(folder: string): void {
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .flatMap((line) => line.split(" ")[1] ?? []);
  for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).toReversed())
    spawnSync("umount", ["-l", mount]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // With its parent.
  }
}

function list(): { pid: number; parent: number; words: string[] }[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      const pid = Number(name);
      if (!Number.isInteger(pid)) return [];
      const status = readFileSync(`/proc/${name}/status`, "utf8");
      // Dead, only not yet buried.
      if (/^State:\s+Z/m.test(status)) return [];
      const parent = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
      return [{ pid, parent, words: readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0") }];
    } catch {
      return [];
    }
  });
}
