package peers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// foreign are machines that this one is not: their emulator in Debian's qemu-user-static, what uname calls
// them, and their number in a program's header (elf(5)).
var foreign = map[string]struct {
	arch, emulator, uname string
	machine               byte
}{
	"amd64": {"arm64", "qemu-aarch64-static", "aarch64", 0xb7},
	"arm64": {"amd64", "qemu-x86_64-static", "x86_64", 0x3e},
}

const binfmt = "/proc/sys/fs/binfmt_misc"

// TestForeignRun: RUN and a container of another machine's programs, by an emulator that the kernel knows of. The
// handler is the kernel's for all, so it has a name of its own and goes at the end.
func TestForeignRun(t *testing.T) {
	testenv.Root(t)
	other, ok := foreign[runtime.GOARCH]
	testenv.Need(t, "emulator", ok)
	emulate(t, testenv.Program(t, other.emulator), other.machine)
	own, dir := bantam(t), folder(t)
	if err := errors.Join(os.MkdirAll(dir+"/root/bin", 0o755), os.Mkdir(dir+"/ctx", 0o755)); err != nil {
		t.Fatal(err)
	}
	crossBox(t, other.arch, dir+"/root/bin/box")
	for _, a := range [...]string{"sh", "cat", "uname"} {
		if err := os.Symlink("box", dir+"/root/bin/"+a); err != nil {
			t.Fatal(err)
		}
	}
	platform := "linux/" + other.arch
	text := "FROM base\nRUN uname -m >/machine\nRUN [\"uname\", \"-m\"]\nCMD [\"cat\", \"/machine\"]\n"
	if err := os.WriteFile(dir+"/ctx/Dockerfile", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("tar", "-C", dir+"/root", "-cf", dir+"/root.tar", ".").CombinedOutput(); err != nil {
		t.Fatalf("tar: %v\n%s", err, out)
	}
	own.must(t, "import", "--platform", platform, dir+"/root.tar", "base")
	said := own.try(t, "build", "--progress", "plain", "--network", "none", "--platform", platform, "-t", "made", dir+"/ctx")
	if said.code != 0 || !strings.Contains(said.stderr, " "+other.uname+"\n") {
		t.Fatalf("build: %d\n%s", said.code, said.stderr)
	}
	own.want(t, other.arch, "image", "inspect", "-f", "{{.Architecture}}", "made")
	own.want(t, other.uname, "run", "--rm", "--network", "none", "--platform", platform, "made")
}

// emulate registers an emulator (admin-guide/binfmt-misc.rst): F opens it now, so no container needs to have it.
func emulate(t *testing.T, program string, machine byte) {
	t.Helper()
	if err := unix.Mount("binfmt_misc", binfmt, "binfmt_misc", 0, ""); err != nil {
		testenv.Skip(t, "emulator", "mount binfmt_misc: "+err.Error())
	}
	t.Cleanup(func() { _ = unix.Unmount(binfmt, unix.MNT_DETACH) })
	name := fmt.Sprintf("bantam-test-%d", os.Getpid())
	const mask = `\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`
	magic := fmt.Sprintf(`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x%02x\x00`, machine)
	if err := os.WriteFile(binfmt+"/register", []byte(":"+name+":M::"+magic+":"+mask+":"+program+":POCF"), 0); err != nil {
		testenv.Skip(t, "emulator", err.Error())
	}
	t.Cleanup(func() {
		if err := os.WriteFile(filepath.Join(binfmt, name), []byte("-1"), 0); err != nil {
			t.Error(err)
		}
	})
}

// crossBox builds box for another machine.
func crossBox(t *testing.T, arch, path string) {
	t.Helper()
	cmd := exec.Command(testenv.Program(t, "go"), "build", "-trimpath", "-o", path, "./cmd/box")
	cmd.Dir = testenv.Module(t)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build box for %s: %v\n%s", arch, err, out)
	}
}
