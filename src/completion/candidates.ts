import { environment } from "../addons/environment.ts";
import { addonsOf, own } from "../addons/find.ts";
import { PLANS } from "../addons/plans.ts";
import type { Context } from "../context.ts";

/** What the shells' scripts ask for by `pgaddon __complete KIND [APP]`. Never fails: a broken state completes nothing. */
export function candidates(context: Context, [kind, typedApp]: readonly string[]): string[] {
  try {
    if (kind === "plans") return PLANS.map(({ id }) => id);
    const state = context.store.read();
    if (kind === "apps")
      return Object.values(state.apps).flatMap((app) => (app.removed_at === null ? [app.name] : []));
    const name = typedApp || context.env["PGADDON_APP"] || context.env["SCALINGO_APP"] || "";
    const app = own(state.apps, name);
    if (kind === "addons" || kind === "removed") {
      const removed = kind === "removed";
      const apps = app === undefined ? Object.keys(state.apps) : [app.name];
      return apps.flatMap((each) => addonsOf(state, each, removed).map(({ id }) => id));
    }
    if (kind === "variables" && app !== undefined) return Object.keys(environment(state, app));
    return [];
  } catch {
    return [];
  }
}
