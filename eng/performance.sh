#!/usr/bin/env bash
# Measures, and writes what was measured into docs/performance.md, between its <!-- NAME --> and <!-- /NAME --> lines.
#
#   eng/performance.sh [NAME...]    of: engine warm latency crowd history timers settle agent api   (default: all; about 50 minutes on two quiet cores)
#   eng/performance.sh NAME FILE.md puts Markdown there that `./hn bench … --markdown` printed earlier
#
# Figures of a busy machine are worthless: look at the load average that each table is printed with.
set -euo pipefail
cd "$(dirname "$0")/.."
document=docs/performance.md

usage() { sed -n '2,8p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2; }

# put NAME FILE
put() {
  grep -q "^<!-- $1 -->$" "$document" || { echo "performance: $document has no place for $1" >&2; exit 1; }
  [ -s "$2" ] || { echo "performance: nothing was measured for $1" >&2; exit 1; }
  awk -v name="$1" -v file="$2" '
    $0 == "<!-- /" name " -->" { inside = 0 }
    !inside { print }
    $0 == "<!-- " name " -->" { inside = 1; while ((getline line < file) > 0) print line }
  ' "$document" > "$document.new"
  mv "$document.new" "$document"
}

# measure NAME
measure() {
  case $1 in
    engine) ./hn bench engine --peers --markdown ;;
    warm) ./hn bench engine --peers --warm --markdown ;;
    latency | crowd | history | timers | settle | agent | api) ./hn bench "$1" --markdown ;;
    *) usage ;;
  esac
}

if [ $# = 2 ] && [ -f "$2" ]; then
  put "$1" "$2"
  exit
fi
[ $# -gt 0 ] || set -- engine warm latency crowd history timers settle agent api
measured=$(mktemp)
trap 'rm -f "$measured"' EXIT
for name; do
  measure "$name" > "$measured"
  put "$name" "$measured"
done
