package engine

import (
	"bufio"
	"bytes"
	"debug/elf"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/image/builtin"
	"bantam/internal/linux/mount"

	"golang.org/x/sys/unix"
)

// Programs of a toolkit that are linked against libraries name their loader by an absolute path, and
// scripts their interpreter: below the place where the toolkit is shown neither is there, or it is the
// debugged container's. So each of them gets a wrapper, a script for box's shell that calls the loader with
// the toolkit's own libraries.
//
//	PLACE/.bantam/bin/NAME   the wrapper, or a link to a static program that an absolute link names
//	PLACE/bin/box            its shell: the built-in image lies below the toolkit's layers

// wrapDir is where the wrappers are, below the place.
const wrapDir = "/.bantam/bin"

// libraries are where loaders look by themselves (ld.so(8); musl's ldso).
var libraries = [...]string{
	"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
	"/lib64", "/usr/lib64", "/usr/local/lib", "/lib", "/usr/lib",
}

// wrapper makes the wrappers of one toolkit for one place.
type wrapper struct {
	root  int // of the toolkit
	place string
	libs  string
	count int
}

// wrap returns a tree of the toolkit with wrappers in it, or the toolkit's own where all of its programs are static.
func (t *toolkit) wrap(place string, dirs []string) (tree int, wrapped bool, err error) {
	w := &wrapper{root: t.tree, place: place}
	w.libs = w.libraryPath()
	front, err := memoryTree()
	if err != nil {
		return -1, false, err
	}
	defer unix.Close(front)
	if err := w.fill(front, dirs); err != nil || w.count == 0 {
		return t.tree, false, err
	}
	below, err := t.engine.image(builtin.Name, "")
	if err != nil {
		return -1, false, err
	}
	layers := append([]string{"/proc/self/fd/" + strconv.Itoa(front)}, t.image.Layers...)
	for _, l := range below.Layers { // an overlay takes none twice
		if !slices.Contains(layers, l) {
			layers = append(layers, l)
		}
	}
	tree, err = readOnlyTree(layers)
	return tree, err == nil, err
}

// memoryTree is a file system in memory that has no place.
func memoryTree() (int, error) {
	fs, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(fs)
	if err := errors.Join(unix.FsconfigSetString(fs, "mode", "0755"), unix.FsconfigCreate(fs)); err != nil {
		return -1, err
	}
	return unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
}

// libraryPath are the folders of libraries that there are, as seen below the place.
func (w *wrapper) libraryPath() string {
	var list []string
	for _, dir := range libraries {
		if fd, err := mount.OpenInRoot(w.root, dir, unix.O_PATH|unix.O_DIRECTORY); err == nil {
			unix.Close(fd)
			list = append(list, w.place+dir)
		}
	}
	return strings.Join(list, ":")
}

// fill writes the wrappers of all programs in the folders; of two of a name the first counts.
func (w *wrapper) fill(front int, dirs []string) error {
	at := "/proc/self/fd/" + strconv.Itoa(front) + wrapDir
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	for _, dir := range dirs {
		fd, err := mount.OpenInRoot(w.root, dir, unix.O_RDONLY|unix.O_DIRECTORY)
		if err != nil {
			continue
		}
		f := os.NewFile(uintptr(fd), dir)
		names, _ := f.Readdirnames(-1)
		f.Close()
		for _, name := range names {
			if err := w.one(at+"/"+name, dir+"/"+name); err != nil && !errors.Is(err, os.ErrExist) {
				return err
			}
		}
	}
	return nil
}

// one writes the wrapper of one program, if it needs one.
func (w *wrapper) one(to, program string) error {
	l, ok := w.launch(program, 0)
	switch {
	case !ok:
		return nil
	case len(l.words) > 1:
		w.count++
		if path.Base(l.real) != path.Base(program) && strings.Contains(l.words[0], "/ld-") {
			l.words = append([]string{l.words[0], "--argv0", quote(path.Base(program))}, l.words[1:]...)
		}
		return os.WriteFile(to, []byte("#!"+w.place+"/bin/box sh\n"+l.exports()+"exec "+strings.Join(l.words, " ")+` "$@"`+"\n"), 0o755)
	case l.real != program:
		w.count++
		return os.Symlink("../.."+l.real, to)
	}
	return nil
}

// launched is how a program is started.
type launched struct {
	real  string   // what file it is in truth
	words []string // of the shell, that start it
	env   []string // NAME=VALUE, by which it finds its own library
}

// exports are the shell's lines that set the environment.
func (l *launched) exports() string {
	var b strings.Builder
	for _, v := range l.env {
		name, value, _ := strings.Cut(v, "=")
		b.WriteString("export " + name + "=" + quote(value) + "\n")
	}
	return b.String()
}

// launch says how to start a program.
func (w *wrapper) launch(program string, depth int) (l launched, ok bool) {
	f, real, err := w.open(program)
	if err != nil || depth > 4 {
		return l, false
	}
	defer f.Close()
	shown := quote(w.place + real)
	if line := interpreter(f); line != "" {
		by, arg, _ := strings.Cut(line, " ")
		l, ok := w.launch(by, depth+1)
		if arg = strings.TrimSpace(arg); arg != "" {
			l.words = append(l.words, quote(arg))
		}
		return launched{real, append(l.words, shown), l.env}, ok
	}
	e, err := elf.NewFile(f)
	if err != nil {
		return l, false
	}
	for _, p := range e.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		name, _ := io.ReadAll(io.LimitReader(p.Open(), 4096))
		loader, at, err := w.open(string(bytes.TrimRight(name, "\x00")))
		if err != nil {
			return l, false
		}
		loader.Close()
		return launched{real, []string{quote(w.place + at), "--library-path", quote(w.libs), shown}, w.environment(real, e)}, true
	}
	return launched{real: real, words: []string{shown}}, true
}

// open opens an executable file of the toolkit and says where it is without links.
func (w *wrapper) open(name string) (f *os.File, real string, err error) {
	fd, err := mount.OpenInRoot(w.root, name, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil, "", err
	}
	f = os.NewFile(uintptr(fd), name)
	info, err := f.Stat()
	if err == nil && (!info.Mode().IsRegular() || info.Mode()&0o111 == 0) {
		err = os.ErrPermission
	}
	if err == nil {
		real, err = os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	}
	if err != nil {
		f.Close()
	}
	return f, real, err
}

// interpreter is the rest of a script's first line, or empty.
func interpreter(f *os.File) string {
	line, err := bufio.NewReader(io.NewSectionReader(f, 0, 256)).ReadString('\n')
	rest, ok := strings.CutPrefix(line, "#!")
	if err != nil || !ok {
		return ""
	}
	return strings.TrimSpace(rest)
}

// quote writes a word for the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
