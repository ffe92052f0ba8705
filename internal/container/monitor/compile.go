package monitor

import (
	"fmt"

	"bantam/internal/container/dockerspec"
	"bantam/internal/container/folder"
	"bantam/internal/launch"
	"bantam/internal/linux/cgroup"
	"bantam/internal/plan"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// compile turns a container's spec into its plan. The root file system is an
// overlay that the plan mounts inside the container's own mount namespace.
func compile(spec *specs.Spec, r *folder.Record, f folder.Folder, host *cgroup.Host, group *cgroup.Group, tasks int, trees map[string]int) (*plan.Plan, error) {
	facts := launch.Probe()
	facts.CgroupV2 = group.Mode() == cgroup.V2
	opt := plan.Options{
		ID:          r.ID,
		Stdio:       !r.Config.Tty,
		CgroupTasks: tasks,
		CgroupPaths: groupPaths(host, group),
		Trees:       trees,
		NetAtOnce:   r.Host.NetworkMode != "none", // to be connected
	}
	if _, made := trees["/"]; !made {
		opt.Overlay = overlay(f, r.Layers, r.Host.AutoRemove)
	}
	return plan.Compile(spec, facts, opt)
}

// overlay has the container's writable layer on top of the image's.
func overlay(f folder.Folder, layers []string, volatile bool) *plan.Overlay {
	return &plan.Overlay{Lower: layers, Upper: f.Path("upper"), Work: f.Path("work"), Volatile: volatile}
}

// Spec is the OCI spec of a container by its record. init is the program of --init.
func Spec(r *folder.Record, f folder.Folder, profile *specs.LinuxSeccomp, init string) (*specs.Spec, error) {
	return makeSpec(dockerspec.Input{Record: r, Folder: f, Seccomp: profile, Init: init})
}

// ReadProfile reads the seccomp profile of a container that has one of its own, or nil.
func ReadProfile(f folder.Folder) (*specs.LinuxSeccomp, error) {
	return readProfile(f.Path("seccomp.json"))
}

// Plan is the plan of a container that was never written to disk.
func Plan(r *folder.Record, f folder.Folder, spec *specs.Spec) (*plan.Plan, error) {
	host, err := cgroup.Discover()
	if err != nil {
		return nil, err
	}
	group, err := cgroup.New(cgroup.Config{Host: host, ID: r.ID, Path: spec.Linux.CgroupsPath})
	if err != nil {
		return nil, err
	}
	tasks := 0
	for _, h := range host.Hierarchies {
		if h.Controllers&cgroup.Unified == 0 {
			tasks++
		}
	}
	return compile(spec, r, f, host, group, tasks, nil)
}

// prepareLayer makes the writable layer's folders. What says that a volatile one was mounted before has to go: it was by this very
// container, whose files are still there.
func prepareLayer(f folder.Folder) error {
	for _, d := range [...]string{"upper", "work"} {
		if err := unix.Mkdir(f.Path(d), 0o755); err != nil && err != unix.EEXIST {
			return fmt.Errorf("create %s: %w", f.Path(d), err)
		} else if err != nil && d == "work" {
			f.ForgetVolatile()
		}
	}
	return nil
}
