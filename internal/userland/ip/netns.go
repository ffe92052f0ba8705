package ip

import (
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// The folders of ip-netns(8).
const (
	namespaces = "/run/netns"
	settings   = "/etc/netns"
)

// openNamespace opens the namespace of a name or a path.
func openNamespace(name string) (int, error) {
	if strings.IndexByte(name, '/') < 0 {
		if name == "" || name == "." || name == ".." {
			return -1, syscall.EINVAL
		}
		name = namespaces + "/" + name
	}
	return applet.OpenFile(name, syscall.O_RDONLY, 0)
}

// enter makes the thread, to which the goroutine is tied from then on, use a namespace.
func (x *command) enter(name string) bool {
	fd, err := openNamespace(name)
	if err == nil {
		runtime.LockOSThread()
		err = unix.Setns(fd, unix.CLONE_NEWNET)
		syscall.Close(fd)
	}
	if err != nil && x.failed == 0 {
		x.Warn(`Cannot open network namespace "`+name+`"`, err)
		x.failed = 255
	}
	return err == nil
}

// netns is ip netns, which iproute2 has and BusyBox hasn't.
func (x *command) netns() {
	verb := "list"
	if !x.done() {
		word := x.take()
		if verb = keyword("list lst show add delete exec identify pids attach", word); verb == "" {
			x.fail(`Command "` + word + `" is unknown, try "ip netns help".`)
			x.failed = 255
			return
		}
	}
	switch verb {
	case "add", "attach":
		x.addNamespace(verb == "attach")
	case "delete":
		x.deleteNamespace()
	case "exec":
		x.execIn()
	case "identify":
		pid := "self"
		if !x.done() {
			pid = x.take()
		}
		x.identify(pid)
	case "pids":
		x.pids()
	default:
		for _, name := range x.namespaceNames() {
			x.Out.Print(name, "\n")
		}
	}
}

// namespaceName takes a name that can't lead out of the folder.
func (x *command) namespaceName(what string) string {
	if x.done() {
		x.Complain("No netns name specified")
		x.failed = 255
		return ""
	}
	name := x.take()
	if strings.IndexByte(name, '/') >= 0 || name == "" || name == "." || name == ".." || len(name) > 255 {
		x.fail(`"` + name + `" is not valid netns name`)
		x.failed = 255
	}
	return name
}

func (x *command) namespaceNames() (names []string) {
	entries, err := applet.ReadDir(namespaces)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		names = append(names, e.Name)
	}
	slices.Sort(names)
	return names
}

// trouble tells what iproute2 exits with 1 or 255 for.
func (x *command) trouble(what string, err error, status int) {
	if x.failed == 0 {
		x.Warn(what, err)
		x.failed = status
	}
}

// addNamespace makes a namespace, or takes a process's, and keeps it by mounting it.
func (x *command) addNamespace(attach bool) {
	name := x.namespaceName("add")
	source := "/proc/thread-self/ns/net"
	if attach {
		source = "/proc/" + num(x.number("PID", 31)) + "/ns/net"
	}
	if x.failed != 0 {
		return
	}
	syscall.Mkdir("/run", 0o755)
	if err := syscall.Mkdir(namespaces, 0o755); err != nil && err != syscall.EEXIST {
		x.trouble("mkdir "+namespaces+" failed", err, 1)
		return
	}
	// Shared, so that a namespace that is unmounted is so in every mount namespace.
	err := syscall.Mount("", namespaces, "none", syscall.MS_SHARED|syscall.MS_REC, "")
	if err == syscall.EINVAL {
		if err = syscall.Mount(namespaces, namespaces, "none", syscall.MS_BIND|syscall.MS_REC, ""); err == nil {
			err = syscall.Mount("", namespaces, "none", syscall.MS_SHARED|syscall.MS_REC, "")
		}
	}
	if err != nil {
		x.trouble("mount --make-shared "+namespaces+" failed", err, 1)
		return
	}
	path := namespaces + "/" + name
	fd, err := applet.OpenFile(path, syscall.O_RDONLY|syscall.O_CREAT|syscall.O_EXCL, 0)
	if err != nil {
		x.trouble(`Cannot create namespace file "`+path+`"`, err, 1)
		return
	}
	syscall.Close(fd)
	if !attach {
		runtime.LockOSThread()
		if err := syscall.Unshare(unix.CLONE_NEWNET); err != nil {
			syscall.Unlink(path)
			x.trouble(`Failed to create a new network namespace "`+name+`"`, err, 1)
			return
		}
	}
	if err := syscall.Mount(source, path, "none", syscall.MS_BIND, ""); err != nil {
		syscall.Unlink(path)
		x.trouble("Bind "+source+" -> "+path+" failed", err, 1)
	}
}

func (x *command) deleteNamespace() {
	name := x.namespaceName("del")
	if x.failed != 0 {
		return
	}
	path := namespaces + "/" + name
	syscall.Unmount(path, unix.MNT_DETACH)
	if err := syscall.Unlink(path); err != nil {
		x.trouble(`Cannot remove namespace file "`+path+`"`, err, 1)
	}
}

// execIn runs a command in a namespace, with a /sys of its own and the files of
// /etc/netns/NAME instead of those in /etc.
func (x *command) execIn() {
	name := x.namespaceName("exec")
	if x.failed != 0 {
		return
	}
	if x.done() {
		x.fail("No command specified")
		x.failed = 255
		return
	}
	if !x.enter(name) {
		return
	}
	if err := syscall.Unshare(unix.CLONE_NEWNS); err != nil {
		x.trouble("unshare failed", err, 255)
		return
	}
	if err := syscall.Mount("", "/", "none", syscall.MS_SLAVE|syscall.MS_REC, ""); err != nil {
		x.trouble(`"mount --make-rslave /" failed`, err, 255)
		return
	}
	flags := uintptr(0)
	var fs syscall.Statfs_t
	if syscall.Statfs("/sys", &fs) == nil && fs.Flags&unix.ST_RDONLY != 0 {
		flags = syscall.MS_RDONLY
	}
	syscall.Unmount("/sys", unix.MNT_DETACH)
	if err := syscall.Mount(name, "/sys", "sysfs", flags, ""); err != nil {
		x.trouble("mount of /sys failed", err, 255)
		return
	}
	entries, _ := applet.ReadDir(settings + "/" + name)
	for _, e := range entries {
		from := settings + "/" + name + "/" + e.Name
		if err := syscall.Mount(from, "/etc/"+e.Name, "none", syscall.MS_BIND, ""); err != nil {
			x.Warn("Bind "+from+" -> /etc/"+e.Name+" failed", err)
		}
	}
	x.failed = x.Call.Exec(x.words)
}

// sameNamespace says whether a process is in the namespace of a name.
func sameNamespace(pid, name string) bool {
	var a, b syscall.Stat_t
	return syscall.Stat("/proc/"+pid+"/ns/net", &a) == nil &&
		syscall.Stat(namespaces+"/"+name, &b) == nil && a.Dev == b.Dev && a.Ino == b.Ino
}

func (x *command) identify(pid string) {
	if pid != "self" {
		if _, err := strconv.Atoi(pid); err != nil {
			x.fail(`Invalid PID: ` + pid)
			x.failed = 255
			return
		}
	}
	if err := syscall.Access("/proc/"+pid+"/ns/net", 0); err != nil {
		x.trouble("Stat of netns failed", err, 1)
		return
	}
	for _, name := range x.namespaceNames() {
		if sameNamespace(pid, name) {
			x.Out.Print(name, "\n")
		}
	}
}

func (x *command) pids() {
	name := x.namespaceName("pids")
	if x.failed != 0 {
		return
	}
	if err := syscall.Access(namespaces+"/"+name, 0); err != nil {
		x.trouble("Stat of netns failed", err, 1)
		return
	}
	entries, _ := applet.ReadDir("/proc")
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name); err == nil && sameNamespace(e.Name, name) {
			x.Out.Print(e.Name, "\n")
		}
	}
}
