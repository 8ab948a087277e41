# The ten most frequent lines of /in/list: /out/top.txt.
set -eu
sort "${HYPERNODE_IN:-/in}/list" | uniq -c | sort -k1,1nr -k2,2 | head -10 > "${HYPERNODE_OUT:-/out}/top.txt"
cat "${HYPERNODE_OUT:-/out}/top.txt"
