package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/linux/mount"

	"golang.org/x/sys/unix"
)

// systemdStop is the signal at which systemd powers off (systemd(1)); SIGTERM makes it start anew.
const systemdStop = "SIGRTMIN+3"

// systemd decides, as Podman does, whether the container is one whose process 1 is systemd: it
// gets its control groups to write to, folders in memory, a word in its environment, and is stopped by its own signal.
// Unlike Podman, /sbin/init counts only if the image has systemd there: other inits know nothing of that signal.
func (o *RunOptions) systemd(r *folder.Record) error {
	switch o.Systemd {
	case "false":
		return nil
	case "always":
	case "", "true", "auto":
		if !isSystemd(r.Path, r.Layers) {
			return nil
		}
	default:
		return fmt.Errorf("invalid value %q for --systemd: it is true, auto, always or false", o.Systemd)
	}
	r.Host.Systemd = true
	inherit(&r.Config.StopSignal, systemdStop)
	if !strings.Contains("\x00"+strings.Join(r.Config.Env, "\x00"), "\x00container=") {
		r.Config.Env = append(r.Config.Env, "container=bantam")
	}
	return nil
}

func isSystemd(program string, layers []string) bool {
	switch {
	case filepath.Base(program) == "systemd":
		return true
	case program != "/sbin/init" && program != "/usr/sbin/init" && program != "/usr/local/sbin/init" || len(layers) == 0:
		return false
	}
	root, err := mount.Overlay(layers, nil)
	if err != nil {
		return false
	}
	defer unix.Close(root)
	fd, err := mount.OpenInRoot(root, program, unix.O_PATH)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	to, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	return err == nil && filepath.Base(to) == "systemd"
}
