package engine

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/volume"
)

// mounts joins -v, --mount and --tmpfs. The places for anonymous volumes go into the record's
// configuration with the image's.
func (o *RunOptions) mounts(h *folder.HostConfig) ([]folder.Mount, error) {
	list, places, err := binds(o.Volumes)
	if err != nil {
		return nil, err
	}
	o.places = places
	if o.VolumeDriver != "" && o.VolumeDriver != volume.Driver {
		return nil, fmt.Errorf("error looking up volume plugin %s: plugin %q not found", o.VolumeDriver, o.VolumeDriver)
	}
	for _, text := range o.Mounts {
		m, err := parseMount(text)
		if err != nil {
			return nil, fmt.Errorf("invalid argument %q for \"--mount\" flag: %w", text, err)
		}
		list = append(list, *m)
	}
	if h.Tmpfs, err = tmpfs(o.Tmpfs); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for to := range h.Tmpfs {
		seen[to] = true
	}
	for _, m := range list {
		if seen[m.Destination] {
			return nil, errors.New("Duplicate mount point: " + m.Destination)
		}
		seen[m.Destination] = true
	}
	return list, nil
}

// parseMount reads --mount's comma separated pairs (docker's opts/mount.go).
func parseMount(text string) (*folder.Mount, error) {
	fields, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil {
		return nil, err
	}
	m := &mountSpec{Mount: folder.Mount{Type: "volume"}}
	for _, f := range fields {
		key, value, has := strings.Cut(f, "=")
		key = strings.ToLower(key)
		if !has {
			switch key {
			case "readonly", "ro", "bind-nonrecursive", "bind-create-src", "volume-nocopy":
				value = "true"
			default:
				return nil, fmt.Errorf("invalid field '%s' must be a key=value pair", f)
			}
		}
		known, err := m.set(key, value)
		switch {
		case !known:
			return nil, fmt.Errorf("unexpected key '%s' in '%s'", key, f)
		case err != nil:
			return nil, fmt.Errorf("invalid value for %s: %s%s", key, value, hint(key))
		}
	}
	if m.kind != "" && m.kind != m.Type {
		return nil, fmt.Errorf("cannot mix '%s-*' options with mount type '%s'", m.kind, m.Type)
	}
	if m.Type == "tmpfs" {
		m.Options = strings.Join(m.tmpfs, ",")
	}
	if err := m.checkRecursive(); err != nil {
		return nil, err
	}
	return &m.Mount, checkMount(&m.Mount, m.create)
}

// mountSpec is a --mount in the making.
type mountSpec struct {
	folder.Mount
	create bool     // a missing source
	tmpfs  []string // mount options
	kind   string   // of whose type an option was given
}

func hint(key string) string {
	if key == "bind-recursive" {
		return ` (must be "enabled", "disabled", "writable", or "readonly")`
	}
	return ""
}

// checkRecursive is docker's check of bind-recursive beside the other keys.
func (m *mountSpec) checkRecursive() error {
	switch {
	case m.Options != "writable" && m.Options != "rro":
		return nil
	case !m.ReadOnly:
		return fmt.Errorf("option 'bind-recursive=%s' requires 'readonly' to be specified in conjunction", recursiveName(m.Options))
	case m.Options == "rro" && m.Propagation != "rprivate":
		return errors.New("option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction")
	}
	return nil
}

func recursiveName(option string) string {
	if option == "rro" {
		return "readonly"
	}
	return option
}

// set takes one pair.
func (m *mountSpec) set(key, value string) (known bool, err error) {
	if kind, _, has := strings.Cut(key, "-"); has {
		m.kind = kind
	}
	switch key {
	case "type":
		m.Type = strings.ToLower(value)
	case "source", "src":
		m.Source = value
	case "target", "dst", "destination":
		m.Destination = value
	case "readonly", "ro":
		m.ReadOnly, err = strconv.ParseBool(value)
	case "bind-propagation":
		m.Propagation = value
		err = checkPropagation(value)
	case "bind-recursive":
		err = recursive(&m.Mount, value)
	case "bind-nonrecursive":
		var on bool
		if on, err = strconv.ParseBool(value); on {
			m.Options = "nonrecursive"
		}
	case "bind-create-src":
		m.create, err = strconv.ParseBool(value)
	case "consistency":
	case "volume-nocopy":
		m.NoCopy, err = strconv.ParseBool(value)
	case "volume-subpath", "image-subpath":
		m.Subpath = value
		if !filepath.IsLocal(value) {
			err = errors.New("not below the mount")
		}
	case "volume-driver":
		if value != volume.Driver {
			err = errors.New("no such driver")
		}
	case "volume-opt":
		err = addPair(&m.VolumeOptions, value)
	case "volume-label":
		err = addPair(&m.VolumeLabels, value)
	case "tmpfs-size":
		var n int64
		n, err = ParseBytes(value)
		m.tmpfs = append(m.tmpfs, "size="+strconv.FormatInt(n, 10))
	case "tmpfs-mode":
		_, err = strconv.ParseUint(value, 8, 32)
		m.tmpfs = append(m.tmpfs, "mode="+value)
	default:
		return false, nil
	}
	return true, err
}

func addPair(to *map[string]string, pair string) error {
	k, v, _ := strings.Cut(pair, "=")
	if k == "" {
		return errors.New("empty name")
	}
	if *to == nil {
		*to = map[string]string{}
	}
	(*to)[k] = v
	return nil
}

func checkPropagation(value string) error {
	switch value {
	case "shared", "slave", "private", "rshared", "rslave", "rprivate":
		return nil
	}
	return errors.New("invalid propagation")
}

// recursive reads bind-recursive: what becomes of the mounts below the source.
func recursive(m *folder.Mount, value string) error {
	switch value {
	case "enabled":
	case "disabled":
		m.Options = "nonrecursive"
	case "writable":
		m.Options = "writable"
	case "readonly":
		m.Options = "rro"
	default:
		return errors.New("invalid value")
	}
	return nil
}

func checkMount(m *folder.Mount, create bool) error {
	switch {
	case m.Destination == "":
		return errors.New("target is required")
	case m.Destination[0] != '/':
		return fmt.Errorf("invalid mount path: '%s' mount path must be absolute", m.Destination)
	case filepath.Clean(m.Destination) == "/":
		return errors.New("invalid specification: destination can't be '/'")
	}
	m.Destination = filepath.Clean(m.Destination)
	switch m.Type {
	case "tmpfs":
		if m.Source != "" {
			return errors.New("cannot use a source with the mount type 'tmpfs'")
		}
		return nil
	case "bind":
		return checkBind(m, create)
	case "volume":
		m.Name, m.Source, m.Mode = m.Source, "", "z"
		if m.Name == "" {
			return nil
		}
		return volume.CheckName(m.Name)
	case "image":
		if m.Source == "" {
			return errors.New("field Source must not be empty")
		}
		return nil
	}
	return fmt.Errorf("mount type unknown: %q", m.Type)
}

// checkBind: unlike -v, --mount makes no missing source unless it is told to.
func checkBind(m *folder.Mount, create bool) error {
	if m.Source == "" {
		return errors.New("field Source must not be empty")
	}
	if strings.HasPrefix(m.Source, ".") {
		abs, err := filepath.Abs(m.Source)
		if err != nil {
			return err
		}
		m.Source = abs
	}
	if m.Source[0] != '/' {
		return fmt.Errorf("invalid mount path: '%s' mount path must be absolute", m.Source)
	}
	m.Source = filepath.Clean(m.Source)
	if create {
		if err := os.MkdirAll(m.Source, 0o755); err != nil {
			return err
		}
	}
	if !exists(m.Source) {
		return fmt.Errorf("bind source path does not exist: %s", m.Source)
	}
	return nil
}
