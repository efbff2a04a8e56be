import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { EngineUnavailableError, messageOf, UserError } from "../errors.ts";
import { objectName, PORT, type DockerContext } from "./docker-context.ts";
import { statusOf } from "./docker-errors.ts";
import { outputs, socketOf, unmixed } from "./docker-streams.ts";
import type { ExecResult } from "./engine.ts";

export async function exec(
  context: DockerContext,
  instance: string,
  argv: readonly string[],
  input?: string,
): Promise<ExecResult> {
  const { socket, process } = await begin(context, instance, argv);
  // What breaks shows when reading; a program that ends without reading its input is no fault.
  socket.on("error", () => undefined);
  socket.end(input ?? "");
  const text = { stdout: new Array<Buffer>(), stderr: new Array<Buffer>() };
  for await (const { from, data } of outputs(socket)) text[from].push(data);
  return {
    exitCode: await exitCode(process),
    stdout: Buffer.concat(text.stdout).toString("utf8"),
    stderr: Buffer.concat(text.stderr).toString("utf8"),
  };
}

async function begin(
  context: DockerContext,
  instance: string,
  argv: readonly string[],
): Promise<{ socket: Duplex; process: Docker.Exec }> {
  const container = context.docker.getContainer(objectName(context, instance));
  try {
    const process = await container.exec({
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Cmd: [...argv],
    });
    return { process, socket: socketOf(await process.start({ hijack: true, stdin: true })) };
  } catch (error) {
    const status = statusOf(error);
    if (status === 404) throw new UserError(`There is no instance ${instance}`, { cause: error });
    if (status === 409) throw new UserError(`${instance} is not running`, { cause: error });
    throw error;
  }
}

/** The stream may end a moment before Docker knows the exit code; more than a moment means that it was cut off. */
async function exitCode(process: Docker.Exec): Promise<number> {
  for (let attempt = 0; attempt < 40; attempt++) {
    const { Running, ExitCode } = await process.inspect();
    if (!Running && ExitCode !== null) return ExitCode;
    await sleep(25);
  }
  throw new EngineUnavailableError("Lost the connection to Docker while a program was running");
}

export async function dial(context: DockerContext, instance: string, port: number): Promise<Duplex> {
  if (context.endpoint.remote) {
    // Published on the other machine's loopback, perhaps: go through the container.
    const { socket } = await begin(context, instance, ["socat", "-", `TCP:127.0.0.1:${PORT}`]);
    return unmixed(socket);
  }
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    const refuse = (cause: Error): void =>
      reject(new UserError(`${instance} does not answer on port ${port}: ${messageOf(cause)}`, { cause }));
    socket.once("error", refuse);
    socket.once("connect", () => {
      socket.off("error", refuse);
      resolve(socket);
    });
  });
}
