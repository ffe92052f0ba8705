package vm

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// kernel is Debian's cloud kernel, unpacked below dir.
type kernel struct {
	dir, release string
}

// findKernel unpacks the newest cloud kernel of Debian's packages into cache, or
// finds the one that it unpacked there before.
func findKernel(cache string) (*kernel, error) {
	if k := unpacked(cache); k != nil {
		return k, nil
	}
	name, err := kernelPackage()
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp(cache, "unpack-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	if err := command(tmp, "apt-get", "download", name); err != nil {
		return nil, err
	}
	debs, _ := filepath.Glob(filepath.Join(tmp, "*.deb"))
	if len(debs) != 1 {
		return nil, fmt.Errorf("download %s: got %d packages", name, len(debs))
	}
	if err := command(tmp, "dpkg-deb", "-x", debs[0], "root"); err != nil {
		return nil, err
	}
	if err := os.Rename(filepath.Join(tmp, "root"), filepath.Join(cache, "kernel")); err != nil {
		return nil, err
	}
	if k := unpacked(cache); k != nil {
		return k, nil
	}
	return nil, fmt.Errorf("package %s holds no vmlinuz", name)
}

func unpacked(cache string) *kernel {
	dir := filepath.Join(cache, "kernel")
	images, _ := filepath.Glob(filepath.Join(dir, "boot", "vmlinuz-*"))
	if len(images) == 0 {
		return nil
	}
	return &kernel{dir, strings.TrimPrefix(filepath.Base(images[0]), "vmlinuz-")}
}

// kernelPackage resolves the meta package to the package that holds the kernel.
func kernelPackage() (string, error) {
	const meta = "linux-image-cloud-amd64"
	name := dependency(meta)
	if name == "" {
		// No lists yet, or old ones.
		if err := command("", "apt-get", "update"); err != nil {
			return "", err
		}
		name = dependency(meta)
	}
	if name == "" {
		return "", fmt.Errorf("package %s is not to be had", meta)
	}
	return name, nil
}

func dependency(meta string) string {
	out, err := exec.Command("apt-cache", "depends", meta).Output()
	if err != nil {
		return ""
	}
	for _, line := range strings.Split(string(out), "\n") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: "); ok && strings.HasPrefix(name, "linux-image-") {
			return name
		}
	}
	return ""
}

func (k *kernel) image() string { return filepath.Join(k.dir, "boot", "vmlinuz-"+k.release) }

// modules returns the files of the named modules and of those that they depend
// on, in the order in which they can be loaded. A name that the kernel has built in is left out.
func (k *kernel) modules(names ...string) ([]string, error) {
	files := map[string]string{}
	root := filepath.Join(k.dir, "lib", "modules", k.release, "kernel")
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if name, ok := strings.CutSuffix(filepath.Base(path), ".ko"); ok {
			files[strings.ReplaceAll(name, "-", "_")] = path
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var order []string
	seen := map[string]bool{}
	var visit func(name string) error
	visit = func(name string) error {
		file, ok := files[name]
		if seen[name] || !ok {
			return nil
		}
		seen[name] = true
		needs, err := moduleNeeds(file)
		if err != nil {
			return err
		}
		for _, n := range needs {
			if err := visit(n); err != nil {
				return err
			}
		}
		order = append(order, file)
		return nil
	}
	for _, n := range names {
		if err := visit(n); err != nil {
			return nil, err
		}
	}
	return order, nil
}

// moduleNeeds reads the "depends" of a module's .modinfo section.
func moduleNeeds(file string) ([]string, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := f.Section(".modinfo")
	if s == nil {
		return nil, nil
	}
	b, err := s.Data()
	if err != nil {
		return nil, err
	}
	for _, field := range strings.Split(string(b), "\x00") {
		if list, ok := strings.CutPrefix(field, "depends="); ok && list != "" {
			return strings.Split(strings.ReplaceAll(list, "-", "_"), ","), nil
		}
	}
	return nil, nil
}

func command(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, lastLine(string(out)))
	}
	return nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
