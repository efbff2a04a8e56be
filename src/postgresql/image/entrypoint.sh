#!/bin/sh
# Runs one PostgreSQL server on one data folder: in a container, and as a plain process on the local engine.
#
#   PGADDON_ROOT    the instance's root; PGDATA is $PGADDON_ROOT/pgdata
#   PGADDON_BIN     folder of the server's programs
#   PGADDON_LOCALE  locale for initdb
#
# The lock on $PGADDON_ROOT/lock is held until the last process of the server is gone: PostgreSQL's own lock file
# does not see servers in other containers.
set -eu
umask 077
cd "$PGADDON_ROOT"

exec 9>>lock
if command -v flock >/dev/null 2>&1; then
  flock -w "${PGADDON_LOCK_WAIT:-10}" 9 || {
    echo "pgaddon: another server or helper holds $PGADDON_ROOT/lock; refusing to start a second one" >&2
    exit 75
  }
  # No server has this data now: the sockets of one that was killed are nobody's, whoever has its process number by now.
  sockets=$(sed -n "s/^unix_socket_directories = '\(.*\)'\$/\1/p" conf/postgresql.conf)
  [ -z "$sockets" ] || rm -f "$sockets"/.s.PGSQL.*
fi

mkdir -p run log
if [ ! -s pgdata/PG_VERSION ]; then
  # Only a new add-on brings init.sql. Without it, empty means that the data is gone: say so, make no empty database.
  if [ ! -s init.sql ] || [ -e pgdata ]; then
    echo "pgaddon: no database in $PGADDON_ROOT/pgdata; refusing to make an empty one" >&2
    exit 78
  fi
  rm -rf pgdata.new
  "$PGADDON_BIN/initdb" -D pgdata.new --no-sync --data-checksums --encoding=UTF8 --locale="$PGADDON_LOCALE" \
    --username=postgres --auth-local=peer --auth-host=scram-sha-256 >log/initdb.log 2>&1 ||
    { cat log/initdb.log >&2; exit 1; }
  # One statement a line; the first error ends it.
  # -F: all of it is synced below.
  "$PGADDON_BIN/postgres" --single -F -D pgdata.new -c exit_on_error=true -c log_checkpoints=off \
    -c unix_socket_directories= template1 <init.sql >>log/initdb.log 2>&1 ||
    { cat log/initdb.log >&2; exit 1; }
  "$PGADDON_BIN/initdb" -D pgdata.new --sync-only >>log/initdb.log 2>&1
  mv pgdata.new pgdata
  sync .
fi
rm -f init.sql

# What was put in from outside is not on disk for sure.
sync conf/* tls/* addon.json conf tls . 2>/dev/null || true

exec "$PGADDON_BIN/postgres" -D pgdata -c config_file="$PGADDON_ROOT/conf/postgresql.conf"
