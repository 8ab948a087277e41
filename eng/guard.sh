#!/usr/bin/env bash
# Cleans up after a program, however that program ends: it reads commands from stdin and runs them, last first, when stdin
# closes. The program's death closes it too, so nothing that was announced here is left behind, not even by kill -9.
#
#   end PID START     ends a process that began at START (field 22 of /proc/PID/stat): SIGTERM, after 10 s SIGKILL
#   forget FOLDER     removes what is in the folder, but for result/ and logs/
#   anything else     is run by bash
trap '' INT TERM HUP PIPE

started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

end() {
  # A number can be given to another process: its start tells them apart.
  [ "$(started_at "$1")" = "$2" ] || return 0
  kill -TERM "$1" 2>/dev/null
  for _ in $(seq 100); do [ "$(started_at "$1")" = "$2" ] || return 0; sleep 0.1; done
  kill -KILL "$1" 2>/dev/null
}

# A folder of a run: all but its result and its logs goes. Quotas of agents that were killed are still mounted in it.
forget() {
  awk -v folder="$1/" 'index($2, folder) == 1 { print $2 }' /proc/self/mounts | sort -r | while read -r mount; do umount -l "$mount"; done
  find "$1" -mindepth 1 -maxdepth 1 ! -name result ! -name logs -exec rm -rf {} +
}

commands=()
while IFS= read -r line; do commands+=("$line"); done
for ((i = ${#commands[@]} - 1; i >= 0; i--)); do eval "${commands[i]}"; done
