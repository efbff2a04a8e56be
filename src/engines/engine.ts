import type { Duplex, Readable, Writable } from "node:stream";

/**
 * Where PostgreSQL runs. One implementation a file: docker.ts (containers), local.ts (server processes of this machine).
 * The words are ours: an instance is one server with its data; nothing here names a container or a process.
 *
 * Errors: an engine throws UserError (EngineUnavailableError when it does not answer, PortTakenError when a port is gone)
 * and nothing else on purpose. Every method may be called again after it was killed half-way.
 */
export interface Engine {
  readonly name: EngineName;

  /** Facts about the machine the instances run on. */
  host(): Promise<HostFacts>;

  /** Majors this engine can provide, the default first. */
  majors(): Promise<number[]>;

  /**
   * Make the server software of a major ready (build the image, find or fetch an install); the engine's default without one.
   * `report` is told what takes long. Throws UserError, naming what there is, when the major cannot be had.
   */
  prepare(major: number | undefined, report: (line: string) => void): Promise<Runtime>;

  /** Paths and addresses as the server itself sees them. `port` is the published one. */
  placement(instance: string, runtime: string, port: number): Placement;

  /** Is nobody listening on this port of the machine the instances run on? */
  portFree(port: number): Promise<boolean>;

  /** Make the place (volume or directory), put `files` into it, define the instance; does not start it. Idempotent on `name`. */
  create(spec: InstanceSpec): Promise<void>;

  /** Replace files below the instance's root, running or stopped. Owner is the server's user. */
  writeFiles(instance: string, files: readonly InstanceFile[]): Promise<void>;

  /** A file below the instance's root, also while stopped and when only the data is left; undefined when absent. */
  readFile(instance: string, path: string): Promise<string | undefined>;

  /** Start; returns when the process runs, which is before it answers. Idempotent. */
  start(instance: string): Promise<void>;

  /** Fast shutdown; waits up to `timeoutSeconds` and never kills in mid-checkpoint: throws UserError when time is up. Idempotent. */
  stop(instance: string, timeoutSeconds: number): Promise<void>;

  /** Remove the instance; with `data`, its data too, for good. Idempotent. */
  remove(instance: string, options: { data: boolean }): Promise<void>;

  /** What is there now. An instance that does not exist is a state, not an error. */
  inspect(instance: string): Promise<InstanceState>;

  /** Memory and CPU limits of an existing instance; takes effect at once where the engine can, else at the next start. */
  setLimits(instance: string, limits: Limits): Promise<void>;

  /** End whatever helper still holds this instance's data after a crash of ours. Never the server itself. */
  endHelpers(instance: string): Promise<void>;

  /** Run a short command beside the running server, as its user, over its socket directory; output is captured. */
  exec(instance: string, argv: readonly string[], input?: string): Promise<ExecResult>;

  /** Run a client tool with the user's streams, over the server's socket, outside the server's memory limit. Resolves to its exit code. */
  attach(instance: string, argv: readonly string[], io: AttachIO): Promise<number>;

  /** A connection to the server's TCP port, wherever it runs. */
  dial(instance: string, port: number): Promise<Duplex>;

  /** Server log lines, oldest first; with `follow`, until `signal` aborts. */
  logs(instance: string, options: LogOptions): Promise<void>;

  /** Bytes on disk of the instance's data, also while stopped. */
  diskUsage(instance: string): Promise<number>;

  /** Bytes free where new data goes; null when the engine cannot know. */
  diskFree(): Promise<number | null>;

  /** Does the data lie on an encrypted volume? */
  encryptedAtRest(): Promise<"yes" | "no" | "unknown">;

  /** Which limits of a plan are enforced and which are not, one sentence each. */
  enforcement(): string[];

  /** Everything that carries this home's label, known to the store or not. */
  list(): Promise<EngineObject[]>;

  /** Networks and the users' own containers; absent where there are none (local). */
  readonly links?: Links;

  /** Let go of connections and helpers of this process. */
  close?(): Promise<void>;
}

export type EngineName = "docker" | "local";

export interface HostFacts {
  /** Total memory in bytes. */
  memory: number;
  cpus: number;
  /** Instances listen on another machine's loopback. */
  remote: boolean;
  /** For people: "Docker 28.2 at unix:///var/run/docker.sock". */
  description: string;
}

export interface Runtime {
  major: number;
  /** Full version: "17.11". */
  version: string;
  /** What instances are made from: an image tag, or a folder of programs. Kept in the store. */
  id: string;
  /** psql, pg_dump and pg_restore of this major or newer are there. */
  clientTools: boolean;
}

export interface Placement {
  /** Root of the instance as the server sees it; PGDATA is `<root>/pgdata`. */
  root: string;
  /** Folder of the server's programs. */
  bin: string;
  /** Folder of the unix socket. */
  socketDirectory: string;
  /** listen_addresses and port as the server sees them. */
  listenAddresses: string;
  listenPort: number;
  /** Operating system user of the server, mapped to `postgres` on the socket. */
  osUser: string;
  /** The server writes and rotates its own log files (else it logs to stderr, which the engine keeps). */
  logFiles: boolean;
  /** Value for initdb --locale and the name the engine's C.UTF-8 goes by. */
  locale: string;
}

export interface Limits {
  /** Bytes. */
  memory: number;
  /** Relative weight; 1024 = one plan gigabyte. */
  cpuShares: number;
}

export interface InstanceFile {
  /** Relative to the instance's root, `/` between parts. */
  path: string;
  content: string;
  /** Permission bits, e.g. 0o600. */
  mode: number;
}

export interface InstanceSpec {
  /** Unique in this home: `my-app-3030`. */
  name: string;
  app: string;
  addon: string;
  role: "primary" | "standby";
  /** Runtime.id */
  runtime: string;
  /** Published address. */
  host: string;
  port: number;
  limits: Limits;
  /** Network of the app and the names to be found under there; ignored where there are no networks. */
  network: string | null;
  aliases: readonly string[];
  files: readonly InstanceFile[];
}

export interface InstanceState {
  status: "running" | "stopped" | "missing";
  /** The engine's own name of it, for people (container name, process id). */
  reference: string | null;
  /** The data is there, whether or not the instance is. */
  data: boolean;
  /** Published port, when defined. */
  port: number | null;
  /** ISO 8601, when running. */
  startedAt: string | null;
  /** When stopped by itself: why, as far as known (exit code, out of memory). */
  reason: string | null;
}

export interface ExecResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface AttachIO {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  /** Give the tool a terminal; stdin and stdout are one. */
  tty: boolean;
  signal: AbortSignal;
}

export interface LogOptions {
  /** How many lines from the end. */
  lines: number;
  follow: boolean;
  write: (line: string) => void;
  signal: AbortSignal;
}

export interface EngineObject {
  kind: "instance" | "data" | "network" | "helper";
  /** The engine's own name of it. */
  reference: string;
  /** Instance name, for instance, data and helper. */
  instance: string | null;
  app: string | null;
  addon: string | null;
  running: boolean;
}

export interface Links {
  /** Make the app's network; returns its name, another one when `preferred` belongs to somebody else. Idempotent. */
  ensureNetwork(app: string, preferred: string): Promise<string>;
  removeNetwork(name: string): Promise<void>;
  /** Join a user's container to the network. Throws UserError for an unknown container (nearest names as hint). Idempotent. */
  connect(container: string, network: string): Promise<void>;
  disconnect(container: string, network: string): Promise<void>;
  /** Names of containers labelled `pgaddon.link=<app>`. */
  labelled(app: string): Promise<string[]>;
  exists(container: string): Promise<boolean>;
  /** Restart a user's container; false when it is gone. A stopped one stays stopped. */
  restart(container: string): Promise<boolean>;
}
