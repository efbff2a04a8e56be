import { addonsOf, findAddon, findApp } from "../addons/find.ts";
import { primaryOf } from "../addons/instance.ts";
import { UserError } from "../errors.ts";
import { define } from "./define.ts";

export default define({
  description: "Show the last lines of a database's log.",
  args: [],
  options: {
    lines: { flag: "-n, --lines <count>", summary: "how many lines (20)" },
    follow: { flag: "-f, --follow", summary: "go on showing lines as they come, until Ctrl-C" },
  },
  examples: ["--app my-app logs", "--app my-app logs --lines 100 --follow"],
  async run(context, { options }) {
    const { app, state } = await findApp(context, options.app);
    const addon = findAddon(context, app, addonsOf(state, app.name), options.addon);
    const lines = options.lines ?? "20";
    if (!/^[0-9]{1,7}$/.test(lines)) {
      throw new UserError(`--lines takes a number, not '${lines.slice(0, 40)}'`, { exitCode: 2 });
    }
    const engine = await context.engine(addon.engine);
    let shown = 0;
    // `logs --follow | head`: nobody reads on.
    const unread = new AbortController();
    context.stdout.on("error", () => unread.abort());
    await engine.logs(primaryOf(addon), {
      lines: Number(lines),
      follow: options.follow === true,
      write(line) {
        shown += 1;
        context.output.print(line);
      },
      signal: AbortSignal.any([context.signal, unread.signal]),
    });
    context.signal.throwIfAborted();
    if (shown === 0) context.output.note(`There is no log for ${addon.id}`);
  },
});
