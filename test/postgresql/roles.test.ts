import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { identifier, initSql, scramVerifier } from "../../src/postgresql/roles.ts";

/** PBKDF2 with one block, by its definition in RFC 8018: no shared code with what is tested. */
function saltedPassword(password: string, salt: Buffer, iterations: number): Buffer {
  let block = createHmac("sha256", password)
    .update(salt)
    .update(Buffer.from([0, 0, 0, 1]))
    .digest();
  const result = Buffer.from(block);
  for (let i = 1; i < iterations; i += 1) {
    block = createHmac("sha256", password).update(block).digest();
    for (const [at, byte] of block.entries()) result[at] = (result[at] ?? 0) ^ byte;
  }
  return result;
}

describe("SCRAM verifier", () => {
  // RFC 7677, section 3: user "user", password "pencil".
  const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
  const exchange =
    "n=user,r=rOprNGfwEbeRWgbNEkqO," +
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096," +
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  const clientProof = Buffer.from("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "base64");
  const serverSignature = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

  test("verifies the exchange of RFC 7677", () => {
    const [, iterations, salted, stored = "", server = ""] =
      /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(scramVerifier("pencil", salt, 4096)) ?? [];
    expect({ iterations, salted }).toEqual({ iterations: "4096", salted: salt.toString("base64") });
    const storedKey = Buffer.from(stored, "base64");
    const clientSignature = createHmac("sha256", storedKey).update(exchange).digest();
    const clientKey = Buffer.from(clientProof.map((byte, at) => byte ^ (clientSignature[at] ?? 0)));
    expect(createHash("sha256").update(clientKey).digest().equals(storedKey)).toBe(true);
    expect(createHmac("sha256", Buffer.from(server, "base64")).update(exchange).digest("base64")).toBe(
      serverSignature,
    );
  });

  test("is what the definition gives, computed another way", () => {
    const salted = saltedPassword("pass phrase", salt, 100);
    const clientKey = createHmac("sha256", salted).update("Client Key").digest();
    const expected = [
      createHash("sha256").update(clientKey).digest("base64"),
      createHmac("sha256", salted).update("Server Key").digest("base64"),
    ];
    expect(scramVerifier("pass phrase", salt, 100)).toBe(
      `SCRAM-SHA-256$100:${salt.toString("base64")}$${expected.join(":")}`,
    );
  });

  test("a salt of its own each time", () => {
    expect(scramVerifier("x")).not.toBe(scramVerifier("x"));
  });
});

describe("the first statements of a cluster", () => {
  const sql = initSql("my_app_3030", "my_app_3030", "secret-password");

  test("the password itself is not in them", () => {
    expect(sql).not.toContain("secret-password");
    expect(sql).toMatch(/PASSWORD 'SCRAM-SHA-256\$4096:/);
  });

  test("one statement a line, for the single-user server reads them so", () => {
    const lines = sql.split("\n");
    expect(lines.pop()).toBe("");
    for (const line of lines) expect(line).toMatch(/^[A-Z][^;]*;$/);
  });

  test("the role owns its database, is no superuser, and PUBLIC may connect nowhere", () => {
    expect(sql).toContain('CREATE DATABASE "my_app_3030" OWNER "my_app_3030";');
    expect(sql).not.toMatch(/SUPERUSER|CREATEROLE|CREATEDB|BYPASSRLS/);
    for (const database of ['"my_app_3030"', "postgres", "template1"]) {
      expect(sql).toContain(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC;`);
    }
  });

  test("names are quoted", () => {
    expect(identifier('a"b')).toBe('"a""b"');
    expect(initSql('x"; DROP', 'x"; DROP', "p")).toContain('CREATE ROLE "x""; DROP" LOGIN');
  });
});
