import { X509Certificate, createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import type { Engine, EngineName, InstanceSpec, Limits } from "../../src/engines/engine.ts";
import { PortTakenError, UserError } from "../../src/errors.ts";
import type { Refusal } from "../../src/postgresql/client.ts";
import type { Addon } from "../../src/state/types.ts";

/** A machine that instances run on: plain data, so that a test can look at it, change it and copy it. */
export interface Machine {
  instances: Record<string, Instance>;
  networks: Record<string, { app: string }>;
  containers: Record<string, Container>;
  /** Ports that other programs listen on. */
  takenPorts: number[];
  memory: number;
  remote: boolean;
  diskFree: number;
  clientTools: boolean;
}

export interface Instance {
  /** What `create` defined; null when only the data is left. */
  spec: Omit<InstanceSpec, "files"> | null;
  data: boolean;
  running: boolean;
  /** What the server was started with, to see that settings took effect. */
  startedWith: { limits: Limits; conf: string } | null;
  starts: number;
  files: Record<string, { content: string; mode: number }>;
  /** The verifier of the app role's password, from init.sql; null before the first start. */
  verifier: string | null;
  /** What is in the database: survives all but the removal of the data. */
  rows: string[];
  connections: number;
  size: number;
  helpers: number;
  log: string[];
  reason: string | null;
  /** Why it does not answer though it runs. */
  refuses: Refusal | null;
}

export interface Container {
  networks: string[];
  label: string | null;
  running: boolean;
  restarts: number;
}

/** Told of every change the engine makes, before, in the middle of and after it. Throwing makes the call fail there. */
export type Interfere = (event: string) => void | Promise<void>;

const GB = 1024 ** 3;
const VERSIONS: Record<number, string> = { 17: "17.11", 15: "15.19" };

export function newMachine(): Machine {
  return {
    instances: {},
    networks: {},
    containers: {},
    takenPorts: [],
    memory: 128 * GB,
    remote: false,
    diskFree: 500 * GB,
    clientTools: true,
  };
}

/** An engine that keeps what a real one would, in memory, and refuses what a real one refuses. */
export function fakeEngine(name: EngineName, machine: Machine, interfere: Interfere): Engine {
  const instanceOf = (id: string): Instance => {
    const found = machine.instances[id];
    if (found === undefined || found.spec === null) throw new UserError(`The instance ${id} does not exist`);
    return found;
  };
  const dataOf = (id: string): Instance => {
    const found = machine.instances[id];
    if (found === undefined || !found.data) throw new UserError(`The data of ${id} does not exist`);
    return found;
  };
  const containerOf = (id: string): Container => {
    const found = Object.hasOwn(machine.containers, id) ? machine.containers[id] : undefined;
    if (found === undefined) {
      throw new UserError(`The container '${id.slice(0, 60)}' was not found`, {
        hint: `There are: ${Object.keys(machine.containers).join(", ")}`,
      });
    }
    return found;
  };
  const portTaken = (port: number, but?: string): boolean =>
    machine.takenPorts.includes(port) ||
    Object.entries(machine.instances).some(
      ([id, { spec, running }]) => id !== but && running && spec?.port === port,
    );
  /** A change in two halves; a real engine can be interrupted between them. */
  const change = async (what: string, first: () => void, second: () => void): Promise<void> => {
    await interfere(`${what} before`);
    first();
    await interfere(`${what} half`);
    second();
    await interfere(`${what} after`);
  };

  return {
    name,
    host: async () => ({
      memory: machine.memory,
      cpus: 4,
      remote: machine.remote,
      description: `Fake ${name}`,
    }),
    majors: async () => [17, 15],
    async prepare(major = 17, report) {
      await interfere("prepare before");
      const version = VERSIONS[major];
      if (version === undefined) {
        throw new UserError(`PostgreSQL ${major} is not available`, { hint: "There are: 17, 15." });
      }
      report(`Making PostgreSQL ${major} ready`);
      await interfere("prepare after");
      return { major, version, id: `fake-${name}:${major}`, clientTools: machine.clientTools };
    },
    placement: (instance, runtime, port) => ({
      root: `/${name}/${instance}`,
      bin: `/programs/${runtime}`,
      socketDirectory: `/${name}/${instance}/run`,
      listenAddresses: name === "docker" ? "*" : "127.0.0.1",
      listenPort: name === "docker" ? 5432 : port,
      osUser: "postgres",
      logFiles: name === "local",
      locale: "C.UTF-8",
    }),
    portFree: async (port) => !portTaken(port),
    async create(spec) {
      const { files, ...rest } = spec;
      await change(
        "create",
        () => {
          machine.instances[spec.name] ??= {
            spec: null,
            data: true,
            running: false,
            startedWith: null,
            starts: 0,
            files: {},
            verifier: null,
            rows: [],
            connections: 0,
            size: 8_000_000,
            helpers: 0,
            log: [],
            reason: null,
            refuses: null,
          };
        },
        () => {
          const instance = dataOf(spec.name);
          for (const { path, content, mode } of files) instance.files[path] = { content, mode };
          instance.spec = structuredClone(rest);
        },
      );
    },
    async writeFiles(id, files) {
      await change(
        "writeFiles",
        () => void dataOf(id),
        () => {
          for (const { path, content, mode } of files) dataOf(id).files[path] = { content, mode };
        },
      );
    },
    readFile: async (id, path) => machine.instances[id]?.files[path]?.content,
    async start(id) {
      await change(
        "start",
        () => {
          const instance = instanceOf(id);
          if (instance.running) return;
          if (portTaken(instance.spec?.port ?? 0, id)) throw new PortTakenError(instance.spec?.port ?? 0);
          if (instance.helpers > 0) throw new UserError(`A helper holds the data of ${id}`);
        },
        () => {
          const instance = instanceOf(id);
          if (instance.running) return;
          const init = instance.files["init.sql"]?.content;
          if (instance.verifier === null) {
            if (init === undefined)
              throw new UserError(`No database in ${id}; refusing to make an empty one`);
            instance.verifier = /PASSWORD '(SCRAM-SHA-256[^']+)'/.exec(init)?.[1] ?? "";
          }
          delete instance.files["init.sql"];
          if (instance.spec === null) return;
          instance.running = true;
          instance.reason = null;
          instance.starts += 1;
          instance.startedWith = {
            limits: { ...instance.spec.limits },
            conf: instance.files["conf/postgresql.conf"]?.content ?? "",
          };
          instance.log.push("database system is ready to accept connections");
        },
      );
    },
    async stop(id) {
      const stopping = machine.instances[id];
      await change(
        "stop",
        () => undefined,
        () => {
          if (stopping === undefined || !stopping.running) return;
          stopping.running = false;
          stopping.connections = 0;
          stopping.log.push("database system is shut down");
        },
      );
    },
    async remove(id, { data }) {
      await change(
        "remove",
        () => {
          const instance = machine.instances[id];
          if (instance === undefined) return;
          instance.running = false;
          instance.spec = null;
        },
        () => {
          if (data) delete machine.instances[id];
        },
      );
    },
    async inspect(id) {
      const instance = machine.instances[id];
      const defined = instance !== undefined && instance.spec !== null;
      return {
        status: defined ? (instance.running ? "running" : "stopped") : "missing",
        reference: defined ? `${name}-${id}` : null,
        data: instance?.data ?? false,
        port: instance?.spec?.port ?? null,
        startedAt: instance?.running === true ? "2025-01-02T03:04:05.000Z" : null,
        reason: instance?.reason ?? null,
      };
    },
    async setLimits(id, limits) {
      await change(
        "setLimits",
        () => void instanceOf(id),
        () => {
          const { spec } = instanceOf(id);
          if (spec !== null) spec.limits = { ...limits };
        },
      );
    },
    async endHelpers(id) {
      const instance = machine.instances[id];
      if (instance !== undefined) instance.helpers = 0;
    },
    async exec(id, argv, input = "") {
      const instance = instanceOf(id);
      if (!instance.running)
        return { exitCode: 2, stdout: "", stderr: "psql: error: the server is not there\n" };
      if (!argv[0]?.endsWith("/psql"))
        return { exitCode: 127, stdout: "", stderr: `${argv[0]}: not found\n` };
      if (instance.refuses !== null)
        return { exitCode: 2, stdout: "", stderr: `${instance.refuses.message}\n` };
      const password = /^\\connect ".*password=(\S+?)[ "]/.exec(input)?.[1];
      if (password !== undefined && !matches(password, instance.verifier)) {
        return { exitCode: 2, stdout: "", stderr: "FATAL:  password authentication failed\n" };
      }
      if (input.includes("pg_stat_activity")) {
        return {
          exitCode: 0,
          stdout: `${instance.connections}\t${instance.size}\t17.11 (Debian)\n`,
          stderr: "",
        };
      }
      return { exitCode: 0, stdout: "PostgreSQL 17.11, TLSv1.3\n", stderr: "" };
    },
    async attach(id, argv, { stdin, stdout, stderr, tty }) {
      const instance = instanceOf(id);
      if (!instance.running) {
        stderr.write("psql: error: the server is not there\n");
        return 2;
      }
      stdout.write(
        `${tty ? "[tty] " : ""}${argv.map((word) => word.replace(/^.*\/(?=psql$)/, "")).join(" ")}\n`,
      );
      if (argv.includes("-f")) stdout.write(await text(stdin));
      return argv.some((word) => word.includes("FAIL")) ? 3 : 0;
    },
    async dial(id) {
      const instance = machine.instances[id];
      if (instance?.running !== true) throw new UserError(`${id} is not running`);
      return echo();
    },
    async logs(id, { lines, follow, write, signal }) {
      for (const line of lines === 0 ? [] : instanceOf(id).log.slice(-lines)) write(line);
      if (follow && !signal.aborted) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      }
    },
    diskUsage: async (id) => dataOf(id).size,
    diskFree: async () => machine.diskFree,
    encryptedAtRest: async () => "unknown",
    enforcement: () => [`Enforced: everything, for this is the fake of ${name}.`],
    async list() {
      const object = { app: null, addon: null };
      return [
        ...Object.entries(machine.instances).flatMap(([id, { spec, data, running, helpers }]) => [
          ...(spec === null
            ? []
            : [{ ...object, kind: "instance" as const, reference: `${name}-${id}`, instance: id, running }]),
          ...(data
            ? [
                {
                  ...object,
                  kind: "data" as const,
                  reference: `${name}-${id}-data`,
                  instance: id,
                  running: false,
                },
              ]
            : []),
          ...(helpers > 0
            ? [
                {
                  ...object,
                  kind: "helper" as const,
                  reference: `${name}-${id}-helper`,
                  instance: id,
                  running: false,
                },
              ]
            : []),
        ]),
        ...Object.entries(machine.networks).map(([network, { app }]) => ({
          kind: "network" as const,
          reference: network,
          instance: null,
          app,
          addon: null,
          running: false,
        })),
      ];
    },
    ...(name === "local"
      ? {}
      : {
          links: {
            async ensureNetwork(app: string, preferred: string) {
              await change(
                "ensureNetwork",
                () => undefined,
                () => void (machine.networks[preferred] ??= { app }),
              );
              return preferred;
            },
            async removeNetwork(network: string) {
              await change(
                "removeNetwork",
                () => undefined,
                () => void delete machine.networks[network],
              );
            },
            async connect(container: string, network: string) {
              const { networks } = containerOf(container);
              if (!networks.includes(network)) networks.push(network);
            },
            async disconnect(container: string, network: string) {
              const found = machine.containers[container];
              if (found !== undefined) found.networks = found.networks.filter((each) => each !== network);
            },
            labelled: async (app: string) =>
              Object.entries(machine.containers).flatMap(([id, { label }]) => (label === app ? [id] : [])),
            exists: async (container: string) => machine.containers[container] !== undefined,
            async restart(container: string) {
              await interfere("restart container");
              const found = machine.containers[container];
              if (found === undefined) return false;
              if (found.running) found.restarts += 1;
              return true;
            },
          },
        }),
  };
}

/** The login a client would make: the address, the certificate's chain and names, and the password have to be right. */
export function login(machines: readonly Machine[], addon: Addon, ca: string): Refusal | undefined {
  const instance = machines
    .flatMap((machine) => Object.values(machine.instances))
    .find(({ running, spec }) => running && spec?.port === addon.port);
  if (instance === undefined) return { code: "ECONNREFUSED", message: "nobody listens" };
  if (instance.refuses !== null) return instance.refuses;
  const certificate = new X509Certificate(instance.files["tls/server.crt"]?.content ?? "");
  if (!certificate.verify(new X509Certificate(ca).publicKey))
    return { code: "TLS", message: "not signed by that authority" };
  if (certificate.checkIP(addon.host) === undefined) return { code: "TLS", message: `not for ${addon.host}` };
  return matches(addon.password, instance.verifier)
    ? undefined
    : { code: "28P01", message: "password authentication failed" };
}

/** What a server does with a SCRAM verifier, for a client that sent the password's proof. */
function matches(password: string, verifier: string | null): boolean {
  const [, iterations = "1", salt = "", stored] =
    /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):/.exec(verifier ?? "") ?? [];
  const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), Number(iterations), 32, "sha256");
  const key = createHmac("sha256", salted).update("Client Key").digest();
  return createHash("sha256").update(key).digest("base64") === stored;
}

function echo(): Duplex {
  return new Duplex({
    read: () => undefined,
    write(chunk, _encoding, done) {
      this.push(chunk);
      done();
    },
    final(done) {
      this.push(null);
      done();
    },
  });
}
