package monitor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"bantam/internal/container/folder"
)

// checkPropagation refuses, as docker does, to share a mount with the host that the host does not share.
func checkPropagation(mounts []folder.Mount) error {
	for _, m := range mounts {
		kind := strings.TrimPrefix(m.Propagation, "r")
		if kind != "shared" && kind != "slave" {
			continue
		}
		source, err := filepath.EvalSymlinks(m.Source)
		if err != nil {
			return err
		}
		table, err := os.ReadFile("/proc/self/mountinfo")
		if err != nil {
			return err
		}
		point, options := mountOf(string(table), source)
		switch {
		case strings.Contains(options, " shared:"):
		case kind == "shared":
			return fmt.Errorf("path %s is mounted on %s but it is not a shared mount", m.Source, point)
		case !strings.Contains(options, " master:"):
			return fmt.Errorf("path %s is mounted on %s but it is not a shared or slave mount", m.Source, point)
		}
	}
	return nil
}

// mountOf finds the mount that a path is on in the text of mountinfo (proc(5)), with its optional fields.
func mountOf(table, path string) (point, options string) {
	for _, line := range strings.Split(table, "\n") {
		f := strings.SplitN(line, " ", 7)
		if len(f) < 7 || len(f[4]) < len(point) {
			continue
		}
		at := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(f[4])
		if path == at || at == "/" || strings.HasPrefix(path, at+"/") {
			fields, _, _ := strings.Cut(f[6], " - ")
			point, options = at, " "+fields
		}
	}
	return point, options
}
