package monitor

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"bantam/internal/container/dockerspec"
	"bantam/internal/container/folder"
	"bantam/internal/container/passwd"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// spec makes the OCI spec from the record. free gives back what it keeps open until the
// container has its namespaces.
func (m *monitor) spec() (spec *specs.Spec, free func(), err error) {
	in := dockerspec.Input{Record: m.record, Folder: m.folder, Rows: m.job.Rows, Cols: m.job.Cols}
	var open []int
	free = func() {
		for _, fd := range open {
			unix.Close(fd)
		}
	}
	if in.Seccomp, err = readProfile(m.folder.Path("seccomp.json")); err != nil {
		return nil, free, err
	}
	if in.Join, open, err = join(m.store, m.record); err != nil {
		return nil, free, err
	}
	spec, err = makeSpec(in)
	return spec, free, err
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
		in.Init = os.Getenv("BANTAM_OCI")
	}
	for _, d := range h.Devices {
		dev, ok := device(d.PathOnHost)
		if !ok {
			return nil, fmt.Errorf("error gathering device information while adding custom device %q: not a device node", d.PathOnHost)
		}
		dev.Path = d.PathInContainer
		in.Devices = append(in.Devices, dev)
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

// join opens the namespaces of the containers that this one shares them with. The
// paths are of the open descriptors, so that they are the other container's even if it
// ends meanwhile and another process gets its pid.
func join(store *folder.Store, r *folder.Record) (map[specs.LinuxNamespaceType]string, []int, error) {
	var paths map[specs.LinuxNamespaceType]string
	var open []int
	for _, n := range [...]struct {
		mode, file string
		kind       specs.LinuxNamespaceType
	}{
		{r.Host.NetworkMode, "net", specs.NetworkNamespace},
		{r.Host.PidMode, "pid", specs.PIDNamespace},
		{r.Host.IpcMode, "ipc", specs.IPCNamespace},
		{r.Host.UTSMode, "uts", specs.UTSNamespace},
	} {
		id, shared := strings.CutPrefix(n.mode, "container:")
		if !shared {
			continue
		}
		fd, err := peer(store, id, n.file)
		if err != nil {
			return nil, open, fmt.Errorf("cannot join %s namespace of container %s: %w", strings.ToUpper(n.file), id, err)
		}
		open = append(open, fd)
		if paths == nil {
			paths = map[specs.LinuxNamespaceType]string{}
		}
		paths[n.kind] = "/proc/self/fd/" + strconv.Itoa(fd)
	}
	return paths, open, nil
}

// peer opens a namespace of a running container.
func peer(store *folder.Store, id, file string) (int, error) {
	st, err := store.Folder(id).ReadState()
	if err != nil {
		return -1, err
	}
	if !st.Alive() {
		return -1, fmt.Errorf("container %s is not running", id)
	}
	fd, err := unix.Open("/proc/"+strconv.Itoa(st.Pid)+"/ns/"+file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err == nil && !st.Alive() {
		unix.Close(fd)
		return -1, fmt.Errorf("container %s is not running", id)
	}
	return fd, err
}
