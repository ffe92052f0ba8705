package monitor

import (
	"cmp"
	"fmt"
	"os"
	"strings"

	"bantam/internal/container/dockerspec"
	"bantam/internal/container/folder"
	"bantam/internal/container/passwd"
	"bantam/internal/container/volumes"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// spec makes the OCI spec from the record. The descriptors of peers and sources must stay open until
// the container has its namespaces and mounts.
func (m *monitor) spec(p *peers, s *volumes.Sources) (*specs.Spec, error) {
	in := dockerspec.Input{Record: m.record, Folder: m.folder, Rows: m.job.Rows, Cols: m.job.Cols}
	if in.Rows == 0 {
		in.Rows, in.Cols = uint16(m.record.Host.Rows), uint16(m.record.Host.Cols)
	}
	var err error
	if in.Seccomp, err = readProfile(m.folder.Path("seccomp.json")); err != nil {
		return nil, err
	}
	if err = p.join(m.store, m.record); err != nil {
		return nil, err
	}
	in.Join = p.paths
	spec, err := makeSpec(in)
	if err != nil {
		return nil, err
	}
	s.Trees = p.trees
	return spec, s.Open(m.store, m.record, spec.Process.User)
}

// makeSpec adds what depends on the host and on the image's files.
func makeSpec(in dockerspec.Input) (*specs.Spec, error) {
	h := &in.Record.Host
	in.Host = hostFacts(h.Privileged)
	layers := append([]string{in.Folder.Path("upper")}, in.Record.Layers...)
	u, err := passwd.Lookup(layers, in.Record.Config.User)
	if err != nil {
		return nil, err
	}
	if err := u.AddGroups(layers, h.GroupAdd); err != nil {
		return nil, err
	}
	in.User, in.Home = u.User, u.Home
	in.Names = in.Folder
	if id, shared := strings.CutPrefix(h.NetworkMode, "container:"); shared {
		in.Names.Dir = in.Folder.Dir[:strings.LastIndexByte(in.Folder.Dir, '/')+1] + id
	}
	if h.Init {
		in.Init = cmp.Or(in.Init, os.Getenv("BANTAM_OCI"))
	} else {
		in.Init = ""
	}
	for _, d := range h.Devices {
		dev, ok := device(d.PathOnHost)
		if !ok {
			return nil, fmt.Errorf("error gathering device information while adding custom device %q: not a device node", d.PathOnHost)
		}
		dev.Path = d.PathInContainer
		in.Devices = append(in.Devices, dev)
	}
	if err := checkPropagation(in.Record.Mounts); err != nil {
		return nil, err
	}
	in.Block, err = blockDevices(&h.Resources)
	if err != nil {
		return nil, err
	}
	return dockerspec.Make(in)
}

// blockDevices looks up the numbers of the devices that have limits.
func blockDevices(r *folder.Resources) (map[string][2]int64, error) {
	var found map[string][2]int64
	for _, list := range [...][]folder.Rate{r.BlkioWeightDevice, r.BlkioDeviceReadBps, r.BlkioDeviceWriteBps, r.BlkioDeviceReadIOps, r.BlkioDeviceWriteIOps} {
		for _, rate := range list {
			var st unix.Stat_t
			if err := unix.Stat(rate.Path, &st); err != nil {
				return nil, fmt.Errorf("limit of %s: %w", rate.Path, err)
			}
			if found == nil {
				found = map[string][2]int64{}
			}
			found[rate.Path] = [2]int64{int64(unix.Major(st.Rdev)), int64(unix.Minor(st.Rdev))}
		}
	}
	return found, nil
}
