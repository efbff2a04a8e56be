import { once } from "node:events";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { UserError, codeOf, messageOf } from "../errors.ts";

/** How many ports after the first are tried. */
const PORTS = 100;

/** Listen and pass every connection on to a fresh one from `dial`. `say` is told of connections coming and going. */
export async function openTunnel(
  at: { host: string; port: number },
  dial: () => Promise<Duplex>,
  say: (line: string) => void,
): Promise<{ address: string; close: () => Promise<void> }> {
  const open = new Set<Duplex>();
  let count = 0;
  const server = createServer((client) => {
    count += 1;
    const number = count;
    void forward(client, dial, open, (line) => say(`${line} [${number}]`));
  });
  const port = await listen(server, at.host, at.port);
  return {
    address: `${at.host.includes(":") ? `[${at.host}]` : at.host}:${port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const stream of open) stream.destroy();
      await closed;
    },
  };
}

async function listen(server: Server, host: string, first: number): Promise<number> {
  for (let port = first; port < first + PORTS && port <= 65_535; port += 1) {
    try {
      server.listen({ host, port, exclusive: true });
      await once(server, "listening");
      return port;
    } catch (error) {
      if (codeOf(error) === "EADDRINUSE") continue;
      throw new UserError(`Cannot listen on ${host}:${port}: ${messageOf(error)}`, { cause: error });
    }
  }
  throw new UserError(`No port is free on ${host} from ${first} on`);
}

async function forward(
  client: Socket,
  dial: () => Promise<Duplex>,
  open: Set<Duplex>,
  say: (line: string) => void,
): Promise<void> {
  open.add(client);
  client.on("error", () => client.destroy());
  client.on("close", () => open.delete(client));
  try {
    const database = await dial();
    if (client.destroyed) return void database.destroy();
    open.add(database);
    say("Connected");
    database.on("error", () => client.destroy());
    database.on("close", () => {
      open.delete(database);
      client.destroy();
      say("End of connection");
    });
    client.on("close", () => database.destroy());
    client.pipe(database).pipe(client);
  } catch (error) {
    say(`The database does not answer: ${messageOf(error)}`);
    client.destroy();
  }
}
