import { syncEnvFiles } from "../addons/env-files.ts";
import { ownerOf } from "../addons/environment.ts";
import { findApp, own } from "../addons/find.ts";
import { UserError } from "../errors.ts";
import { didYouMean } from "../support/nearest.ts";
import { define } from "./define.ts";
import { restartHint } from "./env-set.ts";

export default define({
  args: ["<names...>"],
  options: {},
  examples: ["--app my-app env-unset A B"],
  async run(context, { args: [names], options }) {
    const { app, state } = await findApp(context, options.app);
    for (const name of names) {
      const owner = ownerOf(state, app, name);
      if (owner !== undefined) {
        throw new UserError(`'${name}' belongs to the addon ${owner.id}`, {
          hint: `It goes with it: \`pgaddon --app ${app.name} addons-remove ${owner.id}\`.`,
        });
      }
      if (own(app.variables, name) === undefined) {
        const near = didYouMean(name, Object.keys(app.variables));
        throw new UserError(
          `${name.slice(0, 70)} variable does not exist`,
          near === undefined ? {} : { hint: near },
        );
      }
    }
    await context.store.update((draft) => {
      const entry = own(draft.apps, app.name);
      for (const name of names) delete entry?.variables[name];
    });
    await syncEnvFiles(context, app.name);
    for (const name of names) context.output.print(`${name} has been unset.`);
    context.output.print(restartHint(app.name));
  },
});
