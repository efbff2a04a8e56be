import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Home } from "./home.ts";

export interface ProgramResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface ProgramOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Standard input; empty without. */
  input?: string;
  timeoutMs?: number;
}

export const repository = fileURLToPath(new URL("../..", import.meta.url));

/** Passed on to the CLI; nothing else of the environment of whoever runs the tests is. */
const passed = [
  "PATH",
  "DOCKER_HOST",
  "DOCKER_TLS_VERIFY",
  "DOCKER_CERT_PATH",
  "PGADDON_APT_MIRROR",
  "PGADDON_BUILD_NETWORK",
  "PGADDON_LOCAL_ROOT",
  "PGADDON_LOCAL_USER",
  "http_proxy",
  "https_proxy",
  "no_proxy",
];

/** What the CLI under test sees: this home, a HOME without anybody's settings, and nothing that slows Node down. */
export function cliEnvironment(home: Home, extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = Object.fromEntries(passed.map((name) => [name, process.env[name]]));
  return { ...own, HOME: join(home.path, "user"), LC_ALL: "C.UTF-8", PGADDON_HOME: home.path, ...extra };
}

/** For npm in a test: nothing of the npm that runs the tests, and the certificates it may need. */
export function npmEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|PGADDON_TEST_|VITEST|NODE_ENV|NODE_OPTIONS)/i.test(name),
  );
  const certificates = process.env["PGADDON_TEST_CA_CERTS"];
  return {
    ...Object.fromEntries(own),
    ...(certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates }),
    ...extra,
  };
}

/** Run the built program as a user would: `cli(["--app", "demo", "addons"], { home })`. */
export async function cli(
  args: readonly string[],
  options: ProgramOptions & { home: Home },
): Promise<ProgramResult> {
  const env = cliEnvironment(options.home, options.env);
  return runProgram(process.execPath, ["--", join(repository, "bin/pgaddon.js"), ...args], {
    ...options,
    env,
  });
}

/** Run any program to its end; rejects when it cannot be started or takes longer than `timeoutMs`. */
export async function runProgram(
  file: string,
  args: readonly string[],
  { env, cwd, input = "", timeoutMs = 240_000 }: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, cwd });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${file} ${args.join(" ")} took longer than ${timeoutMs} ms\n${stdout}\n${stderr}`));
    }, timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? (signal === "SIGINT" ? 130 : 1), stdout, stderr });
    });
    // It may have ended without reading.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
