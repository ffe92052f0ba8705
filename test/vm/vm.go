// Package vm runs the runtime's tests under Debian's cloud kernel in a virtual
// machine: cgroup v2 with all its controllers, device rules by eBPF, AppArmor, and
// a kernel older than most hosts'. qemu emulates the processor, so no KVM is needed.
//
// The host side builds the test programs of the chosen packages, packs them with
// the runtime, box and Command init (init/main.go) into an initramfs, boots it, and
// reads the results from a serial port:
//
//	host                                  guest
//	go test -c, cpio, qemu    ──boot──▶   init: switch root, mount, load modules
//	                                      for each suite: run it in its folder
//	parse results             ◀─ttyS1──   "@@ begin PACKAGE", output, "@@ end PACKAGE CODE"
//	fail unless "@@ done"     ◀─ttyS1──   "@@ done", power off
package vm

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// machine is a virtual machine about to run.
type machine struct {
	qemu   string
	kernel *kernel
	initrd string
	memory string // MiB
	dir    string // for the serial ports' files
}

// run boots the machine and waits for its end. It returns what came from the
// results port and from the kernel's console.
func (m *machine) run(ctx context.Context) (results, console string, err error) {
	out, log := filepath.Join(m.dir, "results"), filepath.Join(m.dir, "console")
	cmd := exec.CommandContext(ctx, m.qemu,
		"-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", m.memory,
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-kernel", m.kernel.image(), "-initrd", m.initrd,
		"-append", "console=ttyS0 quiet loglevel=3 panic=-1 rdinit=/init mitigations=off apparmor=1",
		"-chardev", "file,id=console,path="+log, "-serial", "chardev:console",
		"-chardev", "file,id=results,path="+out, "-serial", "chardev:results")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err = cmd.Run(); err != nil {
		err = fmt.Errorf("qemu: %w: %s", err, stderr.String())
	}
	r, _ := os.ReadFile(out)
	c, _ := os.ReadFile(log)
	clean := func(b []byte) string { return string(bytes.ReplaceAll(b, []byte("\r"), nil)) }
	return clean(r), clean(c), err
}
