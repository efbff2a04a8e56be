import { X509Certificate, createPrivateKey } from "node:crypto";
import { connect, createServer } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { listenAnywhere } from "../fakes/net.ts";
import { newAuthority, newServerCertificate } from "../../src/postgresql/tls.ts";

const names = ["localhost", "127.0.0.1", "::1", "my-app-3030"];
const now = new Date();
const authority = await newAuthority("my-app-3030", now);
const server = await newServerCertificate(authority, names, now);
const ca = new X509Certificate(authority.certificate);
const certificate = new X509Certificate(server.certificate);
const DAY = 24 * 3600 * 1000;

describe("the authority", () => {
  test("is one, signed by itself, for 20 years", () => {
    expect(ca.subject).toBe("CN=pgaddon CA of my-app-3030");
    expect(ca.ca).toBe(true);
    expect(ca.checkIssued(ca)).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(ca.checkPrivateKey(createPrivateKey(authority.key))).toBe(true);
    expect(Date.parse(ca.validTo) - Date.parse(ca.validFrom)).toBeGreaterThan(20 * 365 * DAY);
  });

  test("may sign certificates and nothing else", () => {
    expect(extension(authority.certificate, "551d0f")).toBe("critical 03020106");
  });

  test("each add-on has its own", async () => {
    const other = await newAuthority("my-app-3030", now);
    expect(other.key).not.toBe(authority.key);
    expect(certificate.verify(new X509Certificate(other.certificate).publicKey)).toBe(false);
  });
});

describe("the server's certificate", () => {
  test("is issued by the authority, is none itself, for 2 years, begun a day ago for clocks that are late", () => {
    expect(certificate.checkIssued(ca)).toBe(true);
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkPrivateKey(createPrivateKey(server.key))).toBe(true);
    expect(Date.parse(certificate.validFrom)).toBeLessThanOrEqual(now.getTime() - DAY);
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(now.getTime() + 2 * 364 * DAY);
  });

  test("its names and addresses are exactly those given", () => {
    expect(certificate.subjectAltName).toBe(
      "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:my-app-3030",
    );
    expect(certificate.checkHost("my-app-3030")).toBe("my-app-3030");
    expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(certificate.checkHost("other-app-3030")).toBeUndefined();
    expect(certificate.checkIP("127.0.0.2")).toBeUndefined();
  });

  test("digital signature, for servers and clients", () => {
    expect(extension(server.certificate, "551d0f")).toBe("critical 03020780");
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
  });

  test("serial numbers differ and are positive", async () => {
    const serials = [ca.serialNumber, certificate.serialNumber];
    for (let i = 0; i < 5; i += 1) {
      serials.push(
        new X509Certificate((await newServerCertificate(authority, names, now)).certificate).serialNumber,
      );
    }
    expect(new Set(serials).size).toBe(serials.length);
    for (const serial of serials)
      expect(Number.parseInt(serial.padStart(32, "0").slice(0, 2), 16)).toBeLessThan(0x80);
  });
});

describe("a TLS client", () => {
  async function handshake(options: ConnectionOptions): Promise<string> {
    const listening = createServer({ cert: server.certificate, key: server.key }, (socket) =>
      socket.end("hello"),
    );
    const port = await listenAnywhere(listening);
    const client: TLSSocket = connect({ host: "127.0.0.1", port, ...options });
    try {
      await once(client, "secureConnect");
      return client.getProtocol() ?? "";
    } finally {
      client.destroy();
      listening.close();
    }
  }

  test("that trusts the authority gets TLS 1.3 and finds the name right", async () => {
    expect(await handshake({ ca: authority.certificate })).toBe("TLSv1.3");
    expect(await handshake({ ca: authority.certificate, servername: "my-app-3030" })).toBe("TLSv1.3");
  });

  test("refuses another name, or another authority", async () => {
    await expect(handshake({ ca: authority.certificate, servername: "elsewhere.test" })).rejects.toThrow(
      /does not match certificate/,
    );
    const other = await newAuthority("my-app-3030", now);
    await expect(handshake({ ca: other.certificate })).rejects.toThrow(/unable to (verify|get)|signature/);
  });
});

/** An extension's bytes by its object id (hex), from the DER itself: `critical 03020106`. */
function extension(pem: string, id: string): string {
  const der = new X509Certificate(pem).raw.toString("hex");
  const [, critical, length = "0", rest = ""] = new RegExp(`0603${id}(0101ff)?04(..)(.*)`).exec(der) ?? [];
  return `${critical === undefined ? "" : "critical "}${rest.slice(0, Number.parseInt(length, 16) * 2)}`;
}
