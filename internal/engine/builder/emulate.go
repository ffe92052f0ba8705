package builder

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"bantam/internal/build/dockerfile"
)

// binfmt is where the kernel lists who runs other machines' programs (admin-guide/binfmt-misc.rst).
const binfmt = "/proc/sys/fs/binfmt_misc"

// runnable refuses a RUN whose programs nothing here can run, before one of them fails with
// "exec format error".
func runnable(p, host dockerfile.Platform, dir string) error {
	if p.OS != host.OS {
		return fmt.Errorf("RUN for %s: this machine runs %s only", p, host.OS)
	}
	switch [2]string{host.Arch, p.Arch} {
	case [2]string{host.Arch, host.Arch}, [2]string{"amd64", "386"}, [2]string{"arm64", "arm"}:
		return nil
	}
	if emulated(dir, p.Arch) {
		return nil
	}
	return fmt.Errorf("RUN for %s: this machine is %s and has no emulator: install qemu-user-static and binfmt-support, "+
		"or cross-compile in a stage FROM --platform=$BUILDPLATFORM", p, host)
}

// emulated says that a handler is registered for an architecture's programs.
func emulated(dir, arch string) bool {
	head, known := elf(arch)
	list, _ := os.ReadDir(dir)
	for _, e := range list {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if known && err == nil && handles(string(text), head) {
			return true
		}
	}
	return false
}

// elf is the begin of an architecture's programs: class, byte order and machine (elf(5)).
func elf(arch string) ([]byte, bool) {
	m, ok := map[string]struct {
		class, data byte
		machine     uint16
	}{
		"386": {1, 1, 3}, "amd64": {2, 1, 62}, "arm": {1, 1, 40}, "arm64": {2, 1, 183}, "riscv64": {2, 1, 243}, "ppc64le": {2, 1, 21},
		"s390x": {2, 2, 22}, "mips64le": {2, 1, 8}, "mips64": {2, 2, 8}, "loong64": {2, 1, 258},
	}[arch]
	b := append([]byte("\x7fELF"), m.class, m.data, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	if m.data == 2 {
		return append(b, 0, 2, byte(m.machine>>8), byte(m.machine)), ok
	}
	return append(b, 2, 0, byte(m.machine), byte(m.machine>>8)), ok
}

// handles reads a handler's file: whether it is enabled and its magic, under its mask, is in head.
func handles(text string, head []byte) bool {
	on, magic, mask := false, []byte(nil), []byte(nil)
	for _, line := range strings.Split(text, "\n") {
		key, value, _ := strings.Cut(line, " ")
		switch key {
		case "enabled":
			on = true
		case "offset":
			on = on && value == "0"
		case "magic":
			magic, _ = hex.DecodeString(value)
		case "mask":
			mask, _ = hex.DecodeString(value)
		}
	}
	if !on || len(magic) == 0 || len(magic) > len(head) {
		return false
	}
	seen := bytes.Clone(head[:len(magic)])
	for i := range min(len(mask), len(magic)) {
		seen[i] &= mask[i]
		magic[i] &= mask[i]
	}
	return bytes.Equal(seen, magic)
}
