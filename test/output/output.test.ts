import { PassThrough, Readable, Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InterruptedError } from "../../src/errors.ts";
import { createOutput } from "../../src/output/output.ts";
import { terminal } from "../fakes/world.ts";
import type { Output } from "../../src/output/output.ts";

interface Screen {
  output: Output;
  stdout: () => string;
  stderr: () => string;
}

function screen(tty: boolean, env: NodeJS.ProcessEnv = {}, input: readonly string[] = []): Screen {
  const written = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr"): NodeJS.WriteStream => {
    const stream: Writable = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString();
        done();
      },
    });
    return terminal(stream, tty, 40);
  };
  const stdin = terminal(Readable.from(input), tty);
  const output = createOutput({ stdin, stdout: sink("stdout"), stderr: sink("stderr") }, env);
  return { output, stdout: () => written.stdout, stderr: () => written.stderr };
}

const escape = new RegExp(String.fromCharCode(27));

describe("prefixes", () => {
  test("each on its stream", () => {
    const { output, stdout, stderr } = screen(false);
    output.print("plain");
    output.status("status");
    output.info("info");
    output.json({ a: [1] });
    output.note("note");
    output.warn("warn");
    output.error("error", ["hint one", "hint two"]);
    expect(stdout()).toBe('plain\n-----> status\n       info\n{\n  "a": [\n    1\n  ]\n}\n');
    expect(stderr()).toBe("-----> note\n  /!\\  warn\n !     error\n       hint one\n       hint two\n");
  });

  test("an error of several lines is indented", () => {
    const { output, stderr } = screen(false);
    output.error("first\nsecond");
    expect(stderr()).toBe(" !     first\n       second\n");
  });
});

describe("colour", () => {
  const coloured = (tty: boolean, env: NodeJS.ProcessEnv): boolean => {
    const { output, stdout, stderr } = screen(tty, env);
    output.warn("x");
    output.error("x");
    output.status("x");
    expect(stdout()).not.toMatch(escape);
    return escape.test(stderr());
  };

  test.each([
    ["a terminal", true, {}, true],
    ["a pipe", false, {}, false],
    ["NO_COLOR", true, { NO_COLOR: "1" }, false],
    ["NO_COLOR empty, which says nothing", true, { NO_COLOR: "" }, true],
    ["a dumb terminal", true, { TERM: "dumb" }, false],
    ["FORCE_COLOR does not paint a pipe", false, { FORCE_COLOR: "1" }, false],
  ])("%s", (_what, tty, env, expected) => expect(coloured(tty, env)).toBe(expected));
});

describe("what was typed does not steer the terminal", () => {
  test.each([true, false])("tty %s", (tty) => {
    const { output, stderr } = screen(tty, { NO_COLOR: "1" });
    const hostile = "\u001b]0;title\u0007\u001b[2J\r\b\u0085\u202e\u200b";
    output.error(hostile, [hostile]);
    output.warn(hostile);
    output.note(hostile);
    expect(stderr()).not.toMatch(/[^\P{C}\n]/u);
    expect(stderr()).toContain("]0;title");
  });
});

describe("progress", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  /** Lets a second pass, and what is loaded then be loaded. */
  const pass = async (ms: number): Promise<void> => {
    await vi.advanceTimersByTimeAsync(ms);
    await vi.dynamicImportSettled();
  };

  /** Something that goes on until `stop`. */
  function start(
    output: Output,
    text: string,
  ): { update: (text: string) => void; stop: () => Promise<void> } {
    let update: (text: string) => void = () => undefined;
    const { promise, resolve } = withResolvers();
    const ended = output.during(text, (change) => {
      update = change;
      return promise;
    });
    return {
      update: (next) => update(next),
      stop() {
        resolve();
        return ended;
      },
    };
  }

  test("gives what the work gives, throws what it throws", async () => {
    const { output, stderr } = screen(true);
    expect(await output.during("Working", async () => 7)).toBe(7);
    const failing = output.during("Working", async () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(vi.getTimerCount()).toBe(0);
    expect(stderr()).toBe("");
  });

  test.each([true, false])("silent under a second (tty %s)", async (tty) => {
    const { output, stdout, stderr } = screen(tty);
    const progress = start(output, "Working");
    await pass(999);
    await progress.stop();
    await pass(60_000);
    expect(stdout() + stderr()).toBe("");
  });

  test("elsewhere than on a terminal one plain line per text", async () => {
    const { output, stdout, stderr } = screen(false);
    const progress = start(output, "One");
    await pass(1000);
    progress.update("Two");
    progress.update("Two");
    await pass(5000);
    await progress.stop();
    expect(stderr()).toBe("       One\n       Two\n");
    expect(stdout()).toBe("");
  });

  test("the text of before the first second is over is not shown", async () => {
    const { output, stderr } = screen(false);
    const progress = start(output, "One");
    progress.update("Two");
    await pass(1000);
    await progress.stop();
    expect(stderr()).toBe("       Two\n");
  });

  test("on a terminal a spinner that makes room for messages and leaves nothing behind", async () => {
    const { output, stdout, stderr } = screen(true, { NO_COLOR: "1" });
    const progress = start(output, "Working on something that is longer than the line");
    await pass(1000);
    output.note("meanwhile");
    await pass(300);
    await progress.stop();
    const text = stderr();
    expect(text).toContain("⣾ Working");
    expect(text).toContain("\r\u001b[K-----> meanwhile\n");
    expect(text.endsWith("\r\u001b[K\u001b[?25h")).toBe(true);
    // Cut to the line: a wrapped one could not be taken away.
    for (const frame of text.split("\r\u001b[K")) expect(frame.split("\n")[0]?.length ?? 0).toBeLessThan(60);
    expect(stdout()).toBe("");
  });
});

describe("questions", () => {
  test("the first line answers", async () => {
    const { output, stdout, stderr } = screen(true, {}, ["yes\nno\n"]);
    expect(await output.ask("Sure? ")).toBe("yes");
    expect({ stdout: stdout(), stderr: stderr() }).toEqual({ stdout: "", stderr: "Sure? " });
  });

  test("nothing comes: null, and the line is ended", async () => {
    const { output, stderr } = screen(false);
    expect(await output.ask("Sure? ")).toBeNull();
    expect(stderr()).toBe("Sure? \n");
  });

  test.each([true, false])("Ctrl-C ends one at once, and its line (tty %s)", async (tty) => {
    const stop = new AbortController();
    const shown: string[] = [];
    const stderr = new Writable({
      write(chunk: Buffer, _encoding, done) {
        shown.push(chunk.toString());
        done();
      },
    });
    const output = createOutput(
      {
        stdin: terminal(new PassThrough(), tty),
        stdout: terminal(stderr, tty),
        stderr: terminal(stderr, tty),
      },
      {},
      stop.signal,
    );
    setTimeout(() => stop.abort(new InterruptedError()), 20);
    await expect(output.ask("Sure? ")).rejects.toBeInstanceOf(InterruptedError);
    await expect(output.ask("And now? ")).rejects.toBeInstanceOf(InterruptedError);
    expect(shown.join("")).toBe("Sure? \n");
  });
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
