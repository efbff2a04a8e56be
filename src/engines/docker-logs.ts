import type Docker from "dockerode";
import { Readable } from "node:stream";
import { UserError } from "../errors.ts";
import { until } from "../support/retry.ts";
import { objectName, type DockerContext } from "./docker-context.ts";
import { tolerating } from "./docker-errors.ts";
import { outputs } from "./docker-streams.ts";
import type { LogOptions } from "./engine.ts";

export async function logs(context: DockerContext, instance: string, options: LogOptions): Promise<void> {
  const container = context.docker.getContainer(objectName(context, instance));
  const found = await tolerating([404], container.inspect());
  if (found === undefined) throw new UserError(`There is no instance ${instance}`);
  const both = { stdout: true, stderr: true } as const;
  if (!options.follow) {
    const all = await container.logs({ ...both, follow: false, tail: options.lines });
    await writeLines(Readable.from([all]), options.write);
    return;
  }
  let run = found;
  let range: Docker.ContainerLogsOptions = { tail: options.lines };
  while (!options.signal.aborted) {
    const stream = await container.logs({ ...both, ...range, follow: true, abortSignal: options.signal });
    try {
      await writeLines(stream, options.write);
    } catch (error) {
      if (!options.signal.aborted) throw error;
    }
    const next = await nextRun(container, run, options.signal);
    if (next === undefined) return;
    // A container made anew has a log of its own.
    range = next.Id === run.Id ? { since: secondsOf(next.State.FinishedAt) } : {};
    run = next;
  }
}

/** The same container, or another of its name, once it runs again. */
async function nextRun(
  container: Docker.Container,
  last: Docker.ContainerInspectInfo,
  signal: AbortSignal,
): Promise<Docker.ContainerInspectInfo | undefined> {
  const again = async (): Promise<Docker.ContainerInspectInfo | undefined> => {
    const now = await tolerating([404], container.inspect());
    return now?.State.Running && now.State.StartedAt !== last.State.StartedAt ? now : undefined;
  };
  try {
    return await until(again, { forMs: Number.POSITIVE_INFINITY, everyMs: 500, signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** As Docker wants it, with all digits: "1136073600.000000001". */
function secondsOf(time: string): string {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? "0";
  return `${Math.floor(Date.parse(time) / 1000)}.${fraction.padEnd(9, "0")}`;
}

async function writeLines(
  stream: AsyncIterable<string | Buffer>,
  write: (line: string) => void,
): Promise<void> {
  const rest = { stdout: "", stderr: "" };
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  for await (const { from, data } of outputs(stream)) {
    const lines = (rest[from] + decoders[from].decode(data, { stream: true })).split("\n");
    rest[from] = lines.pop() ?? "";
    for (const line of lines) write(line);
  }
  for (const line of Object.values(rest)) if (line !== "") write(line);
}
