import Docker from "dockerode";
import type { Home } from "../support/home.ts";

/** The engine the tests were given: a unix socket on this machine. */
export function docker(): Docker {
  const host = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
  if (!host.startsWith("unix://"))
    throw new Error(`these tests need an engine on a unix socket, not ${host}`);
  return new Docker({ socketPath: host.slice("unix://".length) });
}

/** Containers of this home, stopped ones too. */
export async function containersOf(home: Home): Promise<Docker.ContainerInfo[]> {
  const filters = { label: [`pgaddon.home=${home.id() ?? "none"}`] };
  return docker().listContainers({ all: true, filters });
}

/** The container of an instance. */
export async function containerOf(home: Home, instance: string): Promise<Docker.ContainerInspectInfo> {
  const filters = { label: [`pgaddon.home=${home.id() ?? "none"}`, `pgaddon.instance=${instance}`] };
  const [found] = await docker().listContainers({ all: true, filters });
  if (found === undefined) throw new Error(`there is no container of ${instance}`);
  return docker().getContainer(found.Id).inspect();
}

/** Run a container to its end; resolves to its exit code and what it printed. */
export async function runContainer(
  options: Docker.ContainerCreateOptions,
): Promise<{ code: number; output: string }> {
  const container = await docker().createContainer({ Tty: true, ...options });
  try {
    await container.start();
    const { StatusCode } = await container.wait();
    const output = await container.logs({ stdout: true, stderr: true, follow: false });
    return { code: StatusCode, output: output.toString("utf8") };
  } finally {
    await container.remove({ force: true });
  }
}
