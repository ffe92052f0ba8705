#!/bin/bash
# Writes docs/base-images.md: bantam bench of base images made here, of Debian's packages alone. It wants
# root, debootstrap and busybox-static; an image that can't be made is left out, and that is said.
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
export BANTAM_ROOT=$dir/root PATH=$PWD/bin:$PATH
trap 'bantam rm -f $(bantam ps -aq) >/dev/null 2>&1 || :; rm -rf --one-file-system "$dir"' EXIT
made=()

for tar in bin/images/box.tar bin/images/box-min.tar; do bantam load -q -i "$tar" >/dev/null; done
made+=(box box:min)

if busybox=$(command -v busybox); then
	mkdir -p "$dir/busybox/bin"
	cp "$busybox" "$dir/busybox/bin/busybox"
	for applet in $("$busybox" --list | grep -vx busybox); do ln -sf busybox "$dir/busybox/bin/$applet"; done
	tar -C "$dir/busybox" -cf "$dir/busybox.tar" .
	bantam import -c 'CMD ["sh"]' "$dir/busybox.tar" busybox >/dev/null
	made+=(busybox)
fi

# A C library and the shell: what a dynamically linked program needs at least.
mkdir -p "$dir/libc/bin"
cp "$(readlink -f /bin/dash)" "$dir/libc/bin/sh"
for lib in $(ldd /bin/dash | grep -o '/[^ ]*'); do
	mkdir -p "$dir/libc$(dirname "$lib")"
	cp -L "$lib" "$dir/libc$lib"
done
tar -C "$dir/libc" -cf "$dir/libc.tar" .
bantam import -c 'CMD ["sh"]' "$dir/libc.tar" glibc >/dev/null
made+=(glibc)

if command -v debootstrap >/dev/null && debootstrap --variant=minbase stable "$dir/debian" ${DEBIAN_MIRROR:-} >"$dir/log" 2>&1; then
	rm -rf "$dir/debian/var/cache/apt/archives" "$dir/debian/var/lib/apt/lists"
	tar -C "$dir/debian" -cf "$dir/debian.tar" .
	bantam import -c 'CMD ["sh"]' "$dir/debian.tar" debian >/dev/null
	made+=(debian)
else
	echo "report: no Debian: $(tail -n 1 "$dir/log" 2>/dev/null || echo debootstrap is missing)" >&2
fi

{
	echo "# Base images side by side"
	echo
	echo "Written by \`make report\` ($(date -u +%Y-%m-%d), Linux $(uname -r), $(nproc) CPUs): \`bantam bench\` of images made here. Each runs a shell that"
	echo "waits for input. \`glibc\` is a C library and a shell, \`debian\` what debootstrap's minbase makes."
	echo
	echo '```'
	bantam bench --svg docs/base-images.svg --png docs/base-images.png "${made[@]}"
	echo '```'
	echo
	echo "![start, memory and size of each](base-images.svg)"
} >"$dir/page"
mv "$dir/page" docs/base-images.md
cat docs/base-images.md
