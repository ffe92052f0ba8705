package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// edit replaces a text of a file, which occurs so many times there.
type edit struct {
	file     string // of the runtime, or with its package's path
	old, new string
	times    int
}

// overlay writes the files as edited into a folder, and beside them overlay.json,
// which says so to `go build -overlay`. A text that isn't there as often as expected is a
// toolchain for which nobody has looked whether the edits are right, and an error.
func overlay(dir string, edits []edit) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	source, err := sources(edits)
	if err != nil {
		return "", err
	}
	texts, err := edited(edits, func(file string) ([]byte, error) { return os.ReadFile(source[file]) })
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for file, text := range texts {
		to := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := writeIfNew(to, []byte(text)); err != nil {
			return "", err
		}
		replace[source[file]] = to
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	at := filepath.Join(dir, "overlay.json")
	return at, writeIfNew(at, b)
}

// sources are the paths of the files to edit.
func sources(edits []edit) (map[string]string, error) {
	packages := []string{"runtime"}
	for _, e := range edits {
		if strings.Contains(e.file, "/") && !slices.Contains(packages, path.Dir(e.file)) {
			packages = append(packages, path.Dir(e.file))
		}
	}
	out, err := exec.Command("go", append([]string{"list", "-f", "{{.ImportPath}} {{.Dir}}", "--"}, packages...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	folders := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, folder, _ := strings.Cut(strings.TrimSpace(line), " ")
		folders[name] = folder
	}
	list := map[string]string{}
	for _, e := range edits {
		of := "runtime"
		if strings.Contains(e.file, "/") {
			of = path.Dir(e.file)
		}
		list[e.file] = filepath.Join(folders[of], path.Base(e.file))
	}
	return list, nil
}

// edited are the files after the edits.
func edited(edits []edit, read func(file string) ([]byte, error)) (map[string]string, error) {
	texts := map[string]string{}
	for _, e := range edits {
		text, done := texts[e.file]
		if !done {
			b, err := read(e.file)
			if err != nil {
				return nil, err
			}
			text = string(b)
		}
		if n := strings.Count(text, e.old); n != e.times {
			return nil, fmt.Errorf("%s has %d times, not %d times, the text %q: this toolchain needs a new version of shrink", e.file, n, e.times, e.old)
		}
		texts[e.file] = strings.ReplaceAll(text, e.old, e.new)
	}
	return texts, nil
}

// writeIfNew leaves a file alone that is as it should be: two builds at once may share it.
func writeIfNew(name string, b []byte) error {
	if old, err := os.ReadFile(name); err == nil && string(old) == string(b) {
		return nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".new")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}
