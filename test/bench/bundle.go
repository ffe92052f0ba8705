package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"

	"bantam/internal/container/dockerspec"
	"bantam/internal/testenv"
)

// makeBundle makes a folder with runc's default configuration, as `runc spec`
// writes it, without a terminal and with the given command.
func makeBundle(dir string, change func(*specs.Spec), args ...string) error {
	if err := os.MkdirAll(filepath.Join(dir, "rootfs"), 0o755); err != nil {
		return err
	}
	cmd := exec.Command(testenv.Find("runc"), "spec")
	cmd.Dir = dir
	if err := cmd.Run(); err != nil {
		return err
	}
	name := filepath.Join(dir, "config.json")
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var spec specs.Spec
	if err := json.Unmarshal(b, &spec); err != nil {
		return err
	}
	spec.Process.Terminal = false
	spec.Process.Args = args
	if change != nil {
		change(&spec)
	}
	if b, err = json.Marshal(&spec); err != nil {
		return err
	}
	if err := os.WriteFile(name, b, 0o644); err != nil {
		return err
	}
	return makeRoot(filepath.Join(dir, "rootfs"))
}

// dockerProfile adds Docker's default seccomp profile for the spec's capabilities.
func dockerProfile(s *specs.Spec) {
	s.Linux.Seccomp = dockerspec.Profile(s.Process.Capabilities.Bounding)
}

func makeRoot(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		return err
	}
	b, err := os.ReadFile(testenv.Find("busybox"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "bin", "busybox"), b, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"true", "sleep", "sh"} {
		if err := os.Symlink("busybox", filepath.Join(dir, "bin", name)); err != nil {
			return err
		}
	}
	return nil
}

// rootTar returns the same root file system as a tar file, for import.
func rootTar(name string) error {
	b, err := os.ReadFile(testenv.Find("busybox"))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range []tar.Header{
		{Typeflag: tar.TypeDir, Name: "bin/", Mode: 0o755},
		{Typeflag: tar.TypeReg, Name: "bin/busybox", Mode: 0o755, Size: int64(len(b))},
		{Typeflag: tar.TypeSymlink, Name: "bin/true", Linkname: "busybox"},
		{Typeflag: tar.TypeSymlink, Name: "bin/sh", Linkname: "busybox"},
	} {
		if err := w.WriteHeader(&h); err != nil {
			return err
		}
		if h.Size > 0 {
			if _, err := w.Write(b); err != nil {
				return err
			}
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, out.Bytes(), 0o644)
}
