import type { Placement } from "../engines/engine.ts";

const MB = 1024 ** 2;
const GB = 1024 ** 3;

/** Sessions beyond the plan's, for the superuser: pgaddon itself, backups, replication. */
export const RESERVED_CONNECTIONS = 10;

/** What of a plan the server's settings follow. */
export interface ServerSize {
  /** Bytes. */
  memory: number;
  connections: number;
  /** Bytes. */
  disk: number;
}

/** postgresql.conf of an instance: pure, so that the same plan gives the same file. */
export function postgresqlConf(size: ServerSize, placement: Placement): string {
  const { root } = placement;
  const lines: [string, string | number][] = [
    ["data_directory", quote(`${root}/pgdata`)],
    ["hba_file", quote(`${root}/conf/pg_hba.conf`)],
    ["ident_file", quote(`${root}/conf/pg_ident.conf`)],
    ["listen_addresses", quote(placement.listenAddresses)],
    ["port", placement.listenPort],
    ["unix_socket_directories", quote(placement.socketDirectory)],
    ["unix_socket_permissions", "0700"],
    ["max_connections", size.connections + RESERVED_CONNECTIONS],
    ["superuser_reserved_connections", RESERVED_CONNECTIONS],

    ["ssl", "on"],
    ["ssl_cert_file", quote(`${root}/tls/server.crt`)],
    ["ssl_key_file", quote(`${root}/tls/server.key`)],
    ["ssl_ca_file", quote(`${root}/tls/ca.crt`)],
    ["ssl_min_protocol_version", quote("TLSv1.2")],
    ["password_encryption", quote("scram-sha-256")],

    ...memorySettings(size),
    ["dynamic_shared_memory_type", "posix"],
    ["wal_level", "replica"],
    // PostgreSQL refuses less than two segments of 16 MB for either, which is more than a tenth of the sandbox's disk.
    [
      "max_wal_size",
      kilobytes(
        Math.max(32 * MB, Math.min(size.disk / 10, Math.max(64 * MB, Math.min(size.memory, 8 * GB)))),
      ),
    ],
    ["min_wal_size", kilobytes(Math.max(32 * MB, Math.min(80 * MB, size.disk / 10)))],
    ["max_slot_wal_keep_size", kilobytes(size.disk / 4)],
    ["checkpoint_completion_target", 0.9],
    ["wal_compression", "on"],

    ["timezone", quote("UTC")],
    ["log_timezone", quote("UTC")],
    ["datestyle", quote("iso, mdy")],
    ["lc_messages", quote("C")],
    ["default_text_search_config", quote("pg_catalog.english")],
    ["log_line_prefix", quote("%m [%p] %q%u@%d ")],
    ["log_lock_waits", "on"],
    ["log_temp_files", kilobytes(10 * MB)],
    ["cluster_name", quote("pgaddon")],
  ];
  if (placement.logFiles) {
    lines.push(
      ["logging_collector", "on"],
      ["log_directory", quote(`${root}/log`)],
      ["log_filename", quote("postgresql-%a.log")],
      ["log_file_mode", "0600"],
      ["log_rotation_age", "1d"],
      ["log_rotation_size", 0],
      ["log_truncate_on_rotation", "on"],
    );
  }
  return `# Written by pgaddon and replaced with each change of plan.\n${lines
    .map(([name, value]) => `${name} = ${value}`)
    .join("\n")}\n`;
}

function memorySettings({ memory, connections }: ServerSize): [string, string | number][] {
  const shared = memory / 4;
  return [
    ["shared_buffers", kilobytes(shared)],
    ["effective_cache_size", kilobytes((memory * 3) / 4)],
    // A query can use several of these, and every session may run one; half of what is left, shared out.
    [
      "work_mem",
      kilobytes(Math.max(1 * MB, Math.min(256 * MB, (memory - shared) / 2 / Math.max(10, connections / 4)))),
    ],
    ["maintenance_work_mem", kilobytes(Math.max(16 * MB, Math.min(2 * GB, memory / 16)))],
    ["wal_buffers", kilobytes(Math.max(1 * MB, Math.min(16 * MB, shared / 32)))],
    ["autovacuum_work_mem", kilobytes(Math.max(16 * MB, Math.min(1 * GB, memory / 16)))],
    ["huge_pages", "try"],
  ];
}

/**
 * pg_hba.conf: the superuser over the socket only; the app's roles reach their own database only. The first line that
 * matches decides.
 */
export function pgHba(database: string): string {
  return [
    "# TYPE  DATABASE  USER      ADDRESS  METHOD",
    "local   all       all                peer map=pgaddon",
    "host    all       postgres  all      reject",
    `host    ${hbaName(database)}  all  all  scram-sha-256`,
    "",
  ].join("\n");
}

/** pg_ident.conf: the server's own system user may be these roles on the socket. */
export function pgIdent(osUser: string, roles: readonly string[]): string {
  return ["postgres", ...roles].map((role) => `pgaddon ${hbaName(osUser)} ${hbaName(role)}\n`).join("");
}

function hbaName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function kilobytes(bytes: number): string {
  return `${Math.floor(bytes / 1024)}kB`;
}
