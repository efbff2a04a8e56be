import { Duplex, Writable } from "node:stream";
import { EngineUnavailableError } from "../errors.ts";

export interface Output {
  from: "stdout" | "stderr";
  data: Buffer;
}

/** Take apart what Docker mixes into one stream. Reads no faster than the consumer does. */
export async function* outputs(source: AsyncIterable<string | Buffer>): AsyncGenerator<Output> {
  let header = Buffer.alloc(0);
  let from: Output["from"] = "stdout";
  let left = 0;
  for await (const piece of source) {
    let chunk = Buffer.from(piece);
    while (chunk.length > 0) {
      if (left > 0) {
        const data = chunk.subarray(0, left);
        chunk = chunk.subarray(data.length);
        left -= data.length;
        yield { from, data };
        continue;
      }
      const more = chunk.subarray(0, 8 - header.length);
      chunk = chunk.subarray(more.length);
      header = Buffer.concat([header, more]);
      if (header.length < 8) break;
      from = header[0] === 2 ? "stderr" : "stdout";
      left = header.readUInt32BE(4);
      header = Buffer.alloc(0);
    }
  }
  if (left > 0 || header.length > 0)
    throw new EngineUnavailableError("Lost the connection to Docker in mid-output");
}

/** A terminal's stream, which is not mixed. */
export async function* raw(source: AsyncIterable<Buffer>): AsyncGenerator<Output> {
  for await (const data of source) yield { from: "stdout", data };
}

/** Pass on what comes before the mark (a zero byte, then this text) that ends each of both outputs. */
export async function* untilMarked(source: AsyncIterable<Output>, text: string): AsyncGenerator<Output> {
  const mark = Buffer.from(`\0${text}`);
  const held = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  for await (const { from, data } of source) {
    const all = held[from].length === 0 ? data : Buffer.concat([held[from], data]);
    // What may be the beginning of the mark waits for its rest.
    let end = all.indexOf(0, Math.max(0, all.length - mark.length));
    while (end !== -1 && !mark.subarray(0, all.length - end).equals(all.subarray(end)))
      end = all.indexOf(0, end + 1);
    if (end === -1) end = all.length;
    held[from] = Buffer.from(all.subarray(end));
    if (end > 0) yield { from, data: all.subarray(0, end) };
    if (held.stdout.length === mark.length && held.stderr.length === mark.length) return;
  }
  throw new EngineUnavailableError("Lost the connection to Docker in mid-output");
}

/** Write and wait while the receiver is full; false when it takes no more. */
export async function writeTo(target: Writable, data: Buffer): Promise<boolean> {
  if (target.destroyed || target.writableEnded) return false;
  if (target.write(data)) return true;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      for (const event of ["drain", "close", "error"]) target.off(event, done);
      resolve();
    };
    for (const event of ["drain", "close", "error"]) target.on(event, done);
  });
  return !target.destroyed;
}

/** Keeps everything; for short output. */
export function collector(): { stream: Writable; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString("utf8") };
}

/** What a hijacked call returns is a socket, whatever the types say. */
export function socketOf(stream: unknown): Duplex {
  if (stream instanceof Duplex) return stream;
  throw new TypeError("Docker did not hand over the connection");
}

/** One connection out of a hijacked, mixed one. */
export function unmixed(socket: Duplex): Duplex {
  const frames = outputs(socket);
  let reading = false;
  const fill = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await frames.next();
      const more = done ? duplex.push(null) : value.from === "stderr" || duplex.push(value.data);
      if (done || !more) {
        reading = false;
        return;
      }
    }
  };
  // As a socket: when the other side is done, so are we.
  const duplex = new Duplex({
    allowHalfOpen: false,
    read() {
      if (reading) return;
      reading = true;
      fill().catch((error: unknown) =>
        duplex.destroy(error instanceof Error ? error : new Error(String(error))),
      );
    },
    write(chunk: Buffer, _encoding, done) {
      socket.write(chunk, done);
    },
    final(done) {
      if (socket.destroyed) done();
      else socket.end(done);
    },
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  return duplex;
}
