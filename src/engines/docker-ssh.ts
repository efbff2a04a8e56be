import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { chmod, mkdtemp } from "node:fs/promises";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeOf } from "../errors.ts";

export interface Relay {
  socketPath: string;
  /** The last thing ssh itself said: "Permission denied (publickey)." */
  complaint(): string;
  close(): void;
}

/**
 * A private socket whose every connection is carried by the system's own ssh, so that known_hosts, ~/.ssh/config and agents
 * count as they do for the docker command.
 */
export async function relayThroughSsh(
  target: { host: string; port: string; user: string },
  env: NodeJS.ProcessEnv,
): Promise<Relay> {
  const folder = await mkdtemp(join(tmpdir(), "pgaddon-ssh-"));
  await chmod(folder, 0o700);
  const socketPath = join(folder, "docker.sock");
  const children = new Set<ChildProcess>();
  let complaint = "";

  const args = [
    ...(target.user === "" ? [] : ["-l", target.user]),
    ...(target.port === "" ? [] : ["-p", target.port]),
    "-T",
    "--",
    target.host,
    "docker",
    "system",
    "dial-stdio",
  ];

  const carry = (client: Socket): void => {
    const child = spawn("ssh", args, { env, stdio: ["pipe", "pipe", "pipe"] });
    children.add(child);
    // Nothing here may keep the command alive: what waits for an answer does.
    for (const part of [client, child, child.stdin, child.stdout, child.stderr]) {
      if (part instanceof Socket || part === child) part.unref();
    }
    child.on("error", (error) => {
      complaint = codeOf(error) === "ENOENT" ? "the program 'ssh' is not installed" : error.message;
      client.destroy();
    });
    child.on("close", () => {
      children.delete(child);
      client.destroy();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = chunk.toString().trim().split("\n").at(-1) ?? complaint;
    });
    client.on("error", () => child.kill());
    child.stdin.on("error", () => client.destroy());
    client.pipe(child.stdin);
    child.stdout.pipe(client);
  };

  const server = createServer({ allowHalfOpen: true }, carry);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  server.unref();

  const close = (): void => {
    process.off("exit", close);
    server.close();
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  process.on("exit", close);
  return { socketPath, complaint: () => complaint, close };
}
