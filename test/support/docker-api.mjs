// The few calls to Docker's API that setting up and tidying up need; nothing has to be installed for it.
import { request as httpRequest } from "node:http";

/** @param host DOCKER_HOST: unix:// or plain tcp://; undefined for others (ssh, TLS). */
export function dockerApi(host) {
  const where = addressOf(host);
  if (where === undefined) return undefined;

  const call = (method, path, { body, headers = {}, timeoutMs = 120_000 } = {}) =>
    new Promise((resolve, reject) => {
      const request = httpRequest({ ...where, method, path, headers, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => (text += chunk));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.setTimeout(timeoutMs, () =>
        request.destroy(new Error(`Docker did not answer within ${timeoutMs} ms`)),
      );
      request.on("error", reject);
      if (body === undefined) request.end();
      else body.on("error", reject).pipe(request);
    });

  const get = async (path) => {
    const { status, text } = await call("GET", path);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`Docker answered ${status} to ${path}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  };

  return {
    call,
    get,
    async ping(timeoutMs = 2000) {
      try {
        return (await call("GET", "/_ping", { timeoutMs })).status === 200;
      } catch {
        return false;
      }
    },

    /** What there is, as short names; with a label only what carries it. */
    async objects(label) {
      const filters =
        label === undefined ? "" : `filters=${encodeURIComponent(JSON.stringify({ label: [label] }))}`;
      const [containers, volumes, networks] = await Promise.all([
        get(`/containers/json?all=1&${filters}`),
        get(`/volumes?${filters}`),
        get(`/networks?${filters}`),
      ]);
      return {
        containers: containers.map(({ Id, Names }) => ({ id: Id, name: Names?.[0]?.slice(1) ?? Id })),
        volumes: (volumes.Volumes ?? []).map(({ Name }) => ({ id: Name, name: Name })),
        networks: networks
          .filter(({ Name }) => !["bridge", "host", "none"].includes(Name))
          .map(({ Id, Name }) => ({ id: Id, name: Name })),
      };
    },

    async removeObjects({ containers, volumes, networks }) {
      for (const { id } of containers) await call("DELETE", `/containers/${id}?force=1&v=1`);
      for (const { id } of volumes) await call("DELETE", `/volumes/${encodeURIComponent(id)}?force=1`);
      for (const { id } of networks) {
        for (const container of Object.keys((await get(`/networks/${id}`))?.Containers ?? {})) {
          const { Readable } = await import("node:stream");
          const body = Readable.from([JSON.stringify({ Container: container, Force: true })]);
          const headers = { "content-type": "application/json" };
          await call("POST", `/networks/${id}/disconnect`, { body, headers });
        }
        await call("DELETE", `/networks/${id}`);
      }
    },
  };
}

function addressOf(host) {
  if (host.startsWith("unix://")) return { socketPath: host.slice("unix://".length) };
  if (!host.startsWith("tcp://") || process.env.DOCKER_TLS_VERIFY) return undefined;
  const { hostname, port } = new URL(host);
  return { host: hostname, port: port || 2375 };
}
