package engine

import (
	"debug/elf"
	"os"
	"path"
	"slices"
	"strings"

	"bantam/internal/linux/mount"

	"golang.org/x/sys/unix"
)

// Interpreters look for their library where they were built to be. Below the place of the toolkit it is elsewhere, and they
// take its place from a variable: Python from PYTHONHOME (also in programs that have Python inside, as gdb), Perl from PERL5LIB.

// environment is what a program needs besides.
func (w *wrapper) environment(real string, e *elf.File) []string {
	needed, _ := e.ImportedLibraries()
	switch {
	case isNamed(path.Base(real), "python"), slices.ContainsFunc(needed, func(l string) bool { return isNamed(l, "libpython") }):
		return []string{"PYTHONHOME=" + w.place + path.Dir(path.Dir(real))}
	case isNamed(path.Base(real), "perl"):
		if dirs := w.perlFolders(); len(dirs) > 0 {
			return []string{"PERL5LIB=" + strings.Join(dirs, ":")}
		}
	}
	return nil
}

// isNamed says whether a file has that name, or with a version behind it: python3.11, libpython3.11.so.1.0.
func isNamed(file, name string) bool {
	rest, ok := strings.CutPrefix(file, name)
	return ok && strings.Trim(strings.ReplaceAll(rest, "so", ""), ".0123456789") == ""
}

// perlHomes are below what Debian, Alpine and Perl's own installation have as @INC, each for itself or a folder per version.
var perlHomes = [...]string{
	"/usr/local/lib/*/perl", "/usr/local/share/perl", "/usr/lib/*/perl5", "/usr/share/perl5", "/usr/lib/*/perl-base", "/usr/lib/*/perl", "/usr/share/perl",
	"/usr/lib/perl5/core_perl", "/usr/share/perl5/core_perl", "/usr/lib/perl5/vendor_perl", "/usr/share/perl5/vendor_perl", "/usr/local/lib/perl5",
}

// perlFolders are those that there are, as seen below the place.
func (w *wrapper) perlFolders() (list []string) {
	for _, pattern := range perlHomes {
		before, after, several := strings.Cut(pattern, "/*")
		homes := []string{pattern}
		if several {
			homes = nil
			for _, arch := range w.names(before) {
				homes = append(homes, before+"/"+arch+after)
			}
		}
		for _, home := range homes {
			list = append(list, w.withVersions(home)...)
		}
	}
	return list
}

// withVersions is a folder, if it is there, with those in it that are named after a version.
func (w *wrapper) withVersions(dir string) (list []string) {
	names := w.names(dir)
	if names == nil {
		return nil
	}
	list = append(list, w.place+dir)
	for _, n := range names {
		if strings.Trim(n, ".0123456789") == "" {
			list = append(list, w.place+dir+"/"+n)
		}
	}
	return list
}

// names are those in a folder of the toolkit, nil if there is no such folder.
func (w *wrapper) names(dir string) []string {
	fd, err := mount.OpenInRoot(w.root, dir, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil
	}
	f := os.NewFile(uintptr(fd), dir)
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	slices.Sort(names)
	return append([]string{}, names...)
}
