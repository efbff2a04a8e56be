import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { EngineUnavailableError, PortTakenError, UserError } from "../errors.ts";
import { imageFolder } from "../postgresql/image-folder.ts";
import { type HeldLock, takeLock } from "../state/lock.ts";
import { encryptedVolume } from "../support/encrypted-volume.ts";
import type { Engine, EngineObject, InstanceFile, InstanceState } from "./engine.ts";
import { makeReachable, resolveLinks, type ServerAccount, serverAccount } from "./local-account.ts";
import { bytesOnDisk, exists, makePrivateFolder, readInside, writeInside } from "./local-files.ts";
import { bytesFree, enforcementOf, memoryOfHost } from "./local-host.ts";
import { librariesOf, type Search } from "./local-installs.ts";
import { localBase, serversFolder } from "./local-alive.ts";
import {
  checkInstanceName,
  type Definition,
  definedHost,
  definitionOf,
  readDefinition,
  socketFolder,
  writeDefinition,
} from "./local-instance.ts";
import { endReason, printLogs } from "./local-logs.ts";
import { connectTo, nobodyListens } from "./local-network.ts";
import { dropStalePidFile, launch, liveServer, shutDown } from "./local-process.ts";
import { majorsToBeHad, preparePrograms } from "./local-programs.ts";
import { attachTool, runTool } from "./local-tools.ts";

const LOCALE = process.platform === "darwin" ? "C" : "C.UTF-8";
const FOLDERS = ["conf", "tls", "run", "log"];
const LOCK_MS = 60_000;

/**
 * Servers as plain processes of this machine. All there is to know about one lies in its folder, `<servers>/<instance>`.
 * As root that is not below home: the servers run as a user who cannot reach it there.
 *
 *   PGADDON_PG_BINDIR     the folder of the programs to take first
 *   PGADDON_PG_DISCOVERY  `fetched`: leave the system's installs alone, use only those fetched by pgaddon
 *   PGADDON_LOCAL_USER    as root: who the servers run as; else postgres, else nobody
 *   PGADDON_LOCAL_ROOT    as root: where servers and fetched programs lie; else /var/lib/pgaddon
 */
export async function openLocal(options: {
  homeId: string;
  home: string;
  env: NodeJS.ProcessEnv;
}): Promise<Engine> {
  const { homeId, env } = options;
  const account = await serverAccount(env);
  const base = await resolveLinks(localBase(env, options.home, account.dropped));
  const servers = serversFolder(base, homeId, account.dropped);
  const search: Search = { env, programs: join(base, "programs"), account };

  const rootOf = (instance: string): string => join(servers, checkInstanceName(instance));

  const locked = async <T>(instance: string, purpose: string, work: () => Promise<T>): Promise<T> => {
    const lock: HeldLock = await takeLock(join(servers, `${instance}.lock`), purpose, {
      forMs: LOCK_MS,
      what: instance,
    });
    try {
      return await work();
    } finally {
      lock.release();
    }
  };

  const definition = async (instance: string): Promise<Definition> => {
    const found = await readDefinition(rootOf(instance));
    if (found?.defined !== true) throw new UserError(`There is no server ${instance} on this machine`);
    return found;
  };

  const writeFiles = async (instance: string, files: readonly InstanceFile[]): Promise<void> => {
    for (const file of files) await writeInside(rootOf(instance), file, account);
  };

  const inspect = async (instance: string): Promise<InstanceState> => {
    const root = rootOf(instance);
    const data = await exists(root);
    const [found, live] = data
      ? await Promise.all([readDefinition(root), liveServer(root)])
      : [undefined, undefined];
    const isDefined = found?.defined === true;
    // Without its definition nothing can be done beside it, though it runs: defined again, it is found running.
    if (live !== undefined && isDefined) {
      const { pid, startedAt } = live;
      return {
        status: "running",
        reference: `process ${pid}`,
        data,
        port: found.port,
        startedAt,
        reason: null,
      };
    }
    return {
      status: isDefined ? "stopped" : "missing",
      reference: null,
      data,
      port: isDefined ? found.port : null,
      startedAt: null,
      reason: isDefined ? await endReason(root) : null,
    };
  };

  const refuseRunning = async (instance: string): Promise<void> => {
    const live = await liveServer(rootOf(instance));
    if (live !== undefined)
      throw new UserError(`${instance} is still running (process ${live.pid}): stop it first`);
  };

  const startStopped = async (instance: string, found: Definition): Promise<void> => {
    const root = rootOf(instance);
    const { host, port, runtime: bin } = found;
    await checkOwner(root, account);
    if (!(await exists(join(bin, "postgres")))) {
      throw new UserError(`The programs of PostgreSQL that ${instance} runs on are gone: ${bin}`, {
        hint: "Install that major version of PostgreSQL again.",
      });
    }
    if (!(await nobodyListens(port, [host]))) throw new PortTakenError(port);
    for (const folder of FOLDERS) await makePrivateFolder(join(root, folder), account);
    const sockets = socketFolder(root, account);
    await makePrivateFolder(sockets, account);
    await checkOwner(sockets, account);
    // A copy: the server's user may not be able to read where pgaddon is installed.
    const script = await readFile(join(imageFolder(), "entrypoint.sh"), "utf8");
    await writeInside(root, { path: "entrypoint.sh", content: script, mode: 0o600 }, account);
    await dropStalePidFile(root, account);
    await launch({
      root,
      bin,
      port,
      account,
      locale: LOCALE,
      libraries: await librariesOf(bin, search.programs),
      path: env["PATH"] ?? "",
    });
  };

  return {
    name: "local",

    host: () =>
      Promise.resolve({
        memory: memoryOfHost(),
        cpus: availableParallelism(),
        remote: false,
        description: `processes of this machine, as user ${account.name}`,
      }),

    majors: () => majorsToBeHad(search),
    prepare: (major, report) => preparePrograms(major, search, report),

    placement(instance, runtime, port) {
      const root = rootOf(instance);
      return {
        root,
        bin: runtime,
        socketDirectory: socketFolder(root, account),
        // Nothing stands between the server and the port it publishes.
        listenAddresses: definedHost(root) ?? "127.0.0.1",
        listenPort: port,
        osUser: account.name,
        logFiles: true,
        locale: LOCALE,
      };
    },

    portFree: (port) => nobodyListens(port, ["127.0.0.1", "0.0.0.0", "::1"]),

    async create(spec) {
      const root = rootOf(spec.name);
      await makeReachable(servers, account);
      await makePrivateFolder(root, account);
      await checkOwner(root, account);
      for (const folder of FOLDERS) await makePrivateFolder(join(root, folder), account);
      await writeDefinition(root, definitionOf(spec, homeId), account);
      await writeFiles(spec.name, spec.files);
    },

    writeFiles,
    readFile: (instance, path) => readInside(rootOf(instance), path),

    async start(instance) {
      const found = await definition(instance);
      await locked(instance, "starting a server", async () => {
        if ((await liveServer(rootOf(instance))) === undefined) await startStopped(instance, found);
      });
    },

    async stop(instance, timeoutSeconds) {
      const root = rootOf(instance);
      if (!(await exists(root)) || (await shutDown(root, timeoutSeconds))) return;
      throw new UserError(
        `${instance} did not shut down within ${timeoutSeconds} seconds; it goes on doing so`,
        {
          hint: "It may be writing its last checkpoint: wait, and try again. Killing it would only make the next start slower.",
        },
      );
    },

    async remove(instance, { data }) {
      const root = rootOf(instance);
      if (!(await exists(root))) return;
      await locked(instance, "removing a server", async () => {
        await refuseRunning(instance);
        if (!data) {
          const found = await readDefinition(root);
          if (found !== undefined) await writeDefinition(root, { ...found, defined: false }, account);
          return;
        }
        // Half of it gone must not look like a database.
        if (await exists(join(root, "pgdata")))
          await rename(join(root, "pgdata"), join(root, `pgdata.removed`));
        const sockets = socketFolder(root, account);
        if (dirname(sockets) !== root) await rm(sockets, { recursive: true, force: true });
        await rm(root, { recursive: true, force: true });
        await rm(join(servers, `${instance}.lock`), { force: true });
      });
    },

    inspect,

    async setLimits(instance, limits) {
      await writeDefinition(rootOf(instance), { ...(await definition(instance)), limits }, account);
    },

    // Helpers here are our own children on a pipe or a terminal: they end with it, and none holds the data.
    endHelpers: () => Promise.resolve(),

    async exec(instance, argv, input) {
      const { runtime } = await definition(instance);
      return runTool({ root: rootOf(instance), bin: runtime }, argv, input, search);
    },

    async attach(instance, argv, io) {
      const { runtime } = await definition(instance);
      return attachTool({ root: rootOf(instance), bin: runtime }, argv, io, search);
    },

    async dial(instance, port) {
      const state = await inspect(instance);
      if (state.status !== "running") throw new EngineUnavailableError(`${instance} is not running`);
      return connectTo(port);
    },

    logs: (instance, logOptions) => printLogs(rootOf(instance), logOptions),
    diskUsage: (instance) => bytesOnDisk(rootOf(instance)),

    diskFree: () => bytesFree(servers),

    encryptedAtRest: () => encryptedVolume(servers),
    enforcement: () => enforcementOf(account),

    async list() {
      const objects: EngineObject[] = [];
      const entries = await readdir(servers, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (!entry.isDirectory() || entry.name.startsWith(".")) continue;
        const root = join(servers, entry.name);
        const found = await readDefinition(root);
        if (found !== undefined && found.home !== homeId) continue;
        const state = await inspect(entry.name);
        const { app, addon } = found ?? { app: null, addon: null };
        const common = { instance: entry.name, app, addon, running: state.status === "running" };
        if (state.status !== "missing")
          objects.push({ kind: "instance", reference: state.reference ?? entry.name, ...common });
        objects.push({ kind: "data", reference: root, ...common });
      }
      return objects;
    },
  };
}

/** Folders of another user, from a run under another account or made by a stranger in /tmp, are not ours to use. */
async function checkOwner(folder: string, account: ServerAccount): Promise<void> {
  const { uid, mode } = await stat(folder);
  if (uid === account.uid && (mode & 0o077) === 0) return;
  throw new UserError(`${folder} is not a private folder of ${account.name}, as whom the servers run`, {
    hint: account.dropped
      ? "Was it made with another PGADDON_LOCAL_USER? Set that again, or give the folder and all in it to this user (chown -R)."
      : `Somebody else made it. See who: ls -ld ${folder}`,
  });
}
