#!/usr/bin/env bash
# A private PostgreSQL and a private RabbitMQ (with its management UI) on free loopback ports.
#
#   eng/services.sh start --data DIR [--json]   starts what is not running; prints where it is
#   eng/services.sh stop  --data DIR [--now]    ends what start started, and only that; --now: without saving anything,
#                                               since nobody wants the data any more
#   eng/services.sh status --data DIR [--json]  prints where it is; exits 1 when it is not running
#
# start prints shell lines to be sourced (`. <(eng/services.sh start --data DIR)`), or with --json one object:
#   HYPERNODE_TEST_POSTGRES       connection string of a superuser
#   HYPERNODE_TEST_RABBITMQ       amqp uri of an administrator
#   HYPERNODE_RABBITMQ_MANAGEMENT http uri of the management API and UI
#   HYPERNODE_TEST_BROKER_AUTH    http uri under which RabbitMQ asks who it may let in, when it knows a user not itself
# The last is the API's (its secret path included, so: a secret). HYPERNODE_BROKER_AUTH_URL in the environment of start says
# where that is; without it a port is reserved, on which a test may answer. While nobody answers, nodes are kept out.
# Debian's packages are installed when they are missing (as root). The servers refuse to run as root, so they run as
# their packages' users, with fresh passwords that stand in DIR/services alone.
set -euo pipefail
cd "$(dirname "$0")/.."
. eng/prerequisites.sh

usage() { sed -n '2,18p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2; }
say() { echo "services: $*" >&2; }

command=${1:-}
[ $# -gt 0 ] && shift
data='' json=no now=no
while [ $# -gt 0 ]; do
  case $1 in
    --data) data=${2:?--data needs a folder}; shift 2 ;;
    --json) json=yes; shift ;;
    --now) now=yes; shift ;;
    *) usage ;;
  esac
done
[ -n "$data" ] || usage
case $data in /*) ;; *) data=$PWD/$data ;; esac

as_user() { # as_user USER COMMAND...   without a login, and without our open files
  local user=$1
  shift
  if [ "$(id -u)" = 0 ]; then set -- setpriv --reuid="$user" --regid="$user" --init-groups -- "$@"; fi
  ${as:-} "$@"
}

# The servers' users must be able to reach their folder; a folder under /root is out of their reach.
choose_folder() {
  if [ -s "$data/services.folder" ]; then cat "$data/services.folder"; return; fi
  mkdir -p "$data"
  chmod o+x "$data"
  local folder=$data/services
  if [ "$(id -u)" = 0 ] && ! as_user postgres test -x "$data"; then
    folder=/var/tmp/hypernode-services-$(printf %s "$data" | cksum | cut -d' ' -f1)
    say "$data can't be reached by the servers' users; their data is in $folder"
  fi
  mkdir -p "$folder"
  [ -O "$folder" ] || { say "$folder belongs to somebody else"; return 1; }
  echo "$folder" > "$data/services.folder"
  echo "$folder"
}

taken=' '
free_port() { # sets $port; below the ephemeral range, so that no outgoing connection has it
  while :; do
    port=$((20000 + RANDOM % 10000))
    case $taken in *" $port "*) continue ;; esac
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { taken="$taken$port "; return; }
  done
}

secret() { head -c 18 /dev/urandom | base64 | tr '+/' '-_'; }

# A pid file can outlive its process and its number can be given to another: ask what the process is.
ours() { # ours PIDFILE TEXT
  [ -s "$1" ] && [ -r "/proc/$(head -1 "$1")/cmdline" ] && tr '\0' ' ' < "/proc/$(head -1 "$1")/cmdline" | grep -qF -- "$2"
}

end() { # end PIDFILE TEXT SIGNAL
  ours "$1" "$2" || return 0
  local pid
  pid=$(head -1 "$1")
  kill "-$3" "$pid"
  for _ in $(seq 150); do [ -d "/proc/$pid" ] || return 0; sleep 0.1; done
  kill -9 "$pid" 2>/dev/null || true
}

# One at a time: start, with all that it runs but the servers themselves, holds this. So a stop that comes while a start is
# still running, or has just been killed, waits until nothing more can appear.
take_lock() {
  mkdir -p "$data"
  exec 9>"$data/services.lock"
  flock -w 120 9
}

postgres_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1; }

start_postgres() {
  local bin home=$folder/postgres
  bin=$(postgres_bin)
  ours "$home/data/postmaster.pid" "$home/data" && return 0
  if [ ! -s "$home/data/PG_VERSION" ]; then
    as_user postgres "$bin/initdb" -D "$home/data" -U postgres --auth=scram-sha-256 --pwfile="$home/password" \
      -E UTF8 --locale=C.UTF-8 --no-instructions > "$home/initdb.log" 2>&1 || { tail -20 "$home/initdb.log" >&2; return 1; }
  fi
  # Durable as in production: what these tests prove is that a commit survives.
  as_user postgres "$bin/pg_ctl" -D "$home/data" -l "$home/log" -w -t 60 -s \
    -o "-c listen_addresses=127.0.0.1 -c port=$POSTGRES_PORT -c unix_socket_directories='$home' -c max_connections=200" start \
    >/dev/null 2>&1 < /dev/null 9>&- || { tail -20 "$home/log" >&2; return 1; }
}

rabbit_environment() {
  local home=$folder/rabbitmq
  export HOME=$home RABBITMQ_HOME=/usr/lib/rabbitmq
  export RABBITMQ_NODENAME=hypernode-$RABBIT_PORT@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$RABBIT_PORT
  export RABBITMQ_DIST_PORT=$DIST_PORT ERL_EPMD_PORT=$EPMD_PORT ERL_EPMD_ADDRESS=127.0.0.1
  export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
  export RABBITMQ_MNESIA_BASE=$home/mnesia RABBITMQ_LOG_BASE=$home/log RABBITMQ_PID_FILE=$home/pid
  export RABBITMQ_CONFIG_FILE=$home/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=$home/enabled_plugins
  export RABBITMQ_CONF_ENV_FILE=$home/no-env.conf RABBITMQ_ADVANCED_CONFIG_FILE=$home/no-advanced.config
}

start_rabbit() {
  local home=$folder/rabbitmq auth
  auth=${HYPERNODE_BROKER_AUTH_URL:-http://127.0.0.1:$AUTH_PORT/broker-auth/$AUTH_KEY}
  # One that runs asks where it was told to when it started.
  [ "$auth" = "$(cat "$folder/rabbitmq.auth" 2>/dev/null)" ] || end "$home/pid" "-home $home " TERM
  (umask 077; echo "$auth" > "$folder/rabbitmq.auth")
  if ! ours "$home/pid" "-home $home "; then
    cat > "$home/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$RABBIT_PORT
management.tcp.ip = 127.0.0.1
management.tcp.port = $MANAGEMENT_PORT
default_user = hypernode
default_pass = $RABBIT_PASSWORD
default_user_tags.administrator = true
default_permissions.configure = .*
default_permissions.read = .*
default_permissions.write = .*
disk_free_limit.absolute = 50MB
collect_statistics_interval = 2000
$(while IFS= read -r line; do printf '%s\n' "${line//@AUTH@/$auth}"; done < ops/rabbitmq/nodes.conf)
CONF
    cat ops/rabbitmq/enabled_plugins > "$home/enabled_plugins"
    [ "$(id -u)" != 0 ] || chown rabbitmq:rabbitmq "$home/rabbitmq.conf" "$home/enabled_plugins"
    chmod 600 "$home/rabbitmq.conf"
    rm -f "$home/pid"
    (rabbit_environment; cd /; as=exec as_user rabbitmq setsid /usr/lib/rabbitmq/bin/rabbitmq-server > "$home/out" 2>&1 < /dev/null 9>&-) &
  fi
  for _ in $(seq 600); do
    # The password on stdin: a command line can be read by everybody.
    if printf 'user = "hypernode:%s"\n' "$RABBIT_PASSWORD" |
      curl -K - -sf -m 2 -o /dev/null "http://127.0.0.1:$MANAGEMENT_PORT/api/overview" &&
      (exec 3<>"/dev/tcp/127.0.0.1/$RABBIT_PORT") 2>/dev/null; then return 0; fi
    # Whoever wanted it may be gone.
    [ -d /proc/$$ ] || return 1
    sleep 0.1
  done
  say "RabbitMQ did not start:"
  tail -20 "$home/out" >&2
  return 1
}

# RabbitMQ writes its pid file late and has helpers of its own, such as Erlang's port mapper: their environment tells whose
# they are. Again and again, since what is just being started may start another.
end_rabbit_helpers() {
  local files file pid
  while files=$(grep -lsaF "RABBITMQ_PID_FILE=$folder/rabbitmq/pid" /proc/[0-9]*/environ || true); [ -n "$files" ]; do
    # All at once: some of them start others anew.
    for file in $files; do pid=${file#/proc/}; kill -KILL "${pid%/environ}" 2>/dev/null || true; done
    sleep 0.05
  done
}

print() {
  local postgres="Host=127.0.0.1;Port=$POSTGRES_PORT;Username=postgres;Password=$POSTGRES_PASSWORD;Database=postgres"
  local rabbit="amqp://hypernode:$RABBIT_PASSWORD@127.0.0.1:$RABBIT_PORT/" management="http://127.0.0.1:$MANAGEMENT_PORT"
  local auth
  auth=$(cat "$folder/rabbitmq.auth")
  if [ "$json" = yes ]; then
    printf '{"postgres":"%s","rabbitmq":"%s","management":"%s","user":"hypernode","password":"%s","passwordFile":"%s","brokerAuth":"%s"}\n' \
      "$postgres" "$rabbit" "$management" "$RABBIT_PASSWORD" "$folder/rabbitmq.password" "$auth"
  else
    printf "export HYPERNODE_TEST_POSTGRES='%s'\nexport HYPERNODE_TEST_RABBITMQ='%s'\nexport HYPERNODE_RABBITMQ_MANAGEMENT='%s'\nexport HYPERNODE_TEST_BROKER_AUTH='%s'\n" \
      "$postgres" "$rabbit" "$management" "$auth"
  fi
}

running() {
  ours "$folder/postgres/data/postmaster.pid" "$folder/postgres/data" && ours "$folder/rabbitmq/pid" "-home $folder/rabbitmq "
}

start() {
  install_packages curl curl
  install_packages setpriv util-linux
  [ -n "$(postgres_bin)" ] || install_packages /usr/lib/postgresql/15/bin/initdb postgresql-15
  install_packages /usr/lib/rabbitmq/bin/rabbitmq-server rabbitmq-server
  take_lock
  folder=$(choose_folder)
  mkdir -p "$folder"/{postgres,rabbitmq/mnesia,rabbitmq/log}
  if [ ! -s "$folder/settings" ]; then
    free_port; echo "POSTGRES_PORT=$port" > "$folder/settings.new"
    for name in RABBIT_PORT MANAGEMENT_PORT DIST_PORT EPMD_PORT; do free_port; echo "$name=$port" >> "$folder/settings.new"; done
    { echo "POSTGRES_PASSWORD=$(secret)"; echo "RABBIT_PASSWORD=$(secret)"; } >> "$folder/settings.new"
    chmod 600 "$folder/settings.new"
    mv "$folder/settings.new" "$folder/settings"
  fi
  # Older folders have none of these two.
  if ! grep -q '^AUTH_PORT=' "$folder/settings"; then free_port; { echo "AUTH_PORT=$port"; echo "AUTH_KEY=$(secret)"; } >> "$folder/settings"; fi
  . "$folder/settings"
  (umask 077; printf %s "$POSTGRES_PASSWORD" > "$folder/postgres/password"; echo "$RABBIT_PASSWORD" > "$folder/rabbitmq.password")
  if [ "$(id -u)" = 0 ]; then
    chmod 711 "$folder"
    chown -R postgres:postgres "$folder/postgres"
    chown -R rabbitmq:rabbitmq "$folder/rabbitmq"
  fi
  # Both at once, and in the background: what is begun is finished even when we are killed, and stop waits for that.
  start_rabbit & local rabbit=$!
  start_postgres & local postgres=$!
  wait "$postgres"
  wait "$rabbit"
  print
}

stop() {
  [ -d "$data" ] || return 0
  take_lock
  [ -s "$data/services.folder" ] || return 0
  folder=$(cat "$data/services.folder")
  [ ! -s "$folder/settings" ] || end_servers
  if [ "$now" = yes ]; then
    # What lies inside the data folder goes with it.
    case $folder in /var/tmp/hypernode-services-*) rm -rf "$folder" "$data/services.folder" ;; esac
  fi
}

end_servers() {
  . "$folder/settings"
  local rabbit=TERM postgres=INT
  [ "$now" = no ] || { rabbit=KILL postgres=QUIT; }
  end "$folder/rabbitmq/pid" "-home $folder/rabbitmq " "$rabbit" &
  end "$folder/postgres/data/postmaster.pid" "$folder/postgres/data" "$postgres"
  wait
  # The port mapper that Erlang started for this node alone.
  if command -v epmd >/dev/null; then ERL_EPMD_PORT=$EPMD_PORT ERL_EPMD_ADDRESS=127.0.0.1 epmd -kill >/dev/null 2>&1 || true; fi
  end_rabbit_helpers
}

case $command in
  start) start ;;
  stop) stop ;;
  status)
    [ -s "$data/services.folder" ] || { say "not running"; exit 1; }
    folder=$(cat "$data/services.folder")
    running || { say "not running"; exit 1; }
    . "$folder/settings"
    print ;;
  *) usage ;;
esac
