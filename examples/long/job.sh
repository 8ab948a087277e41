# A census of primes in segments, for about twelve seconds: long enough to lose a node in the middle of it.
# The census ends at a fixed number, so the answer in /out/result.csv is the same on every machine; what is left of the time
# goes into counting the last segment again.
set -eu
out=${HYPERNODE_OUT:-/out}
begun=$(date +%s)

segment() {
  awk -v from="$1" -v to="$2" 'BEGIN {
    for (n = from; n < to; n++) {
      if (n < 2) continue
      prime = 1
      for (d = 2; d * d <= n; d++) if (n % d == 0) { prime = 0; break }
      if (prime) { count++; sum += n; last = n }
    }
    printf "%d,%d,%d,%d,%d\n", from, to, count, sum, last
  }'
}

echo "from,to,primes,sum,last" > "$out/result.csv"
from=0
while [ $from -lt 50000 ]; do
  to=$((from + 5000))
  segment $from $to >> "$out/result.csv"
  echo "segment $from to $to: $(tail -1 "$out/result.csv" | cut -d, -f3) primes"
  from=$to
done

first=$(tail -1 "$out/result.csv")
pass=0
while [ $(( $(date +%s) - begun )) -lt 12 ]; do
  pass=$((pass + 1))
  if [ "$(segment 45000 50000)" != "$first" ]; then echo "pass $pass does not agree" >&2; exit 4; fi
  if [ $((pass % 4)) -eq 0 ]; then echo "second $(( $(date +%s) - begun )): pass $pass agrees"; fi
done
echo "done: $(awk -F, 'NR > 1 { n += $3 } END { print n }' "$out/result.csv") primes below 50000"
