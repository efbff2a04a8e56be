import { styleFor } from "./style.ts";

export interface Progress {
  /** Say what goes on now. */
  update(text: string): void;
  /** Take it off the screen while something else is written. */
  hide(): void;
  show(): void;
  stop(): void;
}

const frames = ["⣾", "⣽", "⣻", "⢿", "⡿", "⣟", "⣯", "⣷"];

/** A spinner on a terminal; elsewhere one line per text. Writes to stderr only. */
export function startProgress(stderr: NodeJS.WriteStream, colour: boolean, first: string): Progress {
  if (!stderr.isTTY) {
    let last = "";
    const say = (text: string): void => {
      if (text !== last) stderr.write(`       ${text}\n`);
      last = text;
    };
    say(first);
    return { update: say, hide: () => undefined, show: () => undefined, stop: () => undefined };
  }
  const style = styleFor(colour);
  let text = first;
  let frame = 0;
  const show = (): void => {
    const room = Math.max(10, (stderr.columns || 80) - 4);
    stderr.write(`\r\u001b[K${style.cyan(frames[frame % frames.length] ?? "")} ${text.slice(0, room)}`);
  };
  const hide = (): void => void stderr.write("\r\u001b[K");
  stderr.write("\u001b[?25l");
  show();
  const timer = setInterval(() => {
    frame += 1;
    show();
  }, 100);
  timer.unref();
  return {
    update(next) {
      text = next;
      show();
    },
    hide,
    show,
    stop() {
      clearInterval(timer);
      hide();
      stderr.write("\u001b[?25h");
    },
  };
}
