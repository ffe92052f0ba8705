package mount

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/loopdevice"

	"golang.org/x/sys/unix"
)

// request is one thing to mount.
type request struct{ source, dir, fstype, options string }

// failed is the exit status of a mount that didn't work.
const failed = 255

// one mounts one thing. With again, one that is mounted already is no failure.
func (m *mounter) one(r request, again bool) int {
	r.source = resolve(r.source)
	flags, data := parse(r.options)
	if r.fstype == "auto" {
		r.fstype = ""
	}
	status, err := m.try(r, flags, data)
	switch {
	case status == 0 && err == nil, err == syscall.EBUSY && again, err == syscall.ENOENT && flags&noFail != 0:
		return 0
	case err == errTold:
		return failed
	case err == syscall.EPERM:
		m.Complain("permission denied (are you root?)")
		return 1
	}
	m.Warn("mounting "+r.source+" on "+r.dir+" failed", err)
	return status
}

// errTold is a failure whose reason is on stderr already.
var errTold = syscall.Errno(0xfff)

// try finds out what kind of mount it is and does it.
func (m *mounter) try(r request, flags uint64, data string) (int, error) {
	if strings.IndexByte(r.source, '#') >= 0 && flags&(unix.MS_BIND|unix.MS_MOVE|unix.MS_REMOUNT) == 0 {
		return m.program(r)
	}
	if (r.fstype == "" || r.fstype == "cifs") && isShare(r.source) {
		return m.share(r, flags, data)
	}
	var st syscall.Stat_t
	if flags&(unix.MS_REMOUNT|unix.MS_BIND|unix.MS_MOVE) == 0 && syscall.Stat(r.source, &st) == nil {
		switch st.Mode & syscall.S_IFMT {
		case syscall.S_IFREG:
			return m.image(r, flags, data)
		case syscall.S_IFDIR:
			if r.fstype == "" {
				flags |= unix.MS_BIND
			}
		}
	}
	return m.guess(r, flags, data)
}

// program runs "cmd#arg1#arg2" as `cmd arg1 arg2 DIR`; ## is a #'s own.
func (m *mounter) program(r request) (int, error) {
	const hidden = "\x00"
	argv := strings.Split(strings.ReplaceAll(r.source, "##", hidden), "#")
	for i := range argv {
		argv[i] = strings.ReplaceAll(argv[i], hidden, "#")
	}
	if status := m.Command(append(argv, r.dir)); status != 0 {
		return status, errTold
	}
	return 0, nil
}

// image mounts a file by way of a loop device, which goes with the mount.
func (m *mounter) image(r request, flags uint64, data string) (int, error) {
	o := loopdevice.Options{ReadOnly: flags&unix.MS_RDONLY != 0, Autoclear: true}
	ok := false
	if data, o.Offset, ok = cutNumber(data, "offset"); ok {
		data, o.Limit, ok = cutNumber(data, "sizelimit")
	}
	if !ok {
		m.Complain("bad option '" + data + "'")
		return failed, errTold
	}
	if m.Has("f") {
		return m.guess(r, flags, data)
	}
	device, fd, err := loopdevice.Attach("", absolute(r.source), o)
	if err != nil {
		m.Warn("can't setup loop device", err)
		return failed, errTold
	}
	defer syscall.Close(fd)
	r.source = device
	status, err := m.guess(r, flags, data)
	if status != 0 {
		loopdevice.Detach(device)
	}
	return status, err
}

// guess tries the types that were given, or all that the kernel has for devices.
func (m *mounter) guess(r request, flags uint64, data string) (status int, err error) {
	types := strings.Split(r.fstype, ",")
	if r.fstype == "" && flags&(unix.MS_REMOUNT|unix.MS_BIND|unix.MS_MOVE|propagation) == 0 {
		if types = m.fileSystems(); len(types) == 0 {
			return failed, syscall.ENODEV
		}
	}
	for _, t := range types {
		r.fstype = t
		if status, err = m.now(r, flags&kernelFlags, data); status == 0 || err == syscall.EPERM {
			break
		}
	}
	return status, err
}

// fileSystems are the types for devices, in the order in which they are tried.
func (m *mounter) fileSystems() []string {
	if m.types != nil {
		return m.types
	}
	for _, file := range []string{"/etc/filesystems", "/proc/filesystems"} {
		data, _ := applet.ReadFile(file)
		for _, line := range strings.Split(string(data), "\n") {
			f := strings.Fields(line)
			if len(f) == 1 && f[0][0] != '#' && f[0][0] != '*' {
				m.types = append(m.types, f[0])
			}
		}
	}
	return m.types
}

// now mounts a file system of a known type, read-only if it can't be written.
func (m *mounter) now(r request, flags uint64, data string) (int, error) {
	if m.Has("f") {
		if m.verbose >= 2 {
			m.Complain("would do mount(" + arguments(r.source, r.dir, r.fstype, flags, data) + ")")
		}
		return 0, nil
	}
	for {
		err := m.mount(r.source, r.dir, r.fstype, flags, data)
		if err == nil {
			if err = m.attributes(r.dir, flags); err != nil {
				return failed, err
			}
			return 0, nil
		}
		status := failed
		if r.fstype != "" && !m.Has("i") {
			if s := m.helper(r, data); s == 0 {
				return 0, nil
			} else if s > 0 {
				status = s
			}
		}
		if flags&unix.MS_RDONLY != 0 || m.writable || err != syscall.EACCES && err != syscall.EROFS {
			return status, err
		}
		if flags&unix.MS_SILENT == 0 {
			m.Complain(r.source + " is write-protected, mounting read-only")
		}
		flags |= unix.MS_RDONLY
	}
}

// attributes gives a bind mount the flags of its own: mount(2) ignores them when it makes one.
func (m *mounter) attributes(dir string, flags uint64) error {
	const own = unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME |
		unix.MS_NODIRATIME | unix.MS_RELATIME | unix.MS_NOSYMFOLLOW
	if flags&unix.MS_BIND == 0 || flags&unix.MS_REMOUNT != 0 || flags&own == 0 {
		return nil
	}
	return m.mount("", dir, "", flags&own|unix.MS_BIND|unix.MS_REMOUNT, "")
}

// helper runs mount.TYPE if there is one and returns its status, -1 if there is none.
func (m *mounter) helper(r request, data string) int {
	name := "mount." + r.fstype
	if _, err := m.Resolve(name); err != nil {
		return -1
	}
	argv := []string{name, r.source, r.dir}
	if data != "" {
		argv = append(argv, "-o", data)
	}
	return m.Command(argv)
}

// isShare says whether the source is a share of a server for CIFS: //host/share.
func isShare(source string) bool {
	return len(source) > 2 && (source[0] == '/' || source[0] == '\\') && source[1] == source[0]
}

// share mounts //host/share[/dir] by CIFS, which wants the server's address.
func (m *mounter) share(r request, flags uint64, data string) (int, error) {
	host, share, _ := strings.Cut(strings.ReplaceAll(r.source[2:], `\`, "/"), "/")
	share, prefix, _ := strings.Cut(share, "/")
	if host == "" || share == "" {
		return failed, syscall.EINVAL
	}
	data = join(data, `unc=\\`+host+`\`+share)
	if prefix != "" {
		data = join(data, "prefixpath="+prefix)
	}
	if !strings.Contains(","+data, ",ip=") {
		ips, err := dns.Load().Lookup(host, 0)
		if err != nil || len(ips) == 0 {
			m.Complain("bad address '" + host + "'")
			return failed, errTold
		}
		data = join(data, "ip="+ips[0].String())
	}
	r.fstype = "cifs"
	return m.now(r, flags&kernelFlags, data)
}
