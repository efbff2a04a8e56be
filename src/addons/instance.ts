import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "../context.ts";
import type { Engine, InstanceFile, InstanceSpec, Limits, Placement } from "../engines/engine.ts";
import { EngineUnavailableError, PortTakenError, UserError, codeOf } from "../errors.ts";
import { RECORD_FILE, recordFile, settingsFiles, tlsFiles } from "../postgresql/instance-files.ts";
import type { AddonRecord } from "../postgresql/instance-files.ts";
import type { Refusal } from "../postgresql/client.ts";
import { psqlArgv, superuserQuery } from "../postgresql/superuser.ts";
import type { Authority } from "../postgresql/tls.ts";
import { takeLock } from "../state/lock.ts";
import type { Addon, State } from "../state/types.ts";
import { removeLeftovers, writeFileAtomically } from "../support/files.ts";
import { until } from "../support/retry.ts";
import { own } from "./find.ts";
import { planOf } from "./plans.ts";
import type { Plan } from "./plans.ts";

/** SQLSTATE of a server that starts up: it says so for as long as its recovery takes. */
const RECOVERING = "57P03";
/** A server that says nothing within this has failed to start. */
const START_MS = 10 * 60_000;
/** Up inside and not to be reached from here for so long is no start that takes its time. */
const UNREACHABLE_MS = 20_000;
/** A fast shutdown writes everything that is in memory. */
const STOP_SECONDS = 300;
const GB = 1024 ** 3;

/** The instance that takes writes. */
export function primaryOf(addon: Addon): string {
  const node = addon.nodes.find(({ role }) => role === "primary");
  if (node === undefined) throw new Error(`${addon.id} has no primary`);
  return node.instance;
}

export function placementOf(engine: Engine, addon: Addon): Placement {
  return engine.placement(primaryOf(addon), addon.runtime, addon.port);
}

export function limitsOf(plan: Plan): Limits {
  return {
    memory: plan.memory,
    cpuShares: Math.max(128, Math.min(262_144, Math.round((plan.memory / GB) * 1024))),
  };
}

export async function stopInstance(engine: Engine, addon: Addon): Promise<void> {
  await engine.stop(primaryOf(addon), STOP_SECONDS);
}

/** Start the server and wait until the app role's query is answered over TLS. Throws UserError with the server's reason. */
export async function startInstance(context: Context, engine: Engine, addon: Addon): Promise<void> {
  try {
    await startDefined(context, engine, addon);
  } catch (error) {
    if (error instanceof PortTakenError && addon.status !== "provisioning") {
      throw new UserError(`${addon.id} cannot start: port ${addon.port} is used by another program`, {
        hint: `Free it and run \`pgaddon --app ${addon.app} addons-start ${addon.id}\`.`,
        cause: error,
      });
    }
    throw error;
  }
  await waitUntilReady(context, engine, addon);
}

/** Start it. That it is missing is looked for only when it does not start: it hardly ever is, and clients wait. */
async function startDefined(context: Context, engine: Engine, addon: Addon): Promise<void> {
  const instance = primaryOf(addon);
  try {
    await engine.start(instance);
  } catch (error) {
    if (error instanceof PortTakenError || error instanceof EngineUnavailableError) throw error;
    if (!(await ensureDefined(context, engine, addon))) throw error;
    await engine.start(instance);
  }
}

/** The instance was removed behind our back, its data is there: define it again. False when it was not. */
export async function ensureDefined(context: Context, engine: Engine, addon: Addon): Promise<boolean> {
  const state = await engine.inspect(primaryOf(addon));
  if (state.status !== "missing") return false;
  if (!state.data) {
    throw new UserError(`The data of ${addon.id} is gone: the engine (${engine.name}) does not have it`, {
      hint: [
        "Is this the same engine as before (DOCKER_HOST, docker context, PGADDON_LOCAL_ROOT)?",
        "No empty database is made in its place.",
      ],
    });
  }
  // What it was made from may be gone, too: an image that nothing used is pruned.
  const major = Number.parseInt(addon.version, 10);
  const runtime = await engine.prepare(major, (line) => context.output.note(line));
  if (runtime.id !== addon.runtime) {
    addon.runtime = runtime.id;
    await context.store.update((draft: State) => {
      const entry = own(draft.addons, addon.id);
      if (entry !== undefined) Object.assign(entry, { runtime: runtime.id, version: runtime.version });
    });
  }
  await engine.create(await specOf(context, engine, addon, Promise.resolve([])));
  return true;
}

/** What the engine has to know to define the instance; `extra` are files beyond settings, made while the network is. */
export async function specOf(
  context: Context,
  engine: Engine,
  addon: Addon,
  extra: Promise<readonly InstanceFile[]>,
): Promise<InstanceSpec> {
  const plan = planOf(addon.plan);
  const app = own(context.store.read().apps, addon.app);
  // Both to their end, also when one fails: what is going to be undone must not still be in the making.
  const [network, files] = await Promise.allSettled([
    app === undefined ? null : appNetwork(context, engine, app.name),
    extra,
  ]);
  if (network.status === "rejected") throw network.reason;
  if (files.status === "rejected") throw files.reason;
  return {
    name: primaryOf(addon),
    app: addon.app,
    addon: addon.id,
    role: "primary",
    runtime: addon.runtime,
    host: addon.host,
    port: addon.port,
    limits: limitsOf(plan),
    network: network.value,
    aliases: [addon.id],
    files: [...settingsFiles(addon, plan, placementOf(engine, addon)), ...files.value],
  };
}

/** The app's network, made when it is not there; its name is kept in the store. */
export async function appNetwork(context: Context, engine: Engine, app: string): Promise<string | null> {
  if (engine.links === undefined) return null;
  // Docker makes two networks of one name for two that ask at the same time, and from then on knows neither.
  const lock = await takeLock(join(context.store.home, "locks", `network-${app}`), "network", {
    forMs: 60_000,
    what: `The network of ${app}`,
    signal: context.signal,
  });
  try {
    const known = own(context.store.read().apps, app)?.network;
    const name = await engine.links.ensureNetwork(app, known ?? `pgaddon-${app}`);
    if (name !== known) {
      await context.store.update((state: State) => {
        const entry = own(state.apps, app);
        if (entry !== undefined) entry.network = name;
      });
    }
    return name;
  } finally {
    lock.release();
  }
}

async function waitUntilReady(context: Context, engine: Engine, addon: Addon): Promise<void> {
  const { remote } = await engine.host();
  const ask = remote ? await insideProbe(engine, addon) : await outsideProbe(context, engine, addon);
  let last = "";
  let nextLook = performance.now() + 1000;
  let patience = performance.now() + START_MS;
  const suspicious = performance.now() + UNREACHABLE_MS;
  const ready = await until(
    async () => {
      const refused = await ask();
      if (refused === undefined) return true;
      last = refused.message;
      if (refused.code === RECOVERING) patience = performance.now() + START_MS;
      else if (/^[0-9A-Z]{5}$/.test(refused.code)) {
        // The server is up and has its reasons: it is full, or the role's password was changed by hand. For a new one there
        // is no such reason.
        if (addon.status === "provisioning") throw new UserError(`${addon.id}: ${refused.message}`);
        context.output.warn(`${addon.id} runs, and refuses the login that pgaddon knows: ${refused.message}`);
        return true;
      }
      if (performance.now() > patience) return false;
      if (performance.now() > nextLook) {
        const state = await engine.inspect(primaryOf(addon));
        if (state.status !== "running") {
          throw new UserError(`The server of ${addon.id} does not stay up: ${state.reason ?? last}`, {
            hint: await lastWords(engine, addon),
          });
        }
        if (
          refused.code !== RECOVERING &&
          performance.now() > suspicious &&
          (await answersInside(engine, addon))
        ) {
          if ((await ask()) === undefined) return true;
          throw new UserError(
            `The server of ${addon.id} runs, but does not answer at ${addon.host}:${addon.port}: ${last}`,
            { hint: "Something between here and there is broken: its network, a firewall, its certificate." },
          );
        }
        nextLook = performance.now() + 1000;
      }
      return undefined;
    },
    { forMs: Number.POSITIVE_INFINITY, everyMs: 15, signal: context.signal },
  );
  if (ready !== true) throw new UserError(`${addon.id} does not answer after 10 minutes: ${last}`);
}

/** The end of the server's log: the reason is there, and goes when the start is undone. */
async function lastWords(engine: Engine, addon: Addon): Promise<string[]> {
  const lines: string[] = [];
  const { signal } = new AbortController();
  const write = (line: string): void => void lines.push(line);
  await engine.logs(primaryOf(addon), { lines: 5, follow: false, write, signal }).catch(() => undefined);
  return lines.length === 0 ? [] : ["Its log ends with:", ...lines];
}

/** Is the server up for those who reach its socket? */
async function answersInside(engine: Engine, addon: Addon): Promise<boolean> {
  if (!addon.client_tools) return false;
  const query = superuserQuery(engine, primaryOf(addon), placementOf(engine, addon), "postgres", "SELECT 1;");
  return query.then(
    () => true,
    () => false,
  );
}

type Probe = () => Promise<Refusal | undefined>;

async function outsideProbe(context: Context, engine: Engine, addon: Addon): Promise<Probe> {
  const { certificate } = await authorityOf(context, engine, addon);
  return () => context.login(addon, certificate);
}

/** The same question from inside the instance: over TCP, as the app role; the password goes in on stdin. */
async function insideProbe(engine: Engine, addon: Addon): Promise<Probe> {
  const placement = placementOf(engine, addon);
  const script = `\\connect "host=127.0.0.1 port=${placement.listenPort} dbname=${addon.database} user=${addon.user} password=${addon.password} sslmode=require"\nSELECT 1;\n`;
  const argv = psqlArgv(placement, "postgres", "postgres", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"]);
  return async () => {
    const { exitCode, stderr } = await engine.exec(primaryOf(addon), argv, script);
    if (exitCode === 0) return undefined;
    const refused = /password authentication failed/.test(stderr);
    return { code: refused ? "28P01" : "", message: stderr.trim() };
  };
}

/** Write what follows plan and address, and the record beside the data. */
export async function writeSettings(context: Context, engine: Engine, addon: Addon): Promise<void> {
  const plan = planOf(addon.plan);
  const authority = await authorityOf(context, engine, addon);
  await engine.writeFiles(primaryOf(addon), [
    ...settingsFiles(addon, plan, placementOf(engine, addon)),
    recordFile(addon, plan, authority),
  ]);
}

/** Keys and certificates of a new add-on: the files for its root; the authority is kept in home, too. */
export async function newTls(
  context: Context,
  addon: Addon,
): Promise<{ authority: Authority; files: InstanceFile[] }> {
  const { newAuthority, newServerCertificate } = await import("../postgresql/tls.ts");
  const authority = await newAuthority(addon.id, context.now());
  const names = [...new Set(["localhost", "127.0.0.1", "::1", addon.id, addon.host])];
  const server = await newServerCertificate(authority, names, context.now());
  keepAuthority(context, addon.id, authority);
  return { authority, files: tlsFiles(authority, server) };
}

/** The add-on's own certificate authority; from home, or, when that was lost, from beside the data. */
async function authorityOf(context: Context, engine: Engine, addon: Addon): Promise<Authority> {
  try {
    return parseAuthority(JSON.parse(readFileSync(authorityPath(context, addon.id), "utf8")));
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && !(error instanceof SyntaxError)) throw error;
  }
  const record = await readRecord(engine, primaryOf(addon));
  if (record === undefined) throw new UserError(`The certificate authority of ${addon.id} is lost`);
  keepAuthority(context, addon.id, record.authority);
  return record.authority;
}

/** What lies beside the data of an instance; undefined when there is none or it is damaged. */
export async function readRecord(engine: Engine, instance: string): Promise<AddonRecord | undefined> {
  const text = await engine.readFile(instance, RECORD_FILE);
  if (text === undefined) return undefined;
  try {
    const value: AddonRecord = JSON.parse(text);
    parseAuthority(value.authority);
    return typeof value.addon?.id === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

function parseAuthority(value: unknown): Authority {
  if (typeof value === "object" && value !== null && "certificate" in value && "key" in value) {
    const { certificate, key } = value;
    if (typeof certificate === "string" && typeof key === "string") return { certificate, key };
  }
  throw new SyntaxError("not an authority");
}

export function keepAuthority(context: Context, id: string, authority: Authority): void {
  const path = authorityPath(context, id);
  mkdirSync(join(context.store.home, "tls"), { recursive: true, mode: 0o700 });
  chmodSync(join(context.store.home, "tls"), 0o700);
  writeFileAtomically(path, `${JSON.stringify(authority)}\n`, 0o600);
}

export function forgetAuthority(context: Context, id: string): void {
  const path = authorityPath(context, id);
  rmSync(path, { force: true });
  // A killed write's: nobody will write this file again.
  if (existsSync(dirname(path))) removeLeftovers(path);
}

function authorityPath(context: Context, id: string): string {
  return join(context.store.home, "tls", `${id}.json`);
}
