package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/statefile"
)

// The host ids that containers with a user namespace of their own get, one range each:
// those that Podman's documentation sets aside for it.
const (
	firstID   = 1 << 31
	rangeSize = 1 << 16
	ranges    = firstID/rangeSize - 1
)

// checkUserNS reads --userns: host (what happens without it), or Podman's auto[:size=N], a
// namespace with ids that no other container has.
func checkUserNS(h *folder.HostConfig) error {
	mode, option, has := strings.Cut(h.UsernsMode, ":")
	switch {
	case h.UsernsMode == "" || h.UsernsMode == "host":
		return nil
	case mode != "auto":
		return fmt.Errorf("--userns: invalid USERNS mode %q: bantam has host and auto[:size=N]", h.UsernsMode)
	}
	h.IDSize = rangeSize
	if text, ok := strings.CutPrefix(option, "size="); has {
		n, err := strconv.ParseInt(text, 10, 64)
		if !ok || err != nil || n < 1 || n > rangeSize {
			return fmt.Errorf("--userns: invalid option %q: it is size=N, at most %d", option, rangeSize)
		}
		h.IDSize = n
	}
	switch {
	case h.Privileged:
		return errors.New("privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode")
	case h.PidMode == "host":
		return errors.New("cannot share the host PID namespace when user namespaces are enabled")
	case h.NetworkMode == "host":
		return errors.New("cannot share the host's network namespace when user namespaces are enabled")
	case strings.HasPrefix(h.PidMode+h.IpcMode+h.UTSMode, sharing) || strings.HasPrefix(h.NetworkMode, sharing):
		return errors.New("--userns auto can't be used with another container's namespaces, which belong to other ids")
	}
	return nil
}

// mapIDs gives the container a range of ids. Who has which is told by symbolic links,
// ROOT/userns/NUMBER, whose text is the container's id; one whose container is gone is free.
func (e *Engine) mapIDs(r *folder.Record) error {
	if r.Host.IDSize == 0 {
		return nil
	}
	dir := filepath.Join(e.Root, "userns")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	lock, err := statefile.LockDir(dir)
	if err != nil {
		return err
	}
	defer lock.Free()
	for n := range int64(ranges) {
		link := filepath.Join(dir, strconv.FormatInt(n, 10))
		owner, err := os.Readlink(link)
		if err == nil && exists(filepath.Join(e.Root, "containers", owner)) {
			continue
		}
		if err == nil {
			err = os.Remove(link)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		r.Host.IDStart = firstID + n*rangeSize
		return os.Symlink(r.ID, link)
	}
	return errors.New("all ranges of ids for user namespaces are taken: remove containers")
}
