import { createHash } from "node:crypto";
import { access, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { codeOf, EngineUnavailableError, messageOf } from "../errors.ts";

/** Where the Docker engine is. */
export type Endpoint = { name: string; remote: boolean } & (
  | { kind: "unix"; path: string }
  | { kind: "tcp"; host: string; port: number; tls: Tls | null }
  | { kind: "ssh"; host: string; port: string; user: string }
);

export interface Tls {
  ca?: string;
  cert?: string;
  key?: string;
  verify: boolean;
}

const INSTALL_HINT =
  "Start Docker, or set DOCKER_HOST or DOCKER_CONTEXT to where it is. No Docker? Use the local engine: '--engine local'.";

/** As the docker command finds it: DOCKER_HOST, DOCKER_CONTEXT, the current context of its configuration, the usual socket. */
export async function findEndpoint(env: NodeJS.ProcessEnv): Promise<Endpoint> {
  const home = env["HOME"] || homedir();
  const folder = env["DOCKER_CONFIG"] || join(home, ".docker");
  if (env["DOCKER_HOST"]) return endpointAt(env["DOCKER_HOST"], await tlsFromEnvironment(env, folder));
  const context = env["DOCKER_CONTEXT"] || (await currentContext(folder));
  if (context !== undefined && context !== "default") return contextEndpoint(folder, context);
  const usual = "/var/run/docker.sock";
  const desktop = join(home, ".docker/run/docker.sock");
  return endpointAt(`unix://${!(await exists(usual)) && (await exists(desktop)) ? desktop : usual}`, null);
}

/** Why the first call did not come through, and what to do. */
export function connectionError(error: unknown, endpoint: Endpoint, detail = ""): Error {
  const at = endpoint.name;
  const fail = (message: string, hint: string): Error =>
    new EngineUnavailableError(message, { hint, cause: error });
  if (error instanceof EngineUnavailableError) return error;
  if (endpoint.kind === "ssh" && detail !== "") {
    return fail(
      `Cannot reach Docker at ${at}: ${detail}`,
      `Does 'ssh ${endpoint.host} docker version' work?`,
    );
  }
  const code = codeOf(error) ?? "";
  if (code === "ENOENT") return fail(`There is no Docker engine at ${at}`, INSTALL_HINT);
  if (code === "EACCES" || code === "EPERM") {
    return fail(
      `Permission denied on ${at}`,
      "Add yourself to the group that owns the socket ('sudo usermod -aG docker $USER') and log in again.",
    );
  }
  if (code === "ECONNREFUSED")
    return fail(`Nothing answers at ${at}: the Docker engine is not running`, INSTALL_HINT);
  if (/CERT|TLS|SSL|SELF_SIGNED|ISSUER|EPROTO|HPE_INVALID/.test(code)) {
    return fail(
      `TLS with Docker at ${at} failed: ${tlsReason(error)}`,
      "Check DOCKER_TLS_VERIFY, DOCKER_CERT_PATH and the certificates of the context.",
    );
  }
  if (code === "ECONNRESET" && endpoint.kind === "tcp" && endpoint.tls === null) {
    return fail(`Docker at ${at} hung up`, "Does it want TLS? Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH.");
  }
  return fail(`Cannot reach Docker at ${at}: ${messageOf(error)}`, INSTALL_HINT);
}

/** OpenSSL's messages name source files. */
function tlsReason(error: unknown): string {
  const reason = field(error, "reason");
  return typeof reason === "string" ? reason : messageOf(error).trim();
}

export function noAnswer(endpoint: Endpoint, timeoutMs: number): Error {
  return new EngineUnavailableError(
    `Docker at ${endpoint.name} did not answer within ${timeoutMs / 1000} s`,
    {
      hint: "Is it busy or stuck? Try 'docker version'.",
    },
  );
}

function endpointAt(address: string, tls: Tls | null): Endpoint {
  const text = address.includes("://") ? address : `tcp://${address}`;
  if (text.startsWith("unix://")) {
    const path = text.slice("unix://".length) || "/var/run/docker.sock";
    return { kind: "unix", path, name: `unix://${path}`, remote: false };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const host = url?.hostname.replace(/^\[(.*)\]$/, "$1") ?? "";
  if (url?.protocol === "ssh:" && host !== "" && !host.startsWith("-")) {
    const user = decodeURIComponent(url.username);
    const name = `ssh://${user === "" ? "" : `${user}@`}${url.host}`;
    return { kind: "ssh", host, port: url.port, user, name, remote: true };
  }
  if (url !== undefined && ["tcp:", "http:", "https:"].includes(url.protocol) && host !== "") {
    const secure = tls ?? (url.protocol === "https:" ? { verify: true } : null);
    // URL drops the port that is the default of http and https.
    const port = Number(
      url.port || { "http:": 80, "https:": 443 }[url.protocol] || (secure === null ? 2375 : 2376),
    );
    const remote = !(host === "localhost" || host === "::1" || host.startsWith("127."));
    return {
      kind: "tcp",
      host,
      port,
      tls: secure,
      name: `tcp://${host.includes(":") ? `[${host}]` : host}:${port}`,
      remote,
    };
  }
  // Not the address itself: it may hold a password.
  throw new EngineUnavailableError(
    `The address of the Docker engine is not usable (${url?.protocol ?? "no URL"})`,
    {
      hint: "DOCKER_HOST looks like unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host.",
    },
  );
}

async function tlsFromEnvironment(env: NodeJS.ProcessEnv, folder: string): Promise<Tls | null> {
  const verify = Boolean(env["DOCKER_TLS_VERIFY"]);
  if (!verify && !env["DOCKER_TLS"]) return null;
  return { ...(await readTls(env["DOCKER_CERT_PATH"] || folder)), verify };
}

async function contextEndpoint(folder: string, context: string): Promise<Endpoint> {
  const digest = createHash("sha256").update(context).digest("hex");
  const meta = await readJson(join(folder, "contexts/meta", digest, "meta.json"));
  const docker = field(field(meta, "Endpoints"), "docker");
  const host = field(docker, "Host");
  if (typeof host !== "string" || host === "") {
    throw new EngineUnavailableError(`There is no Docker context '${context}'`, {
      hint: "'docker context ls' lists them; DOCKER_CONTEXT=default uses this machine's engine.",
    });
  }
  const files = join(folder, "contexts/tls", digest, "docker");
  const skipVerify = field(docker, "SkipTLSVerify") === true;
  const tls = (await exists(files)) || skipVerify ? { ...(await readTls(files)), verify: !skipVerify } : null;
  return endpointAt(host, tls);
}

async function currentContext(folder: string): Promise<string | undefined> {
  const name = field(await readJson(join(folder, "config.json")), "currentContext");
  return typeof name === "string" && name !== "" ? name : undefined;
}

async function readTls(folder: string): Promise<Omit<Tls, "verify">> {
  const [ca, cert, key] = await Promise.all(
    ["ca.pem", "cert.pem", "key.pem"].map(async (file) => readOptional(join(folder, file))),
  );
  if ((cert === undefined) !== (key === undefined)) {
    throw new EngineUnavailableError(
      `${join(folder, cert === undefined ? "cert.pem" : "key.pem")} is missing`,
      {
        hint: "A client certificate for Docker is the pair cert.pem and key.pem.",
      },
    );
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function readJson(file: string): Promise<unknown> {
  const text = await readOptional(file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EngineUnavailableError(`${file} is not valid JSON`, { cause });
  }
}

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if (codeOf(cause) === "ENOENT" || codeOf(cause) === "ENOTDIR") return undefined;
    throw new EngineUnavailableError(`Cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
