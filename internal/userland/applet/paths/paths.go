// Package paths resolves paths.
package paths

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

const mostLinks = 40 // as the kernel

// Real is realpath(3): the absolute path without links, "." and "..". The last element
// may be missing.
func Real(path string) (string, error) {
	if path == "" {
		return "", syscall.ENOENT
	}
	real, rest := "", path
	if path[0] != '/' {
		dir, err := syscall.Getwd()
		if err != nil {
			return "", err
		}
		real = strings.TrimRight(dir, "/")
	}
	for links := 0; rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		switch name {
		case "", ".":
			continue
		case "..":
			real = real[:max(strings.LastIndexByte(real, '/'), 0)]
			continue
		}
		target, err := applet.Readlink(real + "/" + name)
		switch {
		case err == syscall.EINVAL, err == syscall.ENOENT && strings.Trim(rest, "/") == "":
			real += "/" + name
			continue
		case err != nil:
			return "", err
		}
		if links++; links > mostLinks {
			return "", syscall.ELOOP
		}
		if target != "" && target[0] == '/' {
			real = ""
		}
		if rest != "" {
			target += "/" + rest
		}
		rest = target
	}
	if real == "" {
		real = "/"
	}
	if strings.HasSuffix(path, "/") {
		var st syscall.Stat_t
		if syscall.Stat(real, &st) == nil && st.Mode&syscall.S_IFMT != syscall.S_IFDIR {
			return "", syscall.ENOTDIR
		}
	}
	return real, nil
}
