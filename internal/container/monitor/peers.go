package monitor

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/linux/namespace"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// peers are the namespaces of the containers that this one shares them with. The
// paths are of open descriptors, so that they are the other container's even if it
// ends meanwhile and another process gets its pid.
type peers struct {
	paths map[specs.LinuxNamespaceType]string
	trees map[string]int // mounts of theirs, by destination
	open  []int
}

func (p *peers) close() {
	for _, fd := range p.open {
		unix.Close(fd)
	}
}

// join opens the namespaces that the record names.
func (p *peers) join(store *folder.Store, r *folder.Record) error {
	for _, n := range [...]struct {
		mode, file string
		kind       specs.LinuxNamespaceType
	}{
		{r.Host.NetworkMode, "net", specs.NetworkNamespace},
		{r.Host.PidMode, "pid", specs.PIDNamespace},
		{r.Host.IpcMode, "ipc", specs.IPCNamespace},
		{r.Host.UTSMode, "uts", specs.UTSNamespace},
	} {
		id, shared := strings.CutPrefix(n.mode, "container:")
		if !shared {
			continue
		}
		if err := p.one(store, id, n.file, n.kind); err != nil {
			return fmt.Errorf("cannot join %s namespace of container %s: %w", strings.ToUpper(n.file), id, err)
		}
	}
	return nil
}

func (p *peers) one(store *folder.Store, id, file string, kind specs.LinuxNamespaceType) error {
	fd, err := peer(store, id, file)
	if err != nil {
		return err
	}
	p.open = append(p.open, fd)
	if p.paths == nil {
		p.paths = map[specs.LinuxNamespaceType]string{}
	}
	p.paths[kind] = "/proc/self/fd/" + strconv.Itoa(fd)
	if kind != specs.IPCNamespace {
		return nil
	}
	return p.shareMemory(store, id)
}

// shareMemory takes over the other container's /dev/shm, if that one gives it away.
func (p *peers) shareMemory(store *folder.Store, id string) error {
	r, err := store.Folder(id).ReadRecord()
	if err != nil {
		return err
	}
	if mode := r.Host.IpcMode; mode == "" || mode == "private" || mode == "none" {
		return errors.New("non-shareable IPC (hint: use IpcMode:shareable for the donor container)")
	}
	ns, err := peer(store, id, "mnt")
	if err != nil {
		return err
	}
	defer unix.Close(ns)
	tree, err := treeIn(ns, "/dev/shm")
	if err != nil {
		return fmt.Errorf("share its /dev/shm: %w", err)
	}
	p.open = append(p.open, tree)
	p.trees = map[string]int{"/dev/shm": tree}
	return nil
}

// treeIn clones the tmpfs at a path of another mount namespace. The kernel clones only
// mounts of the caller's own namespace, so a thread enters the other one, and ends there.
func treeIn(ns int, path string) (tree int, err error) {
	return namespace.Thread(func() error {
		return os.NewSyscallError("setns", unix.Setns(ns, unix.CLONE_NEWNS))
	}, func() (int, error) { return clone(path) })
}

func clone(path string) (int, error) {
	fd, err := unix.Openat2(unix.AT_FDCWD, path, &unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS})
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil || st.Type != unix.TMPFS_MAGIC {
		return -1, errors.New("there is no tmpfs at " + path)
	}
	tree, err := unix.OpenTree(fd, "", unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	return tree, os.NewSyscallError("open_tree", err)
}

// peer opens a namespace of a running container.
func peer(store *folder.Store, id, file string) (int, error) {
	st, err := store.Folder(id).ReadState()
	if err != nil {
		return -1, err
	}
	if !st.Alive() {
		return -1, fmt.Errorf("container %s is not running", id)
	}
	fd, err := unix.Open("/proc/"+strconv.Itoa(st.Pid)+"/ns/"+file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err == nil && !st.Alive() {
		unix.Close(fd)
		return -1, fmt.Errorf("container %s is not running", id)
	}
	return fd, err
}
