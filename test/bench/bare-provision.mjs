// The least that makes a database in Docker, written as one would by hand: network, volume, container, files, start, and a
// query over TLS as the app's role. What it is told to make comes as a JSON file; the files in it were made before.
import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import Docker from "dockerode";
import pg from "pg";
import { pack } from "tar-stream";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const docker = new Docker();

await Promise.all([
  docker.createNetwork({ Name: job.network, Driver: "bridge" }),
  docker.createVolume({ Name: job.name }),
]);
const container = await docker.createContainer({
  name: job.name,
  Image: job.image,
  ...(job.entrypoint ? { Entrypoint: job.entrypoint } : {}),
  StopSignal: "SIGINT",
  ExposedPorts: { "5432/tcp": {} },
  HostConfig: {
    Memory: job.memory,
    MemorySwap: job.memory,
    NetworkMode: job.network,
    Mounts: [{ Type: "volume", Source: job.name, Target: job.root }],
    PortBindings: { "5432/tcp": [{ HostIp: job.host, HostPort: String(job.port) }] },
    RestartPolicy: { Name: "unless-stopped" },
  },
});
await container.putArchive(await archive(job.files), { path: job.root });
await container.start();
while (!(await answers())) await sleep(15);

async function answers() {
  const { host, port, user, database, password, ca } = job;
  const client = new pg.Client({
    host,
    port,
    user,
    database,
    password,
    ssl: { ca },
    connectionTimeoutMillis: 5000,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function archive(files) {
  const tar = pack();
  const owner = { uid: job.uid, gid: job.uid };
  for (const folder of new Set(files.flatMap(({ path }) => path.split("/").slice(0, -1)))) {
    tar.entry({ ...owner, name: `${folder}/`, type: "directory", mode: 0o700 });
  }
  for (const { path, content, mode } of files) tar.entry({ ...owner, name: path, mode }, content);
  tar.finalize();
  return buffer(tar);
}
