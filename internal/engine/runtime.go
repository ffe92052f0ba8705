package engine

import (
	"fmt"
	"os/exec"
	"path/filepath"

	"bantam/internal/container/folder"
)

// OwnRuntime is the name of the runtime that containers are started by where none is named.
const OwnRuntime = "bantam-oci"

// runtime finds the program of --runtime: an OCI runtime's name on the path, or its path.
func (o *RunOptions) runtime(h *folder.HostConfig) error {
	switch o.Runtime {
	case "", OwnRuntime, "io.containerd.runc.v2": // docker's word for its default
		return nil
	}
	path, err := exec.LookPath(o.Runtime)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return fmt.Errorf("unknown or invalid runtime name: %s: there is no such program on the path", o.Runtime)
	}
	if h.IDSize > 0 {
		return fmt.Errorf("--userns auto needs bantam's own runtime: %s can't be given mapped layers", o.Runtime)
	}
	h.Runtime, h.RuntimePath = o.Runtime, path
	return nil
}
