import type { Context } from "../context.ts";
import { UserError } from "../errors.ts";

/** Have `expected` typed, or given with --confirm. Throws UserError for anything else, and when nobody can answer. */
export async function confirm(
  context: Context,
  expected: string,
  given: string | undefined,
  what: string,
): Promise<void> {
  const typed = given ?? (await context.output.ask(`       To confirm, type the ${what}:\n-----> `));
  if (typed === null) {
    throw new UserError("Nobody confirmed, aborting…", { hint: `In scripts, add --confirm ${expected}.` });
  }
  if (typed.trim() !== expected)
    throw new UserError(`'${typed.trim().slice(0, 60)}' is not '${expected}', aborting…`);
}
