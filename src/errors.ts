/** What went wrong, for a person: printed without a stack. Anything that is not a UserError is a bug. */
export class UserError extends Error {
  readonly hints: readonly string[];
  readonly exitCode: number;

  constructor(
    message: string,
    options: { hint?: string | readonly string[]; exitCode?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "UserError";
    this.hints =
      options.hint === undefined ? [] : typeof options.hint === "string" ? [options.hint] : options.hint;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Wrong arguments or options: exit code 2. */
export class UsageError extends UserError {
  constructor(message: string, hint?: string | readonly string[]) {
    super(message, { exitCode: 2, ...(hint === undefined ? {} : { hint }) });
    this.name = "UsageError";
  }
}

/** The engine does not answer, or stopped answering half-way. */
export class EngineUnavailableError extends UserError {
  constructor(message: string, options: { hint?: string | readonly string[]; cause?: unknown } = {}) {
    super(message, options);
    this.name = "EngineUnavailableError";
  }
}

/** Another program took the port between choosing it and binding it: choose the next one. */
export class PortTakenError extends UserError {
  readonly port: number;

  constructor(port: number, cause?: unknown) {
    super(`Port ${port} is already in use`, { cause });
    this.name = "PortTakenError";
    this.port = port;
  }
}

/** Ctrl-C or SIGTERM: exit code 130 (or 143). */
export class InterruptedError extends UserError {
  constructor(exitCode = 130) {
    super("Interrupted", { exitCode });
    this.name = "InterruptedError";
  }
}

/** The text of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system error (`ENOENT` ...), if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error === "object" && error !== null && "code" in error) {
    return typeof error.code === "string" ? error.code : undefined;
  }
  return undefined;
}
