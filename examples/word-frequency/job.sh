# Word and pair frequencies of /in/harbour.txt; the answer goes to /out/result.json.
# Needs nothing but a busybox: sh, awk (without its mathematics), sort. It counts again and again for three seconds, and every count must agree.
set -eu
in=${HYPERNODE_IN:-/in}
out=${HYPERNODE_OUT:-/out}
counts=$out/.counts
text=$in/harbour.txt
begun=$(date +%s)

count() {
  awk '{
    line = tolower($0)
    gsub(/[^a-z]+/, " ", line)
    n = split(line, words, " ")
    for (i = 1; i <= n; i++) seen[words[i]]++
  }
  END { for (word in seen) print seen[word], word }' "$text" | sort -k1,1nr -k2,2
}

echo "reading $(wc -c < "$text") bytes"
count > "$counts"
first=$(sha256sum < "$counts")
echo "counted $(awk '{ n += $1 } END { print n }' "$counts") words, $(wc -l < "$counts") of them distinct"

pass=1
while [ $(( $(date +%s) - begun )) -lt 3 ]; do
  pass=$((pass + 1))
  again=$(count | sha256sum)
  if [ "$again" != "$first" ]; then echo "pass $pass does not agree with the first" >&2; exit 4; fi
  if [ $((pass % 5)) -eq 0 ]; then echo "pass $pass agrees"; fi
done
echo "$pass passes agree"

# How much of the text do its most frequent words make, and which word follows which most often?
awk '
NR == FNR { words += $1; distinct++; if (NR <= 10) often += $1; if (NR <= 20) { word[NR] = $2; times[NR] = $1 }; next }
{
  line = tolower($0)
  gsub(/[^a-z]+/, " ", line)
  n = split(line, w, " ")
  for (i = 2; i <= n; i++) {
    pair = w[i - 1] " " w[i]
    pairs[pair]++
    if (pairs[pair] > most || (pairs[pair] == most && pair < best)) { most = pairs[pair]; best = pair }
  }
}
END {
  printf "{\n  \"words\": %d,\n  \"distinct\": %d,\n", words, distinct
  printf "  \"topTenPerMille\": %d,\n  \"mostFrequentPair\": \"%s\",\n  \"pairCount\": %d,\n  \"top\": [", int(often * 1000 / words), best, most
  for (i = 1; i <= 20; i++) printf "%s\n    {\"word\": \"%s\", \"count\": %d}", (i > 1 ? "," : ""), word[i], times[i]
  print "\n  ]\n}"
}' "$counts" "$text" > "$out/result.json"
rm "$counts"
echo "done: the most frequent word is '$(awk -F'"' '/"word"/ { print $4; exit }' "$out/result.json")'"
