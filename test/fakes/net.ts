import { once } from "node:events";
import type { Server } from "node:net";

/** Have a server listen on a port of the system's choice on this machine only; resolves to it. */
export async function listenAnywhere(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it listens on no port");
  return address.port;
}
