package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pureRooms do no I/O: a plan can be compiled, printed and compared anywhere.
var pureRooms = []string{"internal/plan", "internal/oci"}

// impure lists what a pure room may not import; a prefix ends in a slash.
var impure = []string{"os", "os/", "net", "net/", "io/ioutil", "path/filepath",
	"log", "log/", "time/tzdata", "plugin", "runtime/debug"}

// pureCalls are functions of syscall and x/sys/unix that only calculate.
// Everything else that they declare as a function is a system call.
var pureCalls = []string{"Mkdev", "Major", "Minor", "SignalNum", "SignalName", "ErrnoName", "ByteSliceToString", "ByteSliceFromString", "CmsgLen", "CmsgSpace"}

func TestPureRooms(t *testing.T) {
	calls := systemCalls(t)
	for _, p := range packages(t) {
		if !inPureRoom(relative(p.ImportPath)) {
			continue
		}
		for _, i := range p.Imports {
			if slices.ContainsFunc(impure, func(f string) bool { return i == f || strings.HasSuffix(f, "/") && strings.HasPrefix(i, f) }) {
				t.Errorf("%s imports %s: plan and oci do no I/O", p.ImportPath, i)
			}
		}
		for _, f := range p.GoFiles {
			checkCalls(t, filepath.Join(p.Dir, f), calls)
		}
	}
}

func inPureRoom(path string) bool {
	return slices.ContainsFunc(pureRooms, func(r string) bool { return path == r || strings.HasPrefix(path, r+"/") })
}

// fileModes are the names of io/fs that are only numbers: the spec's FileMode needs them.
var fileModes = []string{"FileMode", "ModePerm", "ModeDir", "ModeType", "ModeSetuid", "ModeSetgid", "ModeSticky"}

// checkCalls finds uses of functions of syscall and unix, and of what io/fs has
// beyond numbers, in a file.
func checkCalls(t *testing.T, file string, calls map[string]bool) {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := localNames(f, "syscall", "golang.org/x/sys/unix")
	files := localNames(f, "io/fs")
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := s.X.(*ast.Ident)
		if ok && (names[x.Name] && calls[s.Sel.Name] || files[x.Name] && !slices.Contains(fileModes, s.Sel.Name)) {
			t.Errorf("%s: %s.%s: plan and oci do no I/O", set.Position(s.Pos()), x.Name, s.Sel.Name)
		}
		return true
	})
}

// localNames returns the names under which a file imports the given packages.
func localNames(f *ast.File, paths ...string) map[string]bool {
	names := map[string]bool{}
	for _, i := range f.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		if !slices.Contains(paths, path) {
			continue
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		names[name] = true
	}
	return names
}

// systemCalls returns the names of the functions of syscall and x/sys/unix,
// except those that only calculate.
func systemCalls(t *testing.T) map[string]bool {
	t.Helper()
	list, err := goList("syscall", "golang.org/x/sys/unix")
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]bool{}
	for _, p := range list {
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && !slices.Contains(pureCalls, fn.Name.Name) {
					calls[fn.Name.Name] = true
				}
			}
		}
	}
	if !calls["Mount"] || calls["Mkdev"] {
		t.Fatal("the list of system calls is wrong: Mount must be on it and Mkdev not")
	}
	return calls
}
