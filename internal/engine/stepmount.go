package engine

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/linux/mount"

	"golang.org/x/sys/unix"
)

// StepMount is something that a step finds beside its layers.
type StepMount struct {
	Target   string
	ReadOnly bool
	// One of these says what it is.
	Tmpfs  bool
	Size   int64    // of the tmpfs, 0 is the kernel's default
	Source string   // a file or folder of this machine
	Lower  []string // layers, topmost first; without ReadOnly what is written goes away
	// Make makes the file at path, on the thread whose mounts the step sees.
	Make func(path string) (release func(), err error)
	File bool // Data is a file's content, which never reaches a disk
	Data []byte

	Sub      string // what is mounted of the layers, "" is all
	Mode     uint32 // of the file, or of what Make makes
	UID, GID int
}

// stepMounts makes mounts in a mount namespace of the calling thread, which is locked to
// its goroutine. Its monitor is started in it, and the last of both takes all of them away.
type stepMounts struct {
	dir   string // a tmpfs
	made  []folder.Mount
	undo  []func()
	count int
}

func mountForStep(dir string, list []StepMount) ([]folder.Mount, func(), error) {
	m := &stepMounts{dir: dir}
	release := func() {
		for _, u := range m.undo {
			u()
		}
	}
	if err := m.begin(); err != nil {
		return nil, release, fmt.Errorf("a mount namespace for the step's mounts: %w", err)
	}
	for i := range list {
		if err := m.mount(&list[i]); err != nil {
			return nil, release, fmt.Errorf("mount %s: %w", list[i].Target, err)
		}
	}
	return m.made, release, nil
}

func (m *stepMounts) begin() error {
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	return unix.Mount("step", m.dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=711")
}

// name is a place of the mount's own.
func (m *stepMounts) name() string {
	m.count++
	return m.dir + "/" + strconv.Itoa(m.count)
}

func (m *stepMounts) mount(x *StepMount) (err error) {
	y := folder.Mount{Destination: x.Target, ReadOnly: x.ReadOnly}
	switch {
	case x.Tmpfs:
		y.Type, y.Options = "tmpfs", "exec,mode=1777"
		if x.Size > 0 {
			y.Options += ",size=" + strconv.FormatInt(x.Size, 10)
		}
	case x.File:
		y.Source, err = m.file(x)
	case x.Make != nil:
		y.Source, err = m.own(x)
	case len(x.Lower) > 0:
		y.Source, err = m.layers(x)
	default:
		y.Source = x.Source
	}
	m.made = append(m.made, y)
	return err
}

func (m *stepMounts) file(x *StepMount) (string, error) {
	path := m.name()
	if err := os.WriteFile(path, x.Data, 0o600); err != nil {
		return "", err
	}
	return path, setOwner(path, x)
}

func setOwner(path string, x *StepMount) error {
	if err := os.Lchown(path, x.UID, x.GID); err != nil {
		return err
	}
	return unix.Chmod(path, x.Mode)
}

// layers mounts an overlay. Writable ones write into the tmpfs.
func (m *stepMounts) layers(x *StepMount) (string, error) {
	dir := m.name()
	for _, d := range [...]string{"", "/root", "/empty", "/upper", "/work"} {
		if err := os.Mkdir(dir+d, 0o755); err != nil {
			return "", err
		}
	}
	var upper []string
	if !x.ReadOnly {
		upper = []string{dir + "/upper", dir + "/work"}
	}
	fd, err := mount.Overlay(append(append([]string{}, x.Lower...), dir+"/empty"), upper)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	if err := unix.MoveMount(fd, "", unix.AT_FDCWD, dir+"/root", unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return "", err
	}
	return m.below(dir+"/root", x.Sub)
}

// below finds a path in the layers as a process in them would, and gives it a name of its own,
// so that nobody follows a link of theirs later.
func (m *stepMounts) below(root, sub string) (string, error) {
	if strings.Trim(sub, "/") == "" {
		return root, nil
	}
	at, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(at)
	fd, err := mount.OpenInRoot(at, sub, unix.O_PATH)
	if err != nil {
		return "", fmt.Errorf("source /%s: %w", strings.Trim(sub, "/"), err)
	}
	defer unix.Close(fd)
	tree, err := unix.OpenTree(fd, "", unix.OPEN_TREE_CLONE|unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return "", err
	}
	defer unix.Close(tree)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return "", err
	}
	to := m.name()
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		err = os.Mkdir(to, 0o755)
	} else {
		err = os.WriteFile(to, nil, 0o600)
	}
	if err == nil {
		err = unix.MoveMount(tree, "", unix.AT_FDCWD, to, unix.MOVE_MOUNT_F_EMPTY_PATH)
	}
	return to, err
}

// own is something that the caller makes.
func (m *stepMounts) own(x *StepMount) (string, error) {
	path := m.name()
	release, err := x.Make(path)
	if err != nil {
		return "", err
	}
	m.undo = append(m.undo, release)
	return path, setOwner(path, x)
}
