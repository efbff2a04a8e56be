import { statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { Readable } from "node:stream";
import { codeOf, UserError } from "../errors.ts";
import { encryptedVolume, type Encrypted } from "../support/encrypted-volume.ts";
import { LABEL, objectName, ROOT, type DockerContext } from "./docker-context.ts";
import { tolerating } from "./docker-errors.ts";
import { exec } from "./docker-exec.ts";
import { runHelper, type HelperOptions } from "./docker-helper.ts";
import { collector } from "./docker-streams.ts";
import type { ExecResult, HostFacts } from "./engine.ts";

export async function host(context: DockerContext): Promise<HostFacts> {
  const info = await context.info();
  return {
    memory: info.MemTotal,
    cpus: info.NCPU,
    remote: context.endpoint.remote,
    description: `Docker ${info.ServerVersion} at ${context.endpoint.name}`,
  };
}

export async function portFree(context: DockerContext, port: number): Promise<boolean> {
  const [bindable, containers] = await Promise.all([
    context.endpoint.remote ? true : canBind(port),
    context.docker.listContainers({ all: true }),
  ]);
  return (
    bindable &&
    !containers.some(
      ({ Ports, Labels, State }) =>
        Ports.some(({ PublicPort }) => PublicPort === port) ||
        (State !== "running" && Labels[LABEL.port] === String(port)),
    )
  );
}

async function canBind(port: number): Promise<boolean> {
  for (const address of ["127.0.0.1", "0.0.0.0"]) {
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      // No right to bind a low port says nothing about who has it.
      server.once("error", (error) => resolve(codeOf(error) === "EACCES"));
      server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve(true)));
    });
    if (!free) return false;
  }
  return true;
}

/** Run a short program in a helper and capture its output. */
export async function captureInHelper(
  context: DockerContext,
  options: Pick<HelperOptions, "argv" | "image" | "instance" | "oomScore">,
): Promise<ExecResult> {
  const [stdout, stderr] = [collector(), collector()];
  const exitCode = await runHelper(context, options, {
    stdin: Readable.from([]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    tty: false,
    signal: new AbortController().signal,
  });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

export async function diskUsage(context: DockerContext, instance: string): Promise<number> {
  const argv = ["du", "-sb", ROOT];
  const container = await tolerating(
    [404],
    context.docker.getContainer(objectName(context, instance)).inspect(),
  );
  const result = container?.State.Running
    ? await exec(context, instance, argv)
    : await captureInHelper(context, { instance, argv });
  // It fails when a file goes away while it counts, and has counted all the others.
  const bytes = Number.parseInt(result.stdout, 10);
  if (Number.isNaN(bytes))
    throw new UserError(`Cannot measure the data of ${instance}: ${result.stderr.trim()}`);
  return bytes;
}

export async function diskFree(context: DockerContext): Promise<number | null> {
  const folder = (await context.info()).DockerRootDir;
  if (isHere(context)) {
    for (const path of [`${folder}/volumes`, folder]) {
      try {
        const { bavail, bsize } = await statfs(path);
        return bavail * bsize;
      } catch {
        // Not readable for us, or Docker runs in a machine of its own.
      }
    }
  }
  const image = (await context.docker.listImages({ filters: { label: [`${LABEL.image}=1`] } }))[0]?.Id;
  if (image === undefined) return null;
  // A container's own root lies where the volumes do.
  const { stdout } = await captureInHelper(context, { image, argv: ["df", "-B1", "--output=avail", "/"] });
  const bytes = Number(stdout.trim().split("\n").at(-1));
  return stdout === "" || Number.isNaN(bytes) ? null : bytes;
}

export async function encryptedAtRest(context: DockerContext): Promise<Encrypted> {
  if (!isHere(context)) return "unknown";
  return encryptedVolume((await context.info()).DockerRootDir);
}

/** Docker Desktop's socket is here too, but its disk is in a virtual machine. */
function isHere(context: DockerContext): boolean {
  return context.endpoint.kind === "unix" && process.platform === "linux";
}
