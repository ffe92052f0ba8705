package monitor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/statefile"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// foreign is another OCI runtime, which --runtime names: it creates and deletes the
// container by the runtime's common command line. All else is as with our own: the init
// that it leaves becomes the monitor's child (it is a subreaper), and exec, signals, pause
// and limits work on namespaces and control groups, whoever made them.
//
//	FOLDER/bundle/config.json   the spec
//	FOLDER/bundle/console.sock  where the terminal comes from
//	FOLDER/runtime              the runtime's own state (--root)
//	FOLDER/rootfs               where the overlay is mounted, in a mount namespace of the call alone
type foreign struct {
	program string
	id      string
	folder  folder.Folder
	bundle  string
}

func (m *monitor) foreign() *foreign {
	if m.record.Host.RuntimePath == "" {
		return nil
	}
	return &foreign{m.record.Host.RuntimePath, m.folder.ID(), m.folder, m.folder.Path("bundle")}
}

// startForeign is start by another runtime.
func (m *monitor) startForeign(f *foreign, spec *specs.Spec) (err error) {
	f.delete() // what a killed monitor may have left
	io, err := m.stdio()
	if err != nil {
		return err
	}
	pid, err := f.create(spec, m.record.Layers, io)
	io.closeChild()
	m.state.Cgroup = spec.Linux.CgroupsPath
	m.group = loadGroup(m.folder.ID(), spec.Linux.CgroupsPath)
	if err == nil {
		err = m.adoptForeign(f, pid, io)
	}
	if err != nil {
		f.delete()
		return &foreignError{err}
	}
	m.attend(io)
	return nil
}

// foreignError is what another runtime complained about.
type foreignError struct{ err error }

func (e *foreignError) Error() string {
	return "failed to create task for container: OCI runtime create failed: " + e.err.Error()
}

// code is docker's exit code, which reads the runtime's text, too.
func (e *foreignError) code() int {
	text := e.err.Error()
	for _, c := range [...]struct {
		text string
		code int
	}{{"executable file", 127}, {"no such file or directory", 127}, {"permission denied", 126}, {"is a directory", 126}} {
		if strings.Contains(strings.ToLower(text), c.text) {
			return c.code
		}
	}
	return 125
}

// adoptForeign records the init that the runtime has made, and lets it go.
func (m *monitor) adoptForeign(f *foreign, pid int, io *stdio) (err error) {
	if m.pidfd, err = unix.PidfdOpen(pid, 0); err != nil {
		return fmt.Errorf("its process %d: %w", pid, err)
	}
	if err := m.connect(pid); err != nil {
		return err
	}
	if err := m.recordStart(pid); err != nil {
		return err
	}
	if m.record.Config.Tty {
		if err := m.takeTerminal(io); err != nil {
			return err
		}
	}
	return f.call(nil, "start", f.id)
}

// create makes the bundle and has the runtime create the container from it.
func (f *foreign) create(spec *specs.Spec, layers []string, io *stdio) (pid int, err error) {
	if err := f.writeBundle(spec); err != nil {
		return 0, err
	}
	args := []string{"create", "--bundle", ".", "--pid-file", "pid"}
	sock := -1
	if spec.Process.Terminal {
		if sock, err = f.listen(); err != nil {
			return 0, err
		}
		defer unix.Close(sock)
		args = append(args, "--console-socket", "console.sock")
	}
	err = f.withRoot(layers, func() error { return f.call(io.child[:], append(args, f.id)...) })
	if err == nil && sock >= 0 {
		unix.Close(io.master)
		if io.master, _, err = unix.Accept4(sock, unix.SOCK_CLOEXEC); err != nil {
			io.master = -1
			err = errors.New("it has sent no terminal")
		}
	}
	if err != nil {
		return 0, err
	}
	b, err := os.ReadFile(f.bundle + "/pid")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(b)))
}

func (f *foreign) writeBundle(spec *specs.Spec) error {
	for _, n := range spec.Mounts {
		if n.Destination == "/dev/shm" && n.Type == "bind" && n.Source == "/dev/shm" && spec.Linux != nil && joinsIPC(spec) {
			return errors.New("--ipc container:NAME needs bantam's own runtime")
		}
	}
	if spec.Linux.RootfsPropagation == "shared" {
		return errors.New("bind-propagation=shared needs bantam's own runtime")
	}
	for _, d := range [...]string{f.bundle, f.folder.Path("rootfs"), f.folder.Path("runtime")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return err
		}
	}
	for i := range spec.Linux.Namespaces {
		n := &spec.Linux.Namespaces[i]
		n.Path = strings.Replace(n.Path, "/proc/self/", "/proc/"+strconv.Itoa(os.Getpid())+"/", 1)
	}
	spec.Version = "1.0.2" // Debian's crun knows none of the later ones
	b, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	return statefile.Write(f.bundle+"/config.json", b, 0o600, false)
}

func joinsIPC(spec *specs.Spec) bool {
	for _, n := range spec.Linux.Namespaces {
		if n.Type == specs.IPCNamespace && n.Path != "" {
			return true
		}
	}
	return false
}

// listen makes the console socket. It is named by its folder's descriptor, for a path may be longer than sun_path.
func (f *foreign) listen() (int, error) {
	dir, err := unix.Open(f.bundle, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(dir)
	unix.Unlink(f.bundle + "/console.sock")
	// Not blocking: it is asked when the runtime has done its part.
	sock, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err == nil {
		err = unix.Bind(sock, &unix.SockaddrUnix{Name: "/proc/self/fd/" + strconv.Itoa(dir) + "/console.sock"})
	}
	if err == nil {
		err = unix.Listen(sock, 1)
	}
	return sock, os.NewSyscallError("console socket", err)
}

// withRoot runs something with the container's root mounted, where nobody else sees it.
func (f *foreign) withRoot(layers []string, do func() error) error {
	_, err := inPrivateMounts(func() (int, error) {
		if err := mountLayers(f.folder, layers, false); err != nil {
			return -1, err
		}
		return -1, do()
	})
	return err
}

// call runs the runtime. Its standard files become the container's with create.
func (f *foreign) call(stdio []int, args ...string) error {
	log := f.bundle + "/log"
	_ = os.Remove(log)
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	files := []*os.File{null, null, null}
	for i, fd := range stdio {
		if fd >= 0 {
			copied, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
			if err != nil {
				return err
			}
			files[i] = os.NewFile(uintptr(copied), "stdio")
			defer files[i].Close()
		}
	}
	argv := append([]string{f.program, "--root", f.folder.Path("runtime"), "--log", log, "--log-format", "json"}, args...)
	proc, err := os.StartProcess(f.program, argv, &os.ProcAttr{Dir: f.bundle, Files: files, Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}})
	if err != nil {
		return err
	}
	state, err := proc.Wait()
	if err != nil || state.Success() {
		return err
	}
	return fmt.Errorf("%s %s: %s", f.program, args[0], complaint(log, state.String()))
}

// complaint is the last error of a runtime's log.
func complaint(log, otherwise string) string {
	b, _ := os.ReadFile(log)
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	for i := len(lines) - 1; i >= 0; i-- {
		var l struct{ Level, Msg string }
		if json.Unmarshal(lines[i], &l) == nil && l.Msg != "" && l.Level != "warning" && l.Level != "debug" && l.Level != "info" {
			return l.Msg
		}
	}
	return otherwise
}

// delete removes what the runtime keeps of the container.
func (f *foreign) delete() {
	if f == nil || unix.Access(f.folder.Path("runtime"), unix.F_OK) != nil {
		return
	}
	_ = f.call(nil, "delete", "--force", f.id)
}
