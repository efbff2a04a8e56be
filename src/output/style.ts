import { Chalk } from "chalk";
import type { ChalkInstance } from "chalk";

/** Colours for one stream: none when it is no terminal or NO_COLOR is set. */
export function styleFor(colour: boolean): ChalkInstance {
  return new Chalk({ level: colour ? 1 : 0 });
}
