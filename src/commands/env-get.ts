import { environment, resolve } from "../addons/environment.ts";
import { findApp } from "../addons/find.ts";
import { UserError } from "../errors.ts";
import { didYouMean } from "../support/nearest.ts";
import { define } from "./define.ts";

export default define({
  args: ["<name>"],
  options: {
    internal: { flag: "--internal", summary: "addresses as containers on the app's network see them" },
  },
  examples: ["--app my-app env-get DATABASE_URL"],
  async run(context, { args: [name], options }) {
    const { app, state } = await findApp(context, options.app);
    const values = environment(state, app, options.internal === true);
    const value = resolve(values, name);
    if (value === undefined) {
      const near = didYouMean(name, Object.keys(values));
      throw new UserError("environment variable not found", near === undefined ? {} : { hint: near });
    }
    context.output.print(value);
  },
});
