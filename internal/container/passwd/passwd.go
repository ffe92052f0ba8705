// Package passwd finds a container's user in the passwd and group files of its
// image, by docker's rules. The files are a stranger's: they are opened without
// leaving the layer, must be regular, and are read up to a limit
// (CVE-2024-9676, CVE-2026-47262).
package passwd

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/linux/mount"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// maxFile bounds /etc/passwd and /etc/group.
const maxFile = 8 << 20

// maxID is the greatest uid and gid; -1 means "no change" to the kernel.
const maxID = 1<<31 - 1

// User is a resolved user.
type User struct {
	specs.User
	Home string
}

// Lookup resolves "", "name", "uid", "name:group", "uid:gid". layers are the root
// file system's folders, topmost first.
func Lookup(layers []string, text string) (User, error) {
	name, group, hasGroup := strings.Cut(text, ":")
	u := User{Home: "/"}
	passwd, err := read(layers, "etc/passwd")
	if err != nil {
		return u, err
	}
	groups, err := read(layers, "etc/group")
	if err != nil {
		return u, err
	}
	login, err := u.findUser(passwd, name)
	if err != nil {
		return u, err
	}
	var more []uint32
	if hasGroup && group != "" {
		u.GID, err = findGroup(groups, group)
	} else {
		more, err = memberships(groups, login, u.GID)
	}
	// The user's own group too: a process that leaves it must not get past a file that denies it (CVE-2022-36109).
	u.AdditionalGids = append([]uint32{u.GID}, more...)
	return u, err
}

// Home is the home folder of a uid by the passwd file below root, "/" where it has none or cannot be read.
func Home(root string, uid uint32) string {
	home := "/"
	passwd, _ := read([]string{root}, "etc/passwd")
	_ = each(passwd, func(f []string) error {
		if len(f) < 6 || f[5] == "" || home != "/" {
			return nil
		}
		if n, ok := number(f[2]); ok && n == uid {
			home = f[5]
		}
		return nil
	})
	return home
}

// AddGroups adds further groups, by name or number (docker's --group-add).
func (u *User) AddGroups(layers []string, list []string) error {
	if len(list) == 0 {
		return nil
	}
	groups, err := read(layers, "etc/group")
	if err != nil {
		return err
	}
	for _, text := range list {
		gid, err := findGroup(groups, text)
		if err != nil {
			return err
		}
		if !slices.Contains(u.AdditionalGids, gid) {
			u.AdditionalGids = append(u.AdditionalGids, gid)
		}
	}
	return nil
}

// findUser sets uid, gid and home and returns the login name, if there is one.
// A name is looked for first, then a number: a user called "1000" is that user.
func (u *User) findUser(passwd []byte, text string) (login string, err error) {
	id, numeric := number(text)
	if !numeric && isNumber(text) { // also where the image has a user of that name (CVE-2026-46680)
		return "", fmt.Errorf("uids and gids must be in range 0-%d: %s", maxID, text)
	}
	found := false
	err = each(passwd, func(f []string) error {
		if found || len(f) < 6 {
			return nil
		}
		uid, ok := number(f[2])
		if text == "" && (!ok || uid != 0) || text != "" && f[0] != text && (!numeric || !ok || uid != id) {
			return nil
		}
		gid, gidOK := number(f[3])
		if !ok || !gidOK {
			return fmt.Errorf("user %s in /etc/passwd: uid and gid must be in range 0-%d", f[0], maxID)
		}
		found, login = true, f[0]
		u.UID, u.GID, u.Home = uid, gid, f[5]
		return nil
	})
	switch {
	case err != nil || found || text == "":
		return login, err
	case numeric:
		u.UID = id
		return "", nil
	}
	return "", fmt.Errorf("unable to find user %s: no matching entries in passwd file", text)
}

func findGroup(groups []byte, text string) (uint32, error) {
	id, numeric := number(text)
	if !numeric && isNumber(text) {
		return 0, fmt.Errorf("uids and gids must be in range 0-%d: %s", maxID, text)
	}
	found := false
	err := each(groups, func(f []string) error {
		if found || len(f) < 3 || f[0] != text {
			return nil
		}
		gid, ok := number(f[2])
		if !ok {
			return fmt.Errorf("group %s in /etc/group: gid must be in range 0-%d", text, maxID)
		}
		found, id = true, gid
		return nil
	})
	switch {
	case err != nil || found || numeric:
		return id, err
	}
	return 0, fmt.Errorf("unable to find group %s: no matching entries in group file", text)
}

// memberships are the groups that list the login, without its own.
func memberships(groups []byte, login string, own uint32) ([]uint32, error) {
	if login == "" {
		return nil, nil
	}
	var gids []uint32
	err := each(groups, func(f []string) error {
		if len(f) < 4 || !slices.Contains(strings.Split(f[3], ","), login) {
			return nil
		}
		if gid, ok := number(f[2]); ok && gid != own && !slices.Contains(gids, gid) {
			gids = append(gids, gid)
		}
		return nil
	})
	return gids, err
}

func each(file []byte, line func(fields []string) error) error {
	for l := range bytes.Lines(file) {
		l = bytes.TrimSpace(l)
		if len(l) == 0 || l[0] == '#' {
			continue
		}
		if err := line(strings.Split(string(l), ":")); err != nil {
			return err
		}
	}
	return nil
}

// number reads digits alone: "+1", "-1" and "4294967296" are no ids (CVE-2024-40635).
func number(s string) (uint32, bool) {
	if !isNumber(s) || strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-") {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil && n <= maxID
}

// isNumber: a text that can only be meant as a number.
func isNumber(s string) bool {
	digits := strings.TrimLeft(s, "+-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// read finds a file in the topmost layer that has it; a missing one is empty.
func read(layers []string, path string) ([]byte, error) {
	for _, root := range layers {
		b, err := readIn(root, path)
		if err == unix.ENOENT || err == unix.ENOTDIR {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read /%s of the image: %w", path, err)
		}
		return b, nil
	}
	return nil, nil
}

var errTooBig = errors.New("larger than 8 MiB")

func readIn(root, path string) ([]byte, error) {
	dir, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(dir)
	fd, err := mount.OpenInRoot(dir, path, unix.O_PATH) // a device is not opened by looking what it is
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	switch {
	case st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0:
		return nil, nil // a whiteout of overlayfs: the file was removed
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return nil, errors.New("not a regular file")
	case st.Size > maxFile:
		return nil, errTooBig
	}
	file, err := unix.Open("/proc/self/fd/"+strconv.Itoa(fd), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(file)
	b := make([]byte, st.Size)
	n, err := unix.Read(file, b)
	return b[:max(n, 0)], err
}
