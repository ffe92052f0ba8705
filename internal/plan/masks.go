package plan

import (
	"strings"

	"bantam/internal/linux/mount"
	"bantam/internal/oci"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// masks hides the spec's masked paths and protects the read-only ones. The container's root is
// the root already, so paths end inside it; the current folder is the host's root,
// whose /dev/null nobody in the container can have replaced (CVE-2025-31133).
func (b *builder) masks() {
	l := b.spec.Linux
	for _, p := range l.ReadonlyPaths {
		b.readonly(p)
	}
	if len(l.MaskedPaths) == 0 {
		return
	}
	null := b.nullSource()
	for _, p := range l.MaskedPaths {
		b.mask(null, p)
	}
}

// nullSource is /dev/null as a path of the host, relative to the current folder.
func (b *builder) nullSource() arg {
	if b.opt.NoPivot || b.new&unix.CLONE_NEWNS == 0 {
		// Without pivot_root the host's is out of reach: our own device.
		b.at(WhyMask, "/dev")
		b.call(unix.SYS_FCHDIR, reg(regDev))
		return b.str("null")
	}
	return b.str("dev/null")
}

// mask hides one path: a file behind /dev/null, a folder behind an empty file system.
func (b *builder) mask(null arg, path string) {
	b.at(WhyMask, path)
	at := b.str(path)
	file := func() *Step {
		return b.call(unix.SYS_MOUNT, null, at, imm(0), imm(unix.MS_BIND), imm(0)).ignore(unix.ENOENT, unix.ENOTDIR)
	}
	folder := func() *Step {
		return b.call(unix.SYS_MOUNT, b.str("tmpfs"), at, b.str("tmpfs"), imm(unix.MS_RDONLY), b.str("nr_blocks=1,nr_inodes=1")).ignore(unix.ENOENT, unix.ENOTDIR)
	}
	first, second := file, folder
	if usuallyFolder(path) {
		first, second = folder, file
	}
	first()
	done := b.skipping(IfOK)
	second()
	b.land(done)
}

// usuallyFolder guesses what is there, to try that first.
func usuallyFolder(path string) bool {
	switch path {
	case "/proc/acpi", "/proc/asound", "/proc/scsi":
		return true
	}
	return strings.HasPrefix(path, "/sys/")
}

// readonly mounts a path on itself and makes that read-only.
func (b *builder) readonly(path string) {
	b.at(WhyReadonly, path)
	b.openTree(atFDCWD(), path, unix.AT_RECURSIVE).out(regTree).ignore(unix.ENOENT, unix.ENOTDIR)
	missing := b.skipping(IfIgnored)
	b.setattr(reg(regTree), "", unix.AT_RECURSIVE, mount.Attr{Set: unix.MOUNT_ATTR_RDONLY}, 0)
	b.moveMount(regTree, atFDCWD(), path)
	b.land(missing)
}

// proc gives a procfs that only this plan has touched (CVE-2025-52881).
func (b *builder) proc() arg {
	if !b.private {
		fs := b.fsopen("proc")
		b.fsmount(fs, 0, regProc)
		b.private = true
	}
	return reg(regProc)
}

// sysctls writes the spec's kernel parameters, sorted by name.
func (b *builder) sysctls() {
	if b.err != nil {
		return
	}
	for _, name := range sortedKeys(b.spec.Linux.Sysctl) {
		b.at(WhySysctl, name)
		b.write(b.proc(), "sys/"+oci.SysctlPath(name), private|unix.RESOLVE_NO_SYMLINKS, b.spec.Linux.Sysctl[name])
	}
}

// labels writes what the next execve becomes under a security module.
func (b *builder) labels(p *specs.Process) {
	if b.err != nil {
		return
	}
	if l := p.ApparmorProfile; l != "" && (l != "unconfined" || b.host.AppArmor) {
		if !b.host.AppArmor {
			b.fail("process.apparmorProfile ", l, ": apparmor is not enabled on this host: remove it or enable the module")
			return
		}
		b.at(WhyLabel, "apparmor profile "+l)
		file := b.host.AppArmorFile
		if file == "" {
			file = "exec"
		}
		b.write(b.proc(), "self/attr/"+file, private, "exec "+l)
	}
	if l := p.SelinuxLabel; l != "" {
		if !b.host.SELinux {
			b.fail("process.selinuxLabel ", l, ": selinux is not enabled on this host: remove it or enable the module")
			return
		}
		b.at(WhyLabel, "selinux label "+l)
		b.write(b.proc(), "self/attr/exec", private, l)
	}
}

// hostnames names the container.
func (b *builder) hostnames() {
	for _, n := range [...]struct {
		nr   int
		text string
		why  Why
	}{{unix.SYS_SETHOSTNAME, b.spec.Hostname, WhyHostname}, {unix.SYS_SETDOMAINNAME, b.spec.Domainname, WhyDomainname}} {
		if n.text == "" {
			continue
		}
		if b.ns&unix.CLONE_NEWUTS == 0 {
			b.fail("unable to set hostname without a private UTS namespace")
			return
		}
		b.at(n.why, n.text)
		b.call(n.nr, b.str(n.text), imm(len(n.text)))
	}
}
