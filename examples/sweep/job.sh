# How many words of /in/harbour.txt begin with $LETTER and have $LEAST letters or more? The answer goes to /out/count.txt.
set -eu
in=${HYPERNODE_IN:-/in}
out=${HYPERNODE_OUT:-/out}
count=$(tr -cs 'A-Za-z' '\n' < "$in/harbour.txt" | tr 'A-Z' 'a-z' | awk -v letter="$LETTER" -v least="$LEAST" 'substr($0, 1, 1) == letter && length($0) >= least' | wc -l)
echo $((count)) > "$out/count.txt"
echo "$LETTER, $LEAST letters or more: $((count))"
