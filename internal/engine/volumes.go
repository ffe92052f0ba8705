package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/volume"
)

// binds reads the -v values: [SOURCE:]DESTINATION[:OPTIONS], where the source is a volume or a
// path of the host. A missing folder of the host is made, as docker does. places are where an anonymous volume is wanted.
func binds(specs []string) (list []folder.Mount, places []string, err error) {
	for _, s := range specs {
		m, err := parseBind(s)
		if err != nil {
			return nil, nil, err
		}
		if m.Type == "volume" && m.Name == "" {
			places = append(places, m.Destination)
			continue
		}
		list = append(list, m)
	}
	for _, m := range list {
		if m.Type == "volume" {
			continue
		}
		if err := os.MkdirAll(m.Source, 0o755); err != nil && !exists(m.Source) {
			return nil, nil, fmt.Errorf("error while creating mount source path '%s': %w", m.Source, err)
		}
	}
	return list, places, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func parseBind(s string) (folder.Mount, error) {
	part := strings.Split(s, ":")
	bad := func(why string) (folder.Mount, error) {
		return folder.Mount{}, fmt.Errorf("invalid volume specification: '%s': %s", s, why)
	}
	if len(part) == 1 {
		part = []string{"", s}
		if s == "" {
			return bad("empty section between colons")
		}
	} else if part[0] == "" {
		return bad("empty section between colons")
	}
	if len(part) > 3 || part[1] == "" {
		return bad("want [VOLUME:|HOST:]CONTAINER[:OPTIONS]")
	}
	m := folder.Mount{Source: part[0], Destination: filepath.Clean(part[1])}
	if strings.HasPrefix(m.Source, ".") {
		abs, err := filepath.Abs(m.Source)
		if err != nil {
			return bad(err.Error())
		}
		m.Source = abs
	}
	switch {
	case part[1][0] != '/':
		return bad("invalid mount path: '" + part[1] + "' mount path must be absolute")
	case m.Destination == "/":
		return bad("destination can't be '/'")
	}
	if m.Source == "" || m.Source[0] != '/' {
		m.Type, m.Name, m.Source, m.Mode = "volume", m.Source, "", "z"
		if err := volume.CheckName(m.Name); m.Name != "" && err != nil {
			return m, err
		}
	} else {
		m.Source = filepath.Clean(m.Source)
	}
	if len(part) == 3 {
		return m, bindMode(&m, s, part[2])
	}
	return m, nil
}

// bindMode reads the options. z, Z and the consistency words change nothing on
// Linux without SELinux, as with docker. U, which gives the content to the container's user, is Podman's.
func bindMode(m *folder.Mount, spec, mode string) error {
	bad := fmt.Errorf("invalid volume specification: '%s': invalid mode: %s", spec, mode)
	m.Mode = mode
	seen := [...]bool{modeAccess: false, modeLabel: false, modeSpread: false, modeCopy: false}
	for _, o := range strings.Split(mode, ",") {
		kind := -1
		switch o {
		case "ro", "readonly":
			m.ReadOnly, kind = true, modeAccess
		case "rw":
			kind = modeAccess
		case "z", "Z":
			kind = modeLabel
		case "cached", "delegated", "consistent":
		case "U":
			m.Chown = true
		case "nocopy":
			m.NoCopy, kind = true, modeCopy
		case "shared", "slave", "private", "rshared", "rslave", "rprivate":
			m.Propagation, kind = o, modeSpread
		default:
			return bad
		}
		if kind == modeCopy && m.Type != "volume" || kind == modeSpread && m.Type == "volume" || kind >= 0 && seen[kind] {
			return bad
		}
		if kind >= 0 {
			seen[kind] = true
		}
	}
	return nil
}

// The kinds of options of -v, of which each may be given once.
const (
	modeAccess = iota
	modeLabel
	modeSpread
	modeCopy
)

func tmpfs(specs []string) (map[string]string, error) {
	if len(specs) == 0 {
		return nil, nil
	}
	m := make(map[string]string, len(specs))
	for _, s := range specs {
		to, opts, _ := strings.Cut(s, ":")
		if to == "" || to[0] != '/' || filepath.Clean(to) == "/" {
			return nil, fmt.Errorf("invalid tmpfs '%s': mount path must be absolute and not /", s)
		}
		m[filepath.Clean(to)] = opts
	}
	return m, nil
}
