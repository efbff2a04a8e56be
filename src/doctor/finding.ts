/** One thing looked at. `error` makes doctor exit 1. */
export interface Finding {
  level: "ok" | "info" | "warning" | "error";
  what: string;
  /** What mends it, for people; null when nothing is to be done. */
  fix: string | null;
  /** What `--fix` does about it. */
  mend?: () => Promise<void>;
}

export const ok = (what: string): Finding => ({ level: "ok", what, fix: null });
export const info = (what: string): Finding => ({ level: "info", what, fix: null });
export const warning = (what: string, fix: string): Finding => ({ level: "warning", what, fix });
export const wrong = (what: string, fix: string, mend?: () => Promise<void>): Finding => ({
  level: "error",
  what,
  fix,
  ...(mend === undefined ? {} : { mend }),
});
