import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { codeOf, EngineUnavailableError } from "../errors.ts";

/** Is nobody listening on this port, on any address of this machine that a server here may take? */
export async function nobodyListens(port: number, hosts: readonly string[]): Promise<boolean> {
  for (const host of hosts) {
    const server = createServer();
    try {
      server.listen({ port, host, exclusive: true });
      await once(server, "listening");
    } catch (error) {
      const code = codeOf(error);
      // No IPv6 here.
      if (code !== "EADDRNOTAVAIL" && code !== "EAFNOSUPPORT") return false;
    } finally {
      server.close();
    }
  }
  return true;
}

export async function connectTo(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port });
  try {
    await once(socket, "connect");
  } catch (error) {
    socket.destroy();
    throw new EngineUnavailableError(`Nothing answers on 127.0.0.1:${port}`, { cause: error });
  }
  return socket;
}
