package cgroup

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// hugetlbV1 and hugetlbV2 limit huge pages in use and, where the kernel counts
// them, reserved ones (hugetlb.rst).
func hugetlbV1(dir string, list []specs.LinuxHugepageLimit) error {
	return hugetlb(dir, ".limit_in_bytes", list)
}

func hugetlbV2(dir string, list []specs.LinuxHugepageLimit) error { return hugetlb(dir, ".max", list) }

func hugetlb(dir, suffix string, list []specs.LinuxHugepageLimit) error {
	for i := range list {
		size, value := list[i].Pagesize, utoa(list[i].Limit)
		if err := checkPageSize(size); err != nil {
			return err
		}
		err := write(dir+"/hugetlb."+size+suffix, value)
		if errors.Is(err, unix.ENOENT) {
			return errors.New("resources.hugepageLimits: this machine has no huge pages of " + size + ": " + err.Error())
		}
		if err != nil {
			return err
		}
		if err := write(dir+"/hugetlb."+size+".rsvd"+suffix, value); err != nil && !errors.Is(err, unix.ENOENT) {
			return err
		}
	}
	return nil
}

// checkPageSize takes what the spec calls <size><unit-prefix>B and no path.
func checkPageSize(size string) error {
	digits := strings.TrimRight(size, "KMGB")
	if digits == "" || digits == size || strings.Trim(digits, "0123456789") != "" {
		return errors.New("resources.hugepageLimits: page size " + quote(size) + " is not like 64KB, 2MB or 1GB")
	}
	return nil
}

// setRDMA limits handles and objects of each device (rdma.rst), in the order of names.
func setRDMA(dir string, limits map[string]specs.LinuxRdma) error {
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		l, line := limits[name], name
		if l.HcaHandles != nil {
			line += " hca_handle=" + utoa(uint64(*l.HcaHandles))
		}
		if l.HcaObjects != nil {
			line += " hca_object=" + utoa(uint64(*l.HcaObjects))
		}
		if err := write(dir+"/rdma.max", line); err != nil {
			return err
		}
	}
	return nil
}

func setPriorities(dir string, list []specs.LinuxInterfacePriority) error {
	for _, p := range list {
		if err := write(dir+"/net_prio.ifpriomap", p.Name+" "+utoa(uint64(p.Priority))); err != nil {
			return err
		}
	}
	return nil
}

// refuseV1Only names what v2 has nothing for. Kernel memory limits are left
// out, as the spec allows.
func refuseV1Only(r *specs.LinuxResources) error {
	what := ""
	if m := r.Memory; m != nil {
		_, sw := swappiness(m)
		switch {
		case sw:
			what = "memory.swappiness"
		case isTrue(m.DisableOOMKiller):
			what = "memory.disableOOMKiller"
		case number(m.KernelTCP) > 0:
			what = "memory.kernelTCP"
		case m.UseHierarchy != nil && !*m.UseHierarchy:
			what = "memory.useHierarchy=false"
		}
	}
	if c := r.CPU; c != nil && (number(c.RealtimeRuntime) != 0 || number(c.RealtimePeriod) != 0) {
		what = "cpu.realtimeRuntime"
	}
	if n := r.Network; n != nil && (n.ClassID != nil && *n.ClassID != 0 || len(n.Priorities) > 0) {
		what = "network"
	}
	if b := r.BlockIO; b != nil && weight(b.LeafWeight) != 0 {
		what = "blockIO.leafWeight"
	}
	if what != "" {
		return errors.New("resources." + what + " set but cgroup v2 has no such limit")
	}
	return nil
}

// setUnified writes the files of resources.unified, in the order of names.
// Values of several lines are written line by line.
func (g *Group) setUnified(files map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := checkUnified(name); err != nil {
			return err
		}
		dir := g.unified()
		if dir == "" {
			return errors.New("resources.unified " + quote(name) + " set but there was no permission to create a cgroup")
		}
		if err := writeLines(dir+"/"+name, files[name]); err != nil {
			return g.explainUnified(name, err)
		}
	}
	return nil
}

func writeLines(path, text string) error {
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if err := write(path, line); err != nil {
			return err
		}
	}
	return nil
}

func checkUnified(name string) error {
	if strings.Contains(name, "/") {
		return errors.New("unified resource " + quote(name) + " must be a file name (no slashes)")
	}
	if strings.IndexByte(name, '.') <= 0 || strings.IndexByte(name, 0) >= 0 {
		return errors.New("unified resource " + quote(name) + " must be in the form CONTROLLER.PARAMETER")
	}
	return nil
}

func (g *Group) explainUnified(name string, err error) error {
	controller, _, _ := strings.Cut(name, ".")
	if missingFile(err) && controller != "cgroup" && !g.available(controllerByName(controller)) {
		return errors.New("unified resource " + quote(name) + " can't be set: controller " + quote(controller) + " not available")
	}
	return errors.New("unable to set unified resource " + quote(name) + ": " + err.Error())
}
