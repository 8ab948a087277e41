#!/usr/bin/env bash
# A container engine for this machine: the one that is there, else a private, throw-away one.
#
#   eng/engine.sh start|stop|status [DATA_FOLDER]
#
# start   prints DOCKER_HOST=unix://… on stdout (only that). An engine that answers at DOCKER_HOST or at
#         /var/run/docker.sock is preferred; HYPERNODE_PRIVATE_ENGINE=1 insists on a private one.
# stop    ends the private engine with its containers and mounts; never an engine that it did not start.
# status  prints DOCKER_HOST=… and exits 0 when one answers, else 1.
#
# DATA_FOLDER (or HYPERNODE_ENGINE_DIR) defaults to $TMPDIR/hypernode-engine. HYPERNODE_PURGE=1 makes stop delete its images too.
# The private engine has no bridge, no iptables rules and no ip-forward: it leaves the host's network alone.
set -euo pipefail

command=${1:-}
folder=${2:-${HYPERNODE_ENGINE_DIR:-${TMPDIR:-/tmp}/hypernode-engine}}
case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
socket=$folder/docker.sock
# One cgroup per private engine, so that stop can tell its processes from anybody else's.
cgroup=hypernode-$(printf %s "$folder" | cksum | cut -d' ' -f1)

say() { echo "engine: $*" >&2; }

answers() { [ -S "$1" ] && curl -sf -m 2 --unix-socket "$1" http://engine/_ping >/dev/null 2>&1; }

existing() {
  [ "${HYPERNODE_PRIVATE_ENGINE:-}" = 1 ] && return 1
  local candidate
  for candidate in "${DOCKER_HOST:+${DOCKER_HOST#unix://}}" /var/run/docker.sock; do
    if [ -n "$candidate" ] && answers "$candidate"; then echo "$candidate"; return 0; fi
  done
  return 1
}

# A pid file can outlive its process and its number can be given to another: ask what the process is.
ours() {
  [ -s "$folder/docker.pid" ] || return 1
  tr '\0' ' ' < "/proc/$(cat "$folder/docker.pid")/cmdline" 2>/dev/null | grep -qF -- "--data-root $folder/data"
}

# containerd and the shims that our dockerd started, and a dockerd that has no pid file yet; they name our exec root.
helpers() {
  local file pid
  for file in $(grep -lsF -- "$folder/exec" /proc/[0-9]*/cmdline || true); do
    pid=${file#/proc/}; pid=${pid%/cmdline}
    case $(readlink "/proc/$pid/exe" || true) in */containerd*|*/dockerd*) echo "$pid" ;; esac
  done
}

install_engine() {
  command -v dockerd >/dev/null && command -v curl >/dev/null && return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say "no container engine answers, and one can be installed only as root on Debian."
    say "Install Docker (Debian: apt-get install docker.io) and set DOCKER_HOST, or run this as root."
    exit 1
  fi
  say "installing docker.io"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=600 update -q >/dev/null
  # RUNLEVEL=1: the package must not start a system-wide engine.
  RUNLEVEL=1 apt-get -o DPkg::Lock::Timeout=600 install -y -q --no-install-recommends docker.io curl e2fsprogs >/dev/null
}

end_ours() {
  local pid file mount
  if ours; then
    pid=$(cat "$folder/docker.pid")
    if answers "$socket"; then
      for id in $(curl -sf --unix-socket "$socket" "http://engine/containers/json?all=1" | grep -o '"Id":"[0-9a-f]\{64\}"' | cut -d'"' -f4); do
        curl -sf -X DELETE --unix-socket "$socket" "http://engine/containers/$id?force=1&v=1" || true
      done
    fi
    kill "$pid"
    for _ in $(seq 100); do [ -d "/proc/$pid" ] || break; sleep 0.1; done
    if [ -d "/proc/$pid" ]; then kill -9 "$pid" || true; fi
  fi
  for pid in $(helpers); do kill -9 "$pid" 2>/dev/null || true; done
  # Containers whose shim has died: what is still in our cgroup is ours.
  for file in $(find /sys/fs/cgroup -path "*/$cgroup/*" -name cgroup.procs 2>/dev/null || true); do
    for pid in $(cat "$file" 2>/dev/null); do kill -9 "$pid" 2>/dev/null || true; done
  done
  { grep -oF " $folder/" /proc/self/mounts >/dev/null && awk -v f="$folder/" 'index($2, f) == 1 { print $2 }' /proc/self/mounts || true; } | sort -r |
    while read -r mount; do umount -l "$mount" 2>/dev/null || true; done
  find /sys/fs/cgroup -depth -type d \( -name "$cgroup" -o -path "*/$cgroup/*" \) -exec rmdir {} + 2>/dev/null || true
  rm -rf "$folder/exec" "$folder/docker.pid" "$socket"
  if [ "${HYPERNODE_PURGE:-}" = 1 ]; then rm -rf "$folder/data"; fi
}

start() {
  local found
  if found=$(existing); then echo "DOCKER_HOST=unix://$found"; return; fi
  install_engine
  if [ "$(id -u)" != 0 ]; then say "a private engine needs root; start yours and set DOCKER_HOST."; exit 1; fi
  mkdir -p "$folder"
  exec 9>"$folder/lock"
  flock -w 60 9
  if ours && answers "$socket"; then echo "DOCKER_HOST=unix://$socket"; return; fi
  end_ours
  # Its own, else the host's /etc/docker/daemon.json would be read. ptrace: gVisor's slow way, which works
  # where there is no /dev/kvm; no network but its own loopback, which is what jobs get there.
  local runtimes='{}'
  if runsc=$(command -v runsc); then runtimes='{"runtimes": {"runsc": {"path": "'$runsc'", "runtimeArgs": ["--platform=ptrace", "--network=none"]}}}'; fi
  echo "$runtimes" > "$folder/daemon.json"
  setsid "$(command -v dockerd)" --host "unix://$socket" --data-root "$folder/data" --exec-root "$folder/exec" \
    --pidfile "$folder/docker.pid" --config-file "$folder/daemon.json" --storage-driver "${HYPERNODE_STORAGE_DRIVER:-overlay2}" \
    --iptables=false --ip6tables=false --bridge=none --ip-forward=false --cgroup-parent "/$cgroup" --log-level warn \
    > "$folder/log" 2>&1 < /dev/null 9>&- &
  for _ in $(seq 300); do
    if answers "$socket"; then echo "DOCKER_HOST=unix://$socket"; return; fi
    sleep 0.1
  done
  say "the engine did not start:"
  tail -20 "$folder/log" >&2
  exit 1
}

case $command in
  start) start ;;
  stop)
    [ -d "$folder" ] || exit 0
    exec 9>"$folder/lock"
    flock -w 60 9
    end_ours ;;
  status)
    if found=$(existing); then echo "DOCKER_HOST=unix://$found"
    elif answers "$socket"; then echo "DOCKER_HOST=unix://$socket"
    else say "no engine answers"; exit 1; fi ;;
  *) say "usage: eng/engine.sh start|stop|status [DATA_FOLDER]"; exit 2 ;;
esac
