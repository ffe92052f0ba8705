package engine

import (
	"encoding/json"
	"fmt"
	"os"

	"bantam/internal/container/dockerspec"
	"bantam/internal/container/folder"
	"bantam/internal/statefile"

	"github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// seccompFile is the profile of --security-opt seccomp=FILE in the container's
// folder, resolved for its capabilities, as an OCI spec that has nothing else.
const seccompFile = "seccomp.json"

// copyProfile reads the user's profile, which is in docker's format, and keeps it in the OCI's.
func (o *RunOptions) copyProfile(f folder.Folder) error {
	p, err := o.profile()
	if err != nil || p == nil {
		return err
	}
	b, err := json.Marshal(&specs.Spec{Version: specs.Version, Linux: &specs.Linux{Seccomp: p}})
	if err != nil {
		return fmt.Errorf("seccomp profile: %w", err)
	}
	return statefile.Write(f.Path(seccompFile), b, 0o600, !o.Remove)
}

// profile is the user's seccomp profile or nil.
func (o *RunOptions) profile() (*specs.LinuxSeccomp, error) {
	sec, err := dockerspec.ParseSecurity(o.SecurityOpt)
	if err != nil || sec.ProfilePath == "" {
		return nil, err
	}
	b := []byte(sec.ProfilePath)
	if b[0] != '{' { // docker's client sends the profile itself
		b, err = os.ReadFile(sec.ProfilePath)
	}
	if err != nil {
		return nil, fmt.Errorf("opening seccomp profile (%s) failed: %w", sec.ProfilePath, err)
	}
	caps, err := dockerspec.Capabilities(o.Privileged, o.CapAdd, o.CapDrop)
	if err != nil {
		return nil, err
	}
	p, err := seccomp.LoadProfile(string(b), &specs.Spec{
		Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: caps}},
		Linux:   &specs.Linux{},
	})
	if err != nil {
		return nil, fmt.Errorf("seccomp profile %s: %w", sec.ProfilePath, err)
	}
	return p, nil
}
