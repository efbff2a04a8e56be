// Removes a test's home and all that belongs to it: processes, containers, volumes, networks, servers' folders.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { dockerApi } from "./docker-api.mjs";
import { gone, processes, send } from "./processes.mjs";

/** The home's id, once something was written there. */
export function homeId(home) {
  try {
    return JSON.parse(readFileSync(join(home, "state.json"), "utf8")).home_id;
  } catch {
    return undefined;
  }
}

export async function sweepHome(home, env = process.env) {
  const id = homeId(home);
  const base = env.PGADDON_LOCAL_ROOT || "/var/lib/pgaddon";
  const servers = [join(home, "local"), ...(id === undefined ? [] : [join(base, id)])];
  await endProcesses(home, servers);
  if (id !== undefined && env.DOCKER_HOST) {
    const api = dockerApi(env.DOCKER_HOST);
    if (api !== undefined && (await api.ping())) {
      const label = `pgaddon.home=${id}`;
      await api.removeObjects(await api.objects(label));
    }
  }
  for (const folder of servers) {
    for (const name of existsSync(folder) ? readdirSync(folder) : []) removeSockets(join(folder, name));
    rmSync(folder, { recursive: true, force: true });
  }
  rmSync(home, { recursive: true, force: true });
}

async function endProcesses(home, servers) {
  for (const folder of servers) {
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      const file = join(folder, name, "pgdata", "postmaster.pid");
      const pid = existsSync(file) ? Number(readFileSync(file, "utf8").split("\n")[0]) : 0;
      if (
        pid > 1 &&
        (process.platform !== "linux" || processes(({ cwd }) => cwd.startsWith(folder)).includes(pid))
      ) {
        send(pid, "SIGQUIT");
      }
    }
  }
  const left = () =>
    processes(
      ({ cwd, environment }) =>
        environment.includes(`PGADDON_HOME=${home}`) ||
        [home, ...servers].some((folder) => cwd === folder || cwd.startsWith(`${folder}/`)),
    );
  for (const pid of await gone(left, 1500)) send(pid, "SIGTERM");
  for (const pid of await gone(left, 3000)) send(pid, "SIGKILL");
  await gone(left, 3000);
}

/** A server whose own path is too long for a socket has it elsewhere: see socketFolder in src/engines/local-instance.ts. */
function removeSockets(root) {
  const hash = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const { uid } = statSync(root);
  rmSync(`/tmp/pgaddon-${uid}-${hash}`, { recursive: true, force: true });
}
