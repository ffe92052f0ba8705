#!/bin/bash
# `make run`: a container of the built-in image. With a terminal that is a shell in
# it; without one it is the README's tour.
set -eu
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
	echo "make run: containers need root here: sudo make run" >&2
	exit 1
fi
dir=$(mktemp -d)
trap 'cd /; rm -rf --one-file-system "$dir"' EXIT
export PATH=$PWD/bin:$PATH BANTAM_ROOT=$dir/state
# Commands of the README's tour: the lines behind "$ " between its marks.
tour=$(sed -n '/<!-- tour -->/,/<!-- end of tour -->/s/^\$ //p' README.md)
cd "$dir"

if [ -t 0 ] && [ -t 1 ]; then
	echo "This is a shell in a container. Leave it with: exit"
	bantam run -it --rm --hostname bantam box || true
	exit 0
fi

while IFS= read -r command; do
	printf '$ %s\n' "$command"
	bash -c "$command" </dev/null
done <<<"$tour"
