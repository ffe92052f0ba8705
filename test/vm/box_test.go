package vm

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bantam/internal/testenv"
)

// inittab mounts what a system needs, runs one script to its end and gives a shell
// on the serial line to whoever presses enter there.
const inittab = `::sysinit:/bin/mount -t proc proc /proc
::sysinit:/bin/mount -t sysfs sysfs /sys
::sysinit:/bin/mount -t devtmpfs devtmpfs /dev
::wait:/etc/check
ttyS0::askfirst:-/bin/sh
::shutdown:/bin/echo @@ shutdown
::shutdown:/bin/umount -a -r
`

const check = `#!/bin/sh
echo "@@ process 1 is $(cat /proc/1/comm)"
echo "@@ mounted $(mount | grep -c -E '^(proc|sysfs|devtmpfs) ')"
ps -o pid,args | grep '^ *1 ' | sed 's/^/@@ /'
`

// Box alone is a system: its init mounts by its inittab, runs what that names, gives a
// shell that can be used, and powers the machine off.
func TestBoxIsInit(t *testing.T) {
	testenv.Need(t, "vm-amd64", os.Getenv("GOARCH") == "" || os.Getenv("GOARCH") == "amd64")
	qemu := testenv.Program(t, "qemu-system-x86_64")
	cache := filepath.Join(testenv.Module(t), ".cache", "vm")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	k, err := findKernel(cache)
	if err != nil {
		testenv.Skip(t, "vm-kernel", err.Error())
	}
	initrd := filepath.Join(t.TempDir(), "initrd")
	f, err := os.Create(initrd)
	if err != nil {
		t.Fatal(err)
	}
	a := newArchive(f)
	for _, d := range []string{"proc", "sys", "dev", "run", "tmp", "etc", "root", "bin"} {
		a.dir(d)
	}
	packBox(t, a, testenv.Bin(t, "box"))
	a.link("init", "bin/box")
	a.file("etc/inittab", 0o644, []byte(inittab))
	a.file("etc/check", 0o755, []byte(check))
	a.file("etc/passwd", 0o644, []byte("root:x:0:0:root:/root:/bin/sh\n"))
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	console := bootBox(t, qemu, k, initrd)
	for _, want := range []string{
		"@@ process 1 is init", "@@ mounted 3", "@@ answer 42", "@@ shutdown",
	} {
		if !strings.Contains(console, want) {
			t.Errorf("no %q on the console:\n%s", want, console)
		}
	}
}

// bootBox boots, waits for the offer of a shell, types into it, and waits for the end.
func bootBox(t *testing.T, qemu string, k *kernel, initrd string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, qemu,
		"-accel", "tcg", "-cpu", "max", "-m", "512", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-kernel", k.image(), "-initrd", initrd,
		"-append", "console=ttyS0 quiet loglevel=3 panic=-1 rdinit=/init mitigations=off", "-serial", "stdio")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out := &seen{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	type line struct{ after, text string }
	for _, l := range []line{
		{"Please press Enter to activate this console", "\n"},
		{"# ", "echo @@ answer $((6*7))\n"},
		{"@@ answer 42", "poweroff\n"},
	} {
		if !out.await(l.after, ctx.Done()) {
			break
		}
		if _, err := io.WriteString(in, l.text); err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("qemu: %v", err)
	}
	return out.String()
}

// seen is what came from the console so far.
type seen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *seen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *seen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ReplaceAll(s.text.String(), "\r", "")
}

func (s *seen) await(text string, stop <-chan struct{}) bool {
	for !strings.Contains(s.String(), text) {
		select {
		case <-stop:
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	return true
}
