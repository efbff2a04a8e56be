// Installing Debian or Ubuntu packages, and a base image made from them.
import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";

/** Where a program is: on PATH, or where the system's own live that are not for everybody. */
export function which(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder || ".", name)).find((path) => executable(path));
}

/** The newest PostgreSQL with server and client tools that the local engine would find. */
export function postgresqlInstall() {
  const folder = "/usr/lib/postgresql";
  const debian = existsSync(folder) ? readdirSync(folder).sort((a, b) => Number(b) - Number(a)) : [];
  const { stdout } = spawnSync("pg_config", ["--bindir"], { encoding: "utf8" });
  const folders = [...debian.map((major) => join(folder, major, "bin")), (stdout ?? "").trim()];
  return folders.find(
    (bin) =>
      bin !== "" && ["postgres", "initdb", "psql", "pg_dump"].every((name) => executable(join(bin, name))),
  );
}

/** May packages be installed here? Else why not. */
export function cannotInstall() {
  if (process.env.PGADDON_TEST_INSTALL === "off") return "PGADDON_TEST_INSTALL=off forbids installing";
  if (which("apt-get") === undefined) return "this is not Debian or Ubuntu";
  if (process.getuid?.() !== 0) return "installing packages needs root";
  return undefined;
}

export function installPackages(packages) {
  // Services are not to be started: the tests start their own.
  const policy = "/usr/sbin/policy-rc.d";
  const ours = !existsSync(policy);
  if (ours) {
    writeFileSync(policy, "#!/bin/sh\nexit 101\n");
    chmodSync(policy, 0o755);
  }
  try {
    run("apt-get", ["-q", "update"]);
    run("apt-get", ["-q", "install", "-y", "--no-install-recommends", ...packages]);
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

/** A tarball of a minimal system, from the machine's own mirror where it has one of Debian. */
export function makeBase(suite, file) {
  const mirror = process.env.PGADDON_APT_MIRROR || machinesMirror();
  const options = ["--variant=minbase"];
  const check = spawnSync("apt-config", ["shell", "VALUE", "Acquire::Check-Valid-Until"], {
    encoding: "utf8",
  });
  if (/false/i.test(check.stdout ?? "")) options.push("--aptopt=Acquire::Check-Valid-Until false");
  run("mmdebstrap", ["--quiet", ...options, suite, file, ...(mirror === undefined ? [] : [mirror])]);
}

/** The archive that the machine's apt uses; on Ubuntu there is none, and mmdebstrap knows where Debian's is. */
function machinesMirror() {
  const format = "$(ORIGIN) $(LABEL) $(REPO_URI)";
  const args = ["indextargets", "--format", format, "Created-By: Packages"];
  const { stdout } = spawnSync("apt-get", args, { encoding: "utf8" });
  return /^Debian Debian (\S+)$/m.exec(stdout ?? "")?.[1];
}

function run(program, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (status === 0) return;
  const said = `${stdout ?? ""}${stderr ?? ""}`.trim().split("\n").slice(-20).join("\n");
  throw new Error(
    `${program} ${args.join(" ")} failed${error === undefined ? "" : `: ${error.message}`}\n${said}`,
  );
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** For people: "Debian GNU/Linux 12 (bookworm)". */
export function systemName() {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? process.platform;
  } catch {
    return process.platform;
  }
}
