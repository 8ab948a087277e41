#!/usr/bin/env bash
# Builds the small image that the examples run in, from a static busybox, and prints its id (sha256:…).
# The machine's own /bin/busybox is taken when it is static, else Debian's busybox-static is fetched.
#
#   DOCKER_HOST=unix://… eng/job-image.sh
#
# No hub and no docker CLI: a deterministic tar goes to the engine's API. The same busybox gives the same layer;
# the id is read back from the engine, since an import's time is a part of it. A repeat answers with the first id.
set -euo pipefail

socket=${DOCKER_HOST:-unix:///var/run/docker.sock}
socket=${socket#unix://}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

call() { curl -sf --unix-socket "$socket" "$@"; }

# The image has nothing else in it, so the program must run in an empty root: one that needs a loader or a library can't.
is_static() { [ -x "$1" ] && "$1" true 2>/dev/null && ! LC_ALL=C grep -qaE '/ld-(linux|musl)[A-Za-z0-9_.-]*\.so' "$1"; }

# Unpacked, not installed: the machine stays as it is, and it works without root.
fetch() {
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  cd "$work"
  apt-get download -q busybox-static >/dev/null 2>&1 || {
    [ "$(id -u)" = 0 ] && apt-get -o DPkg::Lock::Timeout=600 update -q >/dev/null && apt-get download -q busybox-static >/dev/null
  } || return 1
  dpkg-deb -x busybox-static_*.deb package
}

busybox=${HYPERNODE_BUSYBOX:-/bin/busybox}
if ! is_static "$busybox"; then
  (fetch) || true
  busybox=$(find "$work" -path '*/bin/busybox' -type f | head -1)
fi
is_static "$busybox" || { echo "job-image: needed is a static busybox at /bin/busybox, or apt-get to fetch Debian's busybox-static" >&2; exit 1; }

root=$work/root
mkdir -p "$root"/{bin,etc,dev,proc,sys,tmp,in,out}
cp "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do
  [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
printf 'root:x:0:0:root:/:/bin/sh\njob:x:65532:65532:job:/tmp:/bin/sh\n' > "$root/etc/passwd"
printf 'root:x:0:\njob:x:65532:\n' > "$root/etc/group"
chmod 0755 "$root" "$root"/{bin,etc,dev,proc,sys,in,out} "$root/bin/busybox"
chmod 0644 "$root/etc/passwd" "$root/etc/group"
chmod 1777 "$root/tmp"
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=ustar -C "$root" -cf "$work/image.tar" .

# A producer that failed leaves an image of nothing, which the engine takes without a word.
size=$(stat -c %s "$work/image.tar")
[ "$size" -gt 500000 ] || { echo "job-image: the image has only $size bytes" >&2; exit 1; }

tag=$(sha256sum "$work/image.tar" | cut -c1-16)
id_of() { grep -o '"Id":"sha256:[0-9a-f]\{64\}"' | head -1 | cut -d'"' -f4; }
id=$(call "http://engine/images/hypernode-job:$tag/json" | id_of || true)
if [ -z "$id" ]; then
  call -X POST -H 'Content-Type: application/x-tar' -T "$work/image.tar" \
    "http://engine/images/create?fromSrc=-&repo=hypernode-job&tag=$tag&changes=ENV%20PATH%3D%2Fbin&changes=CMD%20%5B%22%2Fbin%2Fsh%22%5D" >/dev/null
  id=$(call "http://engine/images/hypernode-job:$tag/json" | id_of)
fi
[ -n "$id" ] || { echo "job-image: the engine has no such image after the import" >&2; exit 1; }
echo "$id"
