# /in/harbour.txt, a word a line, in small letters: /out/words.txt.
set -eu
tr -cs 'A-Za-z' '\n' < "${HYPERNODE_IN:-/in}/harbour.txt" | tr 'A-Z' 'a-z' | grep . > "${HYPERNODE_OUT:-/out}/words.txt"
wc -l < "${HYPERNODE_OUT:-/out}/words.txt"
