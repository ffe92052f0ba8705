// Package resctrl puts a container's processes in a class of service of the
// resctrl file system: Intel RDT, AMD QoS, ARM MPAM (config-linux.md, "IntelRdt";
// Documentation/filesystems/resctrl.rst).
package resctrl

import (
	"errors"
	"os"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Root is where the file system is mounted.
const Root = "/sys/fs/resctrl"

const resctrlMagic = 0x7655821 // RDTGROUP_SUPER_MAGIC

// Name is the group of a container: the spec's closID, or its id. "/" is the default group of all.
func Name(id string, r *specs.LinuxIntelRdt) (string, error) {
	if err := available(); err != nil {
		return "", err
	}
	name := r.ClosID
	switch {
	case name == "":
		return id, nil
	case name == "/":
		return name, nil
	case name == "." || name == ".." || strings.ContainsAny(name, "/\n"):
		return "", errors.New("linux.intelRdt.closID " + strconv.Quote(name) + ": it is no name of a folder")
	}
	return name, nil
}

func available() error {
	var fs unix.Statfs_t
	if err := unix.Statfs(Root, &fs); err != nil || fs.Type != resctrlMagic {
		return errors.New("linux.intelRdt is set but resctrl is not mounted at " + Root + ": the CPU or the kernel lacks it, or mount it")
	}
	return nil
}

// Exists tells whether the group was there before the container.
func Exists(name string) bool { return name == "/" || unix.Access(Root+"/"+name, unix.F_OK) == nil }

// Apply makes the group where it is missing, writes its schemata and puts the process in it.
func Apply(name string, r *specs.LinuxIntelRdt, pid int) error {
	dir := Root
	if name != "/" {
		dir += "/" + name
	}
	if err := unix.Mkdir(dir, 0o755); err != nil && err != unix.EEXIST {
		return &os.PathError{Op: "create resctrl group", Path: dir, Err: err}
	}
	if err := writeSchemata(dir, lines(r)); err != nil {
		return err
	}
	if r.EnableMonitoring {
		return monitor(dir, name, pid)
	}
	return write(dir+"/tasks", strconv.Itoa(pid))
}

// monitor gives the container a monitoring group of its own below the class.
func monitor(dir, name string, pid int) error {
	if err := write(dir+"/tasks", strconv.Itoa(pid)); err != nil {
		return err
	}
	mon := dir + "/mon_groups/" + strings.Trim(name, "/") + "-" + strconv.Itoa(pid)
	if err := unix.Mkdir(mon, 0o755); err != nil && err != unix.EEXIST {
		return &os.PathError{Op: "create resctrl monitoring group", Path: mon, Err: err}
	}
	return write(mon+"/tasks", strconv.Itoa(pid))
}

// lines are the lines of the file schemata, in the order of the spec.
func lines(r *specs.LinuxIntelRdt) []string {
	list := append([]string{}, r.Schemata...)
	if s := strings.TrimSpace(r.L3CacheSchema); s != "" {
		list = append(list, s)
	}
	if s := strings.TrimSpace(r.MemBwSchema); s != "" {
		list = append(list, s)
	}
	return list
}

func writeSchemata(dir string, list []string) error {
	for _, line := range list {
		if err := write(dir+"/schemata", line+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// Update changes the schemata of a container's group.
func Update(name, l3, mb string) error {
	if name == "" {
		return errors.New("the container has no linux.intelRdt: --l3-cache-schema and --mem-bw-schema have nothing to change")
	}
	return writeSchemata(Root+"/"+strings.Trim(name, "/"), lines(&specs.LinuxIntelRdt{L3CacheSchema: l3, MemBwSchema: mb}))
}

// Delete removes the group. It succeeds where it is gone.
func Delete(name string) error {
	if name == "/" {
		return nil
	}
	if err := unix.Rmdir(Root + "/" + name); err != nil && err != unix.ENOENT {
		return &os.PathError{Op: "remove resctrl group", Path: Root + "/" + name, Err: err}
	}
	return nil
}

func write(path, text string) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, []byte(text)); err != nil {
		return &os.PathError{Op: "write " + strconv.Quote(text) + " to", Path: path, Err: err}
	}
	return nil
}
