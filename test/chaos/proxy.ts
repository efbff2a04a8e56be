import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A socket that passes everything on to the tests' Docker engine, until it is told to be a broken one. */
export interface Proxy {
  /** For DOCKER_HOST. */
  readonly host: string;
  readonly path: string;
  /** Requests since the last `breakAfter`. */
  requests(): number;
  /** From the request after this many on: hang up and take no more, or take everything and say nothing. */
  breakAfter(requests: number, how: "cut" | "silent"): void;
  mend(): void;
  close(): Promise<void>;
}

export async function openProxy(): Promise<Proxy> {
  const upstream = (process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock").replace("unix://", "");
  const folder = mkdtempSync(join(tmpdir(), "pgaddon-proxy-"));
  const path = join(folder, "docker.sock");
  const sockets = new Set<Socket>();
  let count = 0;
  let limit = Number.POSITIVE_INFINITY;
  let how: "cut" | "silent" = "cut";

  const server = createServer({ allowHalfOpen: true }, (client) => {
    // The end of an input is not the end of the answer.
    const engine = connect({ path: upstream, allowHalfOpen: true });
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        if (count <= limit || how === "cut") (socket === client ? engine : client).destroy();
      });
    }
    client.on("data", (data) => {
      // Each request is written head first.
      if (/^(GET|HEAD|POST|PUT|DELETE) \/\S* HTTP\/1\.1\r\n/.test(data.toString("latin1"))) count += 1;
      if (count <= limit) engine.write(data);
      else if (how === "cut") for (const socket of sockets) socket.destroy();
    });
    engine.on("data", (data) => {
      if (count <= limit) client.write(data);
    });
    client.on("end", () => engine.end());
    engine.on("end", () => {
      if (count <= limit || how === "cut") client.end();
    });
  });
  server.listen(path);
  await once(server, "listening");
  return {
    host: `unix://${path}`,
    path,
    requests: () => count,
    breakAfter(requests, manner) {
      [count, limit, how] = [0, requests, manner];
    },
    mend() {
      [count, limit] = [0, Number.POSITIVE_INFINITY];
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
