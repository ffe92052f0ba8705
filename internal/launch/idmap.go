package launch

import (
	"fmt"
	"os"
	"strconv"

	"bantam/internal/plan"

	"golang.org/x/sys/unix"
)

// writeMaps writes uid_map, gid_map and, where this process may not set groups there,
// setgroups of the process's new user namespace (user_namespaces(7)).
func writeMaps(pid int, uid, gid []plan.Mapping) error {
	dir := "/proc/" + strconv.Itoa(pid)
	if os.Geteuid() == 0 {
		return writePrivileged(dir, uid, gid)
	}
	return writeRootless(pid, dir, uid, gid)
}

func writePrivileged(dir string, uid, gid []plan.Mapping) error {
	if err := writeProc(dir+"/uid_map", lines(uid)); err != nil {
		return err
	}
	return writeProc(dir+"/gid_map", lines(gid))
}

// writeRootless maps the one id that the kernel lets everybody map, or asks newuidmap and newgidmap.
func writeRootless(pid int, dir string, uid, gid []plan.Mapping) error {
	if len(uid) == 1 && uid[0].Size == 1 && len(gid) == 1 && gid[0].Size == 1 {
		if err := writeProc(dir+"/setgroups", "deny"); err != nil {
			return err
		}
		return writePrivileged(dir, uid, gid)
	}
	if err := mapTool("newuidmap", pid, uid); err != nil {
		return err
	}
	return mapTool("newgidmap", pid, gid)
}

// mapTool runs newuidmap(1) or newgidmap(1), which are set-uid root and know /etc/subuid.
func mapTool(name string, pid int, maps []plan.Mapping) error {
	path, err := lookPath(name)
	if err != nil {
		return err
	}
	argv := []string{name, strconv.Itoa(pid)}
	for _, m := range maps {
		argv = append(argv, number(m.Inside), number(m.Outside), number(m.Size))
	}
	proc, err := os.StartProcess(path, argv, &os.ProcAttr{Files: []*os.File{nil, nil, os.Stderr}})
	if err != nil {
		return err
	}
	state, err := proc.Wait()
	if err == nil && !state.Success() {
		err = fmt.Errorf("%s: %s", name, state)
	}
	return err
}

func lookPath(name string) (string, error) {
	for _, dir := range [...]string{"/usr/bin/", "/bin/", "/usr/local/bin/"} {
		if unix.Access(dir+name, unix.X_OK) == nil {
			return dir + name, nil
		}
	}
	return "", fmt.Errorf("%s is needed to map a range of ids without root: install the package uidmap", name)
}

func number(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// lines is the text of a map file.
func lines(maps []plan.Mapping) string {
	var b []byte
	for _, m := range maps {
		for i, n := range [...]uint32{m.Inside, m.Outside, m.Size} {
			if i > 0 {
				b = append(b, ' ')
			}
			b = strconv.AppendUint(b, uint64(n), 10)
		}
		b = append(b, '\n')
	}
	return string(b)
}

// writeProc writes a file of procfs in one write.
func writeProc(path, text string) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, []byte(text)); err != nil {
		return &os.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

// UserNamespace makes a user namespace with the mapping, for an idmapped mount, and opens it.
// A child that does nothing lives in it while its maps are written.
func UserNamespace(im plan.IDMap) (int, error) {
	p := &plan.Plan{
		Flags: unix.CLONE_NEWUSER, UIDMap: im.UID, GIDMap: im.GID,
		Steps: []plan.Step{{Op: plan.OpSync, Args: [6]uint64{plan.SyncMaps}}, {Op: plan.OpSync, Args: [6]uint64{plan.SyncReady}}},
	}
	proc, err := Start(p, NoFDs())
	if err != nil {
		return -1, fmt.Errorf("make a user namespace for an idmapped mount: %w", err)
	}
	defer proc.Abort()
	if err := proc.Ready(); err != nil {
		return -1, fmt.Errorf("map ids for an idmapped mount: %w", err)
	}
	path := "/proc/" + strconv.Itoa(proc.Pid) + "/ns/user"
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}
