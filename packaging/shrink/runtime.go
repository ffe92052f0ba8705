package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// edit replaces a text of one of the runtime's files, which occurs so many times there.
type edit struct {
	file     string
	old, new string
	times    int
}

// overlay writes the runtime's files as edited into a folder, and beside them overlay.json,
// which says so to `go build -overlay`. A text that isn't there as often as expected is a
// toolchain for which nobody has looked whether the edits are right, and an error.
func overlay(dir string, edits []edit) (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	src := filepath.Join(strings.TrimSpace(string(root)), "src", "runtime")
	texts, err := edited(edits, func(file string) ([]byte, error) { return os.ReadFile(filepath.Join(src, file)) })
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for file, text := range texts {
		to := filepath.Join(dir, file)
		if err := writeIfNew(to, []byte(text)); err != nil {
			return "", err
		}
		replace[filepath.Join(src, file)] = to
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, writeIfNew(path, b)
}

// edited are the runtime's files after the edits.
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
			return nil, fmt.Errorf("runtime/%s has %d times, not %d times, the text %q: this toolchain needs a new version of shrink", e.file, n, e.times, e.old)
		}
		texts[e.file] = strings.ReplaceAll(text, e.old, e.new)
	}
	return texts, nil
}

// writeIfNew leaves a file alone that is as it should be: two builds at once may share it.
func writeIfNew(path string, b []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(b) {
		return nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}
