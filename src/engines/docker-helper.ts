import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { ReadStream, WriteStream } from "node:tty";
import type Docker from "dockerode";
import { EngineUnavailableError, UserError } from "../errors.ts";
import { dataMount, removeContainer } from "./docker-container.ts";
import { LABEL, objectName, type DockerContext } from "./docker-context.ts";
import { reasonOf, statusOf, tolerating } from "./docker-errors.ts";
import { outputs, raw, socketOf, untilMarked, writeTo } from "./docker-streams.ts";
import type { AttachIO } from "./engine.ts";

const MEMORY = 2 ** 30;
/** Rarely typed, as Docker keeps the keys back: its default, Ctrl-P, is "previous line" in psql. */
const DETACH_KEYS = "ctrl-^,ctrl-@,ctrl-^";

/**
 * Docker drops what nobody has read two seconds after a container's end, and a reader may pause for longer (`| less`).
 * So the tool's end is not the container's: the shell marks the end of both outputs and goes when it is told that the marks
 * have arrived. Without that, an hour later, with an exit code that is a failure.
 */
const UNTIL_READ = `
mark=$1
shift
exec 3<&0
"$@" <&3 3<&- &
tool=$!
exec 3<&-
trap 'kill -INT "$tool"' INT
while :; do wait "$tool"; code=$?; kill -0 "$tool" 2>/dev/null || break; done
trap 'exit "$code"' TERM
printf '\\0%s' "$mark"
printf '\\0%s' "$mark" >&2
sleep 3600 &
wait
exit 75`;

export interface HelperOptions {
  /** Whose data is mounted, read-only; none without. */
  instance?: string;
  /** The image of the instance, or any of ours, without. */
  image?: string;
  argv: readonly string[];
  oomScore?: number;
  tty?: boolean;
  /** Ends each of the outputs; the helper stays until it is told to go. */
  mark?: string;
  /** The daemon removes it when it ends. */
  autoRemove?: boolean;
}

/** A container beside an instance: the same software, none of its limits, no network. */
export async function createHelper(
  context: DockerContext,
  options: HelperOptions,
): Promise<Docker.Container> {
  const { instance, mark, tty = false } = options;
  const argv =
    mark === undefined ? options.argv : ["/bin/sh", "-c", UNTIL_READ, "pgaddon", mark, ...options.argv];
  const source = instance === undefined ? undefined : await sourceOf(context, instance);
  const image = options.image ?? source?.image ?? (await anyImage(context));
  if (image === undefined) {
    throw new UserError("There is no image of ours left to read the data with", {
      hint: "Adding any add-on makes it again.",
    });
  }
  return context.docker.createContainer({
    name: `pgaddon-helper-${randomBytes(6).toString("hex")}`,
    Image: image,
    User: "postgres",
    Entrypoint: argv.slice(0, 1),
    Cmd: argv.slice(1),
    Env: [
      "HOME=/tmp",
      "LANG=C.UTF-8",
      ...(tty && context.env["TERM"] ? [`TERM=${context.env["TERM"]}`] : []),
    ],
    WorkingDir: "/tmp",
    Tty: tty,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Healthcheck: { Test: ["NONE"] },
    Labels: {
      [LABEL.home]: context.homeId,
      [LABEL.helper]: "1",
      ...source?.labels,
      ...(instance === undefined ? {} : { [LABEL.instance]: instance }),
    },
    HostConfig: {
      AutoRemove: options.autoRemove ?? false,
      Mounts: instance === undefined ? [] : [dataMount(objectName(context, instance), { readOnly: true })],
      NetworkMode: "none",
      Memory: MEMORY,
      MemorySwap: MEMORY,
      OomScoreAdj: options.oomScore ?? 0,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "rw,nosuid,nodev,noexec,mode=1777" },
      // The output is somebody's data.
      LogConfig: { Type: "none", Config: {} },
    },
  });
}

async function sourceOf(
  context: DockerContext,
  instance: string,
): Promise<{ image: string | undefined; labels: Record<string, string> }> {
  const name = objectName(context, instance);
  const container = await tolerating([404], context.docker.getContainer(name).inspect());
  const volume =
    container === undefined ? await tolerating([404], context.docker.getVolume(name).inspect()) : undefined;
  // Mounting a volume that is not there would make an empty one.
  if (container === undefined && volume === undefined) throw new UserError(`There is no data of ${instance}`);
  const labels = container?.Config.Labels ?? volume?.Labels ?? {};
  const kept = [LABEL.app, LABEL.addon, LABEL.role].flatMap((key) => {
    const value = labels[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return { image: container?.Config.Image, labels: Object.fromEntries(kept) };
}

async function anyImage(context: DockerContext): Promise<string | undefined> {
  const images = await context.docker.listImages({ filters: { label: [`${LABEL.image}=1`] } });
  return images[0]?.Id;
}

/** Run a program in a helper with these streams; resolves to its exit code once the helper is gone. */
export async function runHelper(
  context: DockerContext,
  options: Omit<HelperOptions, "mark" | "autoRemove" | "tty">,
  io: AttachIO,
): Promise<number> {
  if (io.signal.aborted) return 130;
  const mark = io.tty ? undefined : randomBytes(16).toString("hex");
  const helper = await createHelper(context, {
    ...options,
    tty: io.tty,
    autoRemove: true,
    ...(mark === undefined ? {} : { mark }),
  });
  let socket: Duplex;
  let ended: Promise<{ StatusCode: number }>;
  try {
    socket = socketOf(
      await helper.attach({
        stream: true,
        hijack: true,
        stdin: true,
        stdout: true,
        stderr: true,
        detachKeys: DETACH_KEYS,
      }),
    );
    // Asked for before the start: afterwards there may be nothing left to ask about.
    ended = helper.wait({ condition: "removed" });
    ended.catch(() => undefined);
    await helper.start();
  } catch (error) {
    await removeContainer(helper);
    const reason = reasonOf(error);
    if (statusOf(error) === undefined || !/executable file not found|no such file or directory/.test(reason))
      throw error;
    io.stderr.write(`${options.argv[0]}: not found\n`);
    return 127;
  }

  const ending = new AbortController();
  const end = async (): Promise<void> => {
    await tolerating([404, 409], helper.kill({ signal: "SIGINT" }));
    await sleep(2000, undefined, { signal: ending.signal });
    await removeContainer(helper);
  };
  const interrupt = (): void => {
    end().catch(() => undefined);
  };
  io.signal.addEventListener("abort", interrupt, { once: true });
  if (io.signal.aborted) interrupt();
  const release = io.tty ? takeTerminal(helper, io) : () => undefined;
  // What breaks shows in the loop below or in the exit code.
  socket.on("error", () => undefined);
  io.stdin.pipe(socket);
  let lost: unknown;
  try {
    if (!(await forward(socket, mark, io))) interrupt();
    else if (mark !== undefined) await tolerating([404, 409], helper.kill({ signal: "SIGTERM" }));
  } catch (error) {
    lost = error;
  }
  io.stdin.unpipe(socket);
  io.stdin.pause();
  release();
  try {
    const code = await Promise.race([
      ended.then(({ StatusCode }) => StatusCode),
      cutOff(ending.signal, lost),
    ]);
    return io.signal.aborted ? 130 : code;
  } catch (error) {
    removeContainer(helper).catch(() => undefined);
    throw error;
  } finally {
    ending.abort();
    io.signal.removeEventListener("abort", interrupt);
    socket.destroy();
  }
}

/** False when the receiver takes no more. */
async function forward(socket: Duplex, mark: string | undefined, io: AttachIO): Promise<boolean> {
  let open = true;
  const closed = (): void => {
    open = false;
  };
  io.stdout.on("error", closed);
  io.stderr.on("error", closed);
  try {
    for await (const { from, data } of mark === undefined
      ? raw(socket)
      : untilMarked(outputs(socket), mark)) {
      if (!(await writeTo(io[from], data)) || !open) return false;
    }
    return true;
  } finally {
    io.stdout.off("error", closed);
    io.stderr.off("error", closed);
  }
}

/** The stream ended, but the tool did not: the connection broke. */
async function cutOff(signal: AbortSignal, cause: unknown): Promise<never> {
  await sleep(10_000, undefined, { signal });
  throw new EngineUnavailableError("Lost the connection to Docker while the tool was running", { cause });
}

/** Every key goes to the tool, and it knows the size of the window. */
function takeTerminal(helper: Docker.Container, io: AttachIO): () => void {
  const { stdin, stdout } = io;
  const resize = (): void => {
    if (stdout instanceof WriteStream) {
      helper.resize({ h: stdout.rows, w: stdout.columns }).catch(() => undefined);
    }
  };
  if (stdin instanceof ReadStream) stdin.setRawMode(true);
  resize();
  stdout.on("resize", resize);
  return () => {
    stdout.off("resize", resize);
    if (stdin instanceof ReadStream) stdin.setRawMode(false);
  };
}
