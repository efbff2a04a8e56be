import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import Docker from "dockerode";
import { MAJORS } from "../postgresql/versions.ts";
import { connectionError, findEndpoint, noAnswer, type Endpoint } from "./docker-connection.ts";
import { binFolder } from "./docker-container.ts";
import { PORT, ROOT, type DockerContext, type DockerInfo } from "./docker-context.ts";
import { translate } from "./docker-errors.ts";
import { dial, exec } from "./docker-exec.ts";
import { readFile, writeFiles } from "./docker-files.ts";
import { runHelper } from "./docker-helper.ts";
import { diskFree, diskUsage, encryptedAtRest, host, portFree } from "./docker-host.ts";
import { prepare } from "./docker-image.ts";
import { create, endHelpers, inspect, list, remove, setLimits, start, stop } from "./docker-instance.ts";
import { dockerLinks } from "./docker-links.ts";
import { logs } from "./docker-logs.ts";
import { type Relay, relayThroughSsh } from "./docker-ssh.ts";
import { watchFor } from "./docker-watch.ts";
import type { Engine, Links } from "./engine.ts";

/** Find the Docker engine, see that it answers, and speak to it from then on. Throws EngineUnavailableError. */
export async function connectDocker(options: {
  homeId: string;
  env: NodeJS.ProcessEnv;
  timeoutMs: number;
}): Promise<Engine> {
  const { homeId, env, timeoutMs } = options;
  const endpoint = await findEndpoint(env);
  const relay = endpoint.kind === "ssh" ? await relayThroughSsh(endpoint, env) : undefined;
  let client: { docker: Docker; agent: HttpAgent } | undefined;
  try {
    client = open(endpoint, relay);
    await ping(client.docker, endpoint, timeoutMs);
  } catch (error) {
    client?.agent.destroy();
    const detail = relay?.complaint();
    relay?.close();
    throw connectionError(error, endpoint, detail);
  }
  const { docker, agent } = client;
  let info: Promise<DockerInfo> | undefined;
  const context: DockerContext = {
    docker,
    homeId,
    env,
    endpoint,
    async info() {
      info ??= docker.info();
      try {
        return await info;
      } catch (error) {
        info = undefined;
        throw error;
      }
    },
  };
  return engineOf(context, async () => {
    agent.destroy();
    relay?.close();
  });
}

function open(endpoint: Endpoint, relay: Relay | undefined): { docker: Docker; agent: HttpAgent } {
  // Spelled out, or the client takes what is missing from the environment.
  const unset = {
    host: undefined,
    port: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
  };
  const common = { ...unset, pathPrefix: "/" };
  if (endpoint.kind !== "tcp") {
    const agent = new HttpAgent({ keepAlive: true });
    const socketPath = endpoint.kind === "unix" ? endpoint.path : relay?.socketPath;
    const options = { ...common, agent, socketPath, protocol: "http" } as const;
    return { agent, docker: new Docker(options) };
  }
  const { tls } = endpoint;
  const agent =
    tls === null
      ? new HttpAgent({ keepAlive: true })
      : new HttpsAgent({
          keepAlive: true,
          ca: tls.ca,
          cert: tls.cert,
          key: tls.key,
          rejectUnauthorized: tls.verify,
        });
  const protocol = tls === null ? "http" : "https";
  const options = { ...common, agent, protocol, host: endpoint.host, port: endpoint.port } as const;
  return { agent, docker: new Docker(options) };
}

async function ping(docker: Docker, endpoint: Endpoint, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(noAnswer(endpoint, timeoutMs)), timeoutMs);
  });
  try {
    await Promise.race([docker.ping(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function engineOf(context: DockerContext, close: () => Promise<void>): Engine {
  const { name: where } = context.endpoint;
  const watch = watchFor((timeoutMs) => ping(context.docker, context.endpoint, timeoutMs));
  /** Bind the context, and let no raw error of the client out. */
  const call =
    <A extends unknown[], R>(work: (context: DockerContext, ...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      try {
        return await watch.over(work(context, ...args));
      } catch (error) {
        throw translate(error, where);
      }
    };
  const raw = dockerLinks(context);
  const links: Links = {
    ensureNetwork: call((_, app: string, preferred: string) => raw.ensureNetwork(app, preferred)),
    removeNetwork: call((_, name: string) => raw.removeNetwork(name)),
    connect: call((_, container: string, network: string) => raw.connect(container, network)),
    disconnect: call((_, container: string, network: string) => raw.disconnect(container, network)),
    labelled: call((_, app: string) => raw.labelled(app)),
    exists: call((_, container: string) => raw.exists(container)),
    restart: call((_, container: string) => raw.restart(container)),
  };
  return {
    name: "docker",
    links,
    close,
    host: call(host),
    majors: async () => MAJORS.map(({ major }) => major),
    prepare: call(prepare),
    placement: (_instance, runtime) => ({
      root: ROOT,
      bin: binFolder(runtime),
      socketDirectory: `${ROOT}/run`,
      listenAddresses: "*",
      listenPort: PORT,
      osUser: "postgres",
      logFiles: false,
      locale: "C.UTF-8",
    }),
    portFree: call(portFree),
    create: call(create),
    writeFiles: call(writeFiles),
    readFile: call(readFile),
    start: call(start),
    stop: call(stop),
    remove: call(remove),
    inspect: call(inspect),
    setLimits: call(setLimits),
    endHelpers: call(endHelpers),
    exec: call(exec),
    attach: call((_, instance: string, argv: readonly string[], io) =>
      runHelper(context, { instance, argv }, io),
    ),
    dial: call(dial),
    logs: call(logs),
    diskUsage: call(diskUsage),
    diskFree: call(diskFree),
    encryptedAtRest: call(encryptedAtRest),
    enforcement: () => [
      "Memory: enforced, without swap; a query that wants more is ended, and the server recovers within seconds.",
      "CPU: a relative weight, which counts when the machine is busy.",
      "Connections: enforced by PostgreSQL.",
      "Disk: measured, not enforced.",
    ],
    list: call(list),
  };
}
