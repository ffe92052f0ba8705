package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"bantam/internal/container/folder"
)

// binds reads the -v values: SOURCE:DESTINATION[:OPTIONS]. A missing source
// folder is made, as docker does.
func binds(specs []string) ([]folder.Mount, error) {
	var list []folder.Mount
	for _, s := range specs {
		m, err := parseBind(s)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	for _, m := range list {
		if err := os.MkdirAll(m.Source, 0o755); err != nil && !exists(m.Source) {
			return nil, fmt.Errorf("error while creating mount source path '%s': %w", m.Source, err)
		}
	}
	return list, nil
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
		return bad("anonymous volumes come with named volumes, which are not there yet: give HOST:CONTAINER")
	}
	if len(part) > 3 || part[0] == "" || part[1] == "" {
		return bad("want HOST:CONTAINER[:OPTIONS]")
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
	case m.Source[0] != '/':
		return bad("named volumes are not there yet: the source must be an absolute path or start with ./")
	case part[1][0] != '/':
		return bad("invalid mount path: '" + part[1] + "' mount path must be absolute")
	case m.Destination == "/":
		return bad("destination can't be '/'")
	}
	m.Source = filepath.Clean(m.Source)
	if len(part) == 3 {
		return m, bindMode(&m, s, part[2])
	}
	return m, nil
}

// bindMode reads the options. z, Z and the consistency words change nothing on
// Linux without SELinux, as with docker.
func bindMode(m *folder.Mount, spec, mode string) error {
	for _, o := range strings.Split(mode, ",") {
		switch o {
		case "ro", "readonly":
			m.ReadOnly = true
		case "rw", "z", "Z", "cached", "delegated", "consistent":
		case "shared", "slave", "private", "rshared", "rslave", "rprivate":
			m.Propagation = o
		default:
			return fmt.Errorf("invalid volume specification: '%s': invalid mode: %s", spec, mode)
		}
	}
	return nil
}

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
