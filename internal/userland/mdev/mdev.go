// Package mdev is the applet mdev, which makes the files of /dev.
package mdev

import (
	"bytes"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/background"
	"bantam/internal/userland/applet/syslog"
	"bantam/internal/userland/applet/tree"
	"golang.org/x/sys/unix"
)

// Applet is mdev.
var Applet = applet.Applet{
	Names: "mdev",
	Usage: "[-vS] [-s]\n[-vS] -d [-f]",
	About: "Populate /dev with -s, or as the kernel's helper or daemon make and remove single files.",
	Options: `
-s	scan /sys and populate /dev
-d	daemon, listen on netlink
-f	run in foreground
-S	log to syslog, too
-v	verbose
`,
	Notes: `
Bare mdev is a kernel hotplug helper. To activate it:
	echo /sbin/mdev >/proc/sys/kernel/hotplug
It uses /etc/mdev.conf with lines
	[-][ENV=regex;]...DEVNAME UID:GID PERM [>|=PATH]|[!] [@|$|*PROG]
where DEVNAME is device name regex, @major,minor[-minor2], or environment variable regex.
A common use of the latter is to load modules for hotplugged devices:
	$MODALIAS=.* 0:0 660 @modprobe "$MODALIAS"
If /dev/mdev.seq exists, mdev waits until it has the value $SEQNUM.
If /dev/mdev.log exists, debug messages go there.
`,
	AtMost: applet.None,
	Dir:    "/sbin",
	Run:    run,
}

const configuration = "/etc/mdev.conf"

// work is a run. env is the environment of the event, which commands get, too.
type work struct {
	c       *applet.Call
	env     []string
	rules   []rule
	root    uint64 // the device that / is on
	verbose int
}

func run(c *applet.Call) int {
	syscall.Umask(0)
	if err := syscall.Chdir("/dev"); err != nil {
		return c.Warn("can't change directory to '/dev'", err)
	}
	w := &work{c: c, env: c.Environ(), verbose: c.Count("v")}
	w.readRules()
	switch {
	case c.Has("d"):
		return w.daemon()
	case c.Has("s"):
		w.scan()
	default:
		if w.get("ACTION") == "" || w.get("DEVPATH") == "" {
			return c.UsageError("")
		}
		w.log()
		done := w.wait()
		w.event()
		done()
	}
	return 0
}

// get is a variable of the event.
func (w *work) get(name string) string {
	v, _ := w.lookup(name)
	return v
}

func (w *work) lookup(name string) (string, bool) {
	for i := len(w.env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(w.env[i], name+"="); ok {
			return v, true
		}
	}
	return "", false
}

// complain tells an error, to syslog with -S.
func (w *work) complain(text string, err error) {
	if err != nil {
		text += ": " + applet.Reason(err)
	}
	w.c.Complain(text)
	if w.c.Has("S") {
		const daemonError = 3<<3 | 3
		syslog.Send(daemonError, "mdev", text)
	}
}

func (w *work) debug(level int, text string) {
	if w.verbose >= level {
		w.complain(text, nil)
	}
}

// log sends the messages to mdev.log if that is there.
func (w *work) log() {
	if fd, err := applet.OpenFile("mdev.log", syscall.O_WRONLY|syscall.O_APPEND, 0); err == nil {
		w.c.Err = applet.NewErr(fd)
		w.verbose = 2
	}
}

// wait waits until the events before are done, if mdev.seq counts them, but for no
// more than two seconds. The function that it returns counts this one.
func (w *work) wait() func() {
	none := func() {}
	number, err := strconv.ParseUint(w.get("SEQNUM"), 10, 63)
	if err != nil {
		return none
	}
	fd, err := applet.OpenFile("mdev.seq", syscall.O_RDWR, 0)
	if err != nil {
		return none
	}
	for range 2000 / 32 {
		var p [32]byte
		n, err := syscall.Pread(fd, p[:], 0)
		if text := strings.TrimSpace(string(p[:max(n, 0)])); err != nil || text == "" || text == strconv.FormatUint(number, 10) {
			break
		}
		time.Sleep(32 * time.Millisecond)
	}
	return func() {
		syscall.Ftruncate(fd, 0)
		syscall.Pwrite(fd, strconv.AppendUint(nil, number+1, 10), 0)
		syscall.Close(fd)
	}
}

// scan makes all devices that the kernel knows.
func (w *work) scan() {
	var st unix.Stat_t
	if err := unix.Stat("/", &st); err == nil {
		w.root = st.Dev
	}
	old := w.env
	walk := tree.Walk{Visit: func(n *tree.Node) tree.Next {
		if n.Depth < 2 {
			return tree.Into
		}
		path := n.Path()
		w.env = append(old[:len(old):len(old)], "ACTION=add")
		if link, err := applet.Readlink(path + "/subsystem"); err == nil {
			w.env = append(w.env, "SUBSYSTEM="+applet.Base(link))
		}
		if applet.Exists(path + "/dev") {
			w.device("", path, true)
		}
		return tree.Over
	}}
	walk.Run("/sys/dev")
	w.env = old
}

// event handles the event that the environment describes.
func (w *work) event() {
	action, firmware := w.get("ACTION"), w.get("FIRMWARE")
	path := "/sys" + w.get("DEVPATH")
	w.debug(1, "ACTION:"+action+" SUBSYSTEM:"+w.get("SUBSYSTEM")+" DEVNAME:"+w.get("DEVNAME")+" DEVPATH:"+w.get("DEVPATH"))
	switch action {
	case "remove":
		// That of a firmware isn't that of a device.
		if firmware == "" {
			w.device(w.get("DEVNAME"), path, false)
		}
	case "add":
		w.device(w.get("DEVNAME"), path, true)
		if firmware != "" {
			w.firmware(firmware, path)
		}
	}
}

// firmware gives the kernel the firmware that it asks for: see
// Documentation/driver-api/firmware/fallback-mechanisms.rst.
func (w *work) firmware(name, path string) {
	loading := -1
	for range 30 {
		var err error
		if loading, err = applet.OpenFile(path+"/loading", syscall.O_WRONLY, 0); err == nil {
			break
		}
		time.Sleep(time.Second)
	}
	if loading < 0 {
		return
	}
	defer syscall.Close(loading)
	result := "-1"
	if in, err := applet.Open("/lib/firmware/" + name); err == nil {
		defer in.Close()
		if _, err := syscall.Write(loading, []byte("1")); err != nil {
			return
		}
		if fd, err := applet.OpenFile(path+"/data", syscall.O_WRONLY, 0); err == nil {
			if n, err := applet.NewOut(fd).Copy(in); err == nil && n > 0 {
				result = "0"
			}
			syscall.Close(fd)
		}
	}
	syscall.Write(loading, []byte(result))
}

// daemon scans, and then handles what the kernel tells. In the background the scan is
// done, and the socket is standard input.
func (w *work) daemon() int {
	fd := w.c.In.Fd()
	if name, err := unix.Getsockname(fd); err != nil || !isNetlink(name) {
		if fd, err = listen(); err != nil {
			return w.c.Warn("netlink", err)
		}
		w.log()
		w.scan()
		if !w.c.Has("f") {
			return background.Start(w.c, "f", fd)
		}
	}
	own := w.env
	for p := make([]byte, 16<<10); ; {
		n, from, err := unix.Recvfrom(fd, p, 0)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.ENOBUFS:
			w.debug(1, "uevent overrun, rescanning")
			w.env = own
			w.scan()
			continue
		case err != nil:
			return w.c.Warn("read", err)
		}
		// Only the kernel may tell us to make devices.
		if sender, ok := from.(*unix.SockaddrNetlink); !ok || sender.Pid != 0 {
			continue
		}
		w.env = own[:len(own):len(own)]
		for _, s := range bytes.Split(p[:n], []byte{0}) {
			if name, _, found := strings.Cut(string(s), "="); found && isName(name) {
				w.env = append(w.env, string(s))
			}
		}
		w.event()
	}
}

func isNetlink(name unix.Sockaddr) bool {
	_, is := name.(*unix.SockaddrNetlink)
	return is
}

// listen opens the socket for the kernel's events.
func listen() (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return -1, err
	}
	const many = 128 << 20
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, many) != nil {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, many)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1}); err != nil {
		syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}
