# Does two seconds of work on /in/harbour.txt, then finds that it was told to look for something that is not there: exit code 3.
# The fault is the job's own, so the node is paid for the time that it gave.
set -eu
in=${HYPERNODE_IN:-/in}
begun=$(date +%s)
pass=0
while [ $(( $(date +%s) - begun )) -lt 3 ]; do
  pass=$((pass + 1))
  found=$(tr -cs 'A-Za-z' '\n' < "$in/harbour.txt" | grep -c '^unicorn$' || true)
done
echo "searched $pass times, found $found"
echo "no unicorn in this harbour" >&2
exit 3
