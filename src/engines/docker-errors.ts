import { codeOf, EngineUnavailableError, messageOf, UserError } from "../errors.ts";

const CONNECTION_LOST = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "EPIPE",
  "ENOTCONN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** The HTTP status Docker answered with, if that is what failed. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error === "object" && error !== null && "statusCode" in error) {
    return typeof error.statusCode === "number" ? error.statusCode : undefined;
  }
  return undefined;
}

/** Docker's own words, without the client's prefix. */
export function reasonOf(error: unknown): string {
  return messageOf(error)
    .replace(/^\(HTTP code \d+\) .*? - /s, "")
    .trim();
}

/** Did the connection to the daemon break, or never come about? */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined && CONNECTION_LOST.has(code)) return true;
  // A missing socket; the same code on anything else is our own mistake.
  if (code === "ENOENT" || code === "EACCES") {
    return typeof error === "object" && error !== null && "syscall" in error && error.syscall === "connect";
  }
  return statusOf(error) === undefined && /socket hang up|^aborted$/.test(messageOf(error));
}

/** Turn what a call to the daemon threw into what a person can act on; everything else is a bug and stays as it is. */
export function translate(error: unknown, where: string): unknown {
  if (error instanceof UserError) return error;
  if (isConnectionLost(error)) {
    return new EngineUnavailableError(`Lost the connection to Docker at ${where}: ${messageOf(error)}`, {
      hint: "Is it still running? Once it answers again, run the command again.",
      cause: error,
    });
  }
  if (statusOf(error) === undefined) return error;
  return refusal(reasonOf(error), error);
}

/** Docker said no. */
export function refusal(reason: string, cause?: unknown): UserError {
  if (/no space left on device/i.test(reason)) return diskFull(cause);
  return new UserError(`Docker refused: ${reason}`, { cause });
}

export function diskFull(cause?: unknown): UserError {
  return new UserError("The disk of the Docker engine is full", {
    hint: "Free some space ('docker system df' shows what takes it), then run the command again.",
    cause,
  });
}

/** Wait for `promise`, taking these HTTP statuses for success. */
export async function tolerating<T>(
  statuses: readonly number[],
  promise: Promise<T>,
): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    const status = statusOf(error);
    if (status !== undefined && statuses.includes(status)) return undefined;
    throw error;
  }
}
