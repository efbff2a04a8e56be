import { addonUrl, environment, resolve } from "../addons/environment.ts";
import { addonsOf, findAddon, findApp, own } from "../addons/find.ts";
import { UserError } from "../errors.ts";
import type { Addon } from "../state/types.ts";
import { define } from "./define.ts";

export default define({
  description:
    "Listen on this machine and forward to a database, wherever it runs, until Ctrl-C. Only the address goes to stdout. A restart of the database ends its connections, not the tunnel.",
  args: ["[variable]"],
  options: {
    port: {
      flag: "-p, --port <port>",
      summary: "port to listen on (10000; the next free one when it is busy)",
    },
    bind: { flag: "-b, --bind <address>", summary: "address to listen on (127.0.0.1)" },
  },
  examples: ["--app my-app db-tunnel", "--app my-app db-tunnel DATABASE_URL --port 5433"],
  async run(context, { args: [variable], options }) {
    const { app, state } = await findApp(context, options.app);
    const addons = addonsOf(state, app.name);
    let addon: Addon;
    if (variable === undefined) addon = findAddon(context, app, addons, options.addon);
    else {
      const values = environment(state, app);
      const url = /^(postgres|postgresql):\/\//.test(variable) ? variable : resolve(values, variable);
      if (url === undefined) throw new UserError(`no such environment variable: ${variable.slice(0, 70)}`);
      const found = addons.find((candidate) => addonUrl(candidate) === url);
      if (found === undefined)
        throw new UserError(`${variable.slice(0, 70)} does not point to an addon of ${app.name}`);
      addon = found;
    }
    const port = options.port ?? "10000";
    if (!/^[0-9]{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
      throw new UserError(`'${port.slice(0, 40)}' is not a port`, { exitCode: 2 });
    }
    const { output } = context;
    output.note(`Building tunnel to ${addon.id}`);
    const { id } = addon;
    const engine = await context.engine(addon.engine);
    const { openTunnel } = await import("../addons/tunnel.ts");
    const tunnel = await openTunnel(
      { host: options.bind ?? "127.0.0.1", port: Number(port) },
      // Read anew for each connection: a restore may have changed what is behind the id.
      () => {
        const now = own(context.store.read().addons, id) ?? addon;
        return engine.dial(now.nodes[0]?.instance ?? id, now.port);
      },
      (line) => output.note(line),
    );
    output.note("You can access your database on:");
    output.print(tunnel.address);
    await new Promise<void>((done) => {
      if (context.signal.aborted) done();
      context.signal.addEventListener("abort", () => done(), { once: true });
    });
    await tunnel.close();
    context.signal.throwIfAborted();
  },
});
