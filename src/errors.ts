import { getSystemErrorMap } from "node:util";

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

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: "Make room on that disk, then run it again.",
  EDQUOT: "Make room within your quota of that disk, then run it again.",
  EACCES: "Check who owns it, and the permissions of it and of the folders above.",
  EPERM: "Check who owns it, and the permissions of it and of the folders above.",
  EROFS: "That file system is read-only: make it writable, or use another place.",
  ENOTDIR: "Something that is no folder is where a folder should be: move it away.",
  EEXIST: "Something else is there already: move it away.",
  EISDIR: "A folder is where a file should be: move it away.",
  ELOOP: "A symbolic link leads back to itself: put it right.",
  ENAMETOOLONG: "Use a place with a shorter path.",
  EMFILE: "Too many files are open: raise the limit (`ulimit -n`).",
  EIO: "The disk or the file system is failing: see the system's log.",
};

const ATTEMPTS: Readonly<Record<string, string>> = {
  open: "Cannot open",
  write: "Cannot write to",
  fsync: "Cannot write to",
  copyfile: "Cannot write to",
  read: "Cannot read",
  scandir: "Cannot read",
  mkdir: "Cannot make the folder",
  mkdtemp: "Cannot make the folder",
  unlink: "Cannot remove",
  rm: "Cannot remove",
  rmdir: "Cannot remove",
  rename: "Cannot rename",
  chmod: "Cannot set the permissions of",
  chown: "Cannot set the owner of",
};

/** What the operating system refused of a file, said plainly; undefined for any other error, and for what points to a bug. */
export function refusalOf(error: unknown): UserError | undefined {
  const advice = ADVICE[codeOf(error) ?? ""];
  if (advice === undefined || !(error instanceof Error)) return undefined;
  const { path, syscall, errno }: NodeJS.ErrnoException = error;
  // A full disk shows when writing to a file that is open: no path is known then.
  if (path === undefined && syscall !== "write" && syscall !== "fsync") return undefined;
  const reason = getSystemErrorMap().get(errno ?? 0)?.[1] ?? codeOf(error) ?? "";
  const what = ATTEMPTS[syscall ?? ""] ?? (syscall?.startsWith("spawn") ? "Cannot start" : "Cannot use");
  return new UserError(`${what} ${path ?? "a file"}: ${reason.slice(0, 1).toUpperCase()}${reason.slice(1)}`, {
    hint: advice,
    cause: error,
  });
}
