import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** What PostgreSQL keeps of a password (RFC 5802 with SHA-256), so that the password itself never reaches the server. */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

/**
 * What a new cluster starts with, one statement a line: the app's role, which owns its database and is no superuser, and
 * nobody else allowed into any. Owning the database gives the role all rights there, the schema `public` included.
 */
export function initSql(role: string, database: string, password: string): string {
  return [
    `CREATE ROLE ${identifier(role)} LOGIN PASSWORD '${scramVerifier(password)}';`,
    `CREATE DATABASE ${identifier(database)} OWNER ${identifier(role)};`,
    `REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC;`,
    `GRANT ALL PRIVILEGES ON DATABASE ${identifier(database)} TO ${identifier(role)};`,
    "REVOKE ALL ON DATABASE postgres FROM PUBLIC;",
    "REVOKE ALL ON DATABASE template1 FROM PUBLIC;",
    "",
  ].join("\n");
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
