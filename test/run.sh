#!/bin/bash
# `make run`: an image is made from Debian's static busybox and a container runs
# in it. With a terminal that is a shell; without one it is the README's tour.
set -eu
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
	echo "make run: containers need root here: sudo make run" >&2
	exit 1
fi
if ! [ -x /bin/busybox ]; then
	echo "installing busybox-static"
	DEBIAN_FRONTEND=noninteractive apt-get install -y busybox-static </dev/null >/dev/null 2>&1 ||
		{ apt-get update && apt-get install -y busybox-static; } </dev/null >/dev/null
fi

dir=$(mktemp -d)
trap 'cd /; rm -rf --one-file-system "$dir"' EXIT
export PATH=$PWD/bin:$PATH BANTAM_ROOT=$dir/state
# Commands of the README's tour: the lines behind "$ " between its marks.
tour=$(sed -n '/<!-- tour -->/,/<!-- end of tour -->/s/^\$ //p' README.md)
cd "$dir"

if [ -t 0 ] && [ -t 1 ]; then
	mkdir -p rootfs/bin
	cp /bin/busybox rootfs/bin/
	for applet in $(busybox --list); do
		[ "$applet" = busybox ] || ln -s busybox "rootfs/bin/$applet"
	done
	tar -C rootfs -cf rootfs.tar .
	bantam import rootfs.tar box >/dev/null
	echo "This is a shell in a container. Leave it with: exit"
	bantam run -it --rm --hostname bantam box /bin/sh || true
	exit 0
fi

while IFS= read -r command; do
	printf '$ %s\n' "$command"
	bash -c "$command" </dev/null
done <<<"$tour"
