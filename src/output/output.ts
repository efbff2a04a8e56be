import type { Progress } from "./progress.ts";

/** What a command says. stdout is the answer; stderr is everything else. Commands never ask for a terminal themselves. */
export interface Output {
  /** One line (or several) of the answer. */
  print(text: string): void;
  /** The answer as JSON. */
  json(value: unknown): void;
  /** The answer as a table. */
  table(headers: readonly string[] | null, rows: readonly (readonly string[])[]): Promise<void>;
  /** `-----> text` on stdout. */
  status(text: string): void;
  /** 7 spaces and the text, on stdout. */
  info(text: string): void;
  /** `-----> text` on stderr: progress and remarks. */
  note(text: string): void;
  /** `  /!\  text` on stderr. */
  warn(text: string): void;
  /** ` !     text` on stderr, hints below it. */
  error(text: string, hints?: readonly string[]): void;
  /**
   * Do something and show, when it takes over a second, that it goes on: a spinner on a terminal, elsewhere one plain line per
   * text. `update` changes the text.
   */
  during<T>(text: string, work: (update: (text: string) => void) => Promise<T>): Promise<T>;
  /** Ask for a line, on a terminal or from a piped stdin; null when none comes. */
  ask(question: string): Promise<string | null>;
  readonly terminal: boolean;
}

interface Streams {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

/** A question that is open when `signal` aborts throws its reason. */
export function createOutput(streams: Streams, env: NodeJS.ProcessEnv, signal?: AbortSignal): Output {
  const { stdin, stdout, stderr } = streams;
  const colour = stderr.isTTY && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  const out = (text: string): void => void stdout.write(`${text}\n`);
  let shown: Progress | undefined;
  const err = (text: string): void => {
    shown?.hide();
    stderr.write(`${text}\n`);
    shown?.show();
  };
  // What was typed, and what an engine says, ends up in messages: it must not steer the terminal.
  const plain = (text: string): string => text.replaceAll("\t", " ").replaceAll(/[^\P{C}\n]/gu, "?");
  // Two codes do not earn an import of chalk on the way to an error message; tables and bars use it.
  const paint = (code: number, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[39m` : text);

  return {
    print: out,
    json: (value) => out(JSON.stringify(value, null, 2)),
    async table(headers, rows) {
      const { table } = await import("./table.ts");
      out(table(headers, rows));
    },
    status: (text) => out(`-----> ${text}`),
    info: (text) => out(`       ${text}`),
    note: (text) => err(`-----> ${plain(text)}`),
    warn: (text) => err(paint(33, `  /!\\  ${plain(text)}`)),
    error(text, hints = []) {
      err(paint(31, ` !     ${plain(text).replaceAll("\n", "\n       ")}`));
      for (const hint of hints) err(`       ${plain(hint)}`);
    },
    async during(text, work) {
      const progress = lazyProgress(stderr, colour, text);
      shown = progress;
      try {
        return await work((next) => progress.update(next));
      } finally {
        progress.stop();
        shown = undefined;
      }
    },
    async ask(question) {
      signal?.throwIfAborted();
      stderr.write(question);
      const { createInterface } = await import("node:readline/promises");
      const lines = createInterface({ input: stdin, terminal: false });
      const close = (): void => lines.close();
      signal?.addEventListener("abort", close);
      // A pipe that nobody writes to must not hang the command.
      const patience = stdin.isTTY ? undefined : setTimeout(close, 5000);
      let answer: string | null = null;
      try {
        for await (const line of lines) {
          answer = line;
          break;
        }
        signal?.throwIfAborted();
        return answer;
      } finally {
        // Only who types an answer ends the question's line.
        if (answer === null || !stdin.isTTY) stderr.write("\n");
        clearTimeout(patience);
        signal?.removeEventListener("abort", close);
        lines.close();
        stdin.pause();
      }
    },
    terminal: stderr.isTTY,
  };
}

/** The spinner's module is loaded when the first second is over. */
function lazyProgress(stderr: NodeJS.WriteStream, colour: boolean, first: string): Progress {
  let text = first;
  let real: Progress | undefined;
  let done = false;
  const timer = setTimeout(() => {
    import("./progress.ts").then(
      ({ startProgress }) => {
        if (!done) real = startProgress(stderr, colour, text);
      },
      // Only looks are lost.
      () => undefined,
    );
  }, 1000);
  return {
    update(next) {
      text = next;
      real?.update(next);
    },
    hide: () => real?.hide(),
    show: () => real?.show(),
    stop() {
      done = true;
      clearTimeout(timer);
      real?.stop();
    },
  };
}
