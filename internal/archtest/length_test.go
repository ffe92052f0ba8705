package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

const (
	maxFunction = 60  // lines
	maxFile     = 400 // lines
)

// TestLengths: a function over 60 lines or a file over 400 wants a reason, which
// stands in testdata/long.txt as "PATH[:FUNCTION] REASON". Tests and generated
// files are left alone.
func TestLengths(t *testing.T) {
	reasons := map[string]bool{}
	for _, l := range ledger(t, "long.txt") {
		what, reason, _ := strings.Cut(l, " ")
		if len(strings.Fields(reason)) < 3 {
			t.Errorf("long.txt: %s has no reason", what)
		}
		reasons[what] = true
	}
	for _, l := range tooLong(t) {
		if !reasons[l.what] {
			t.Errorf("%s has %d lines: split it, or give the reason in archtest/testdata/long.txt", l.what, l.lines)
		}
		delete(reasons, l.what)
	}
	for what := range reasons {
		t.Errorf("long.txt: %s is no longer too long: take it off", what)
	}
}

type long struct {
	what  string
	lines int
}

func tooLong(t *testing.T) []long {
	t.Helper()
	var found []long
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if !ast.IsGenerated(f) {
				found = append(found, tooLongIn(set, f, relative(p.ImportPath)+"/"+name)...)
			}
		}
	}
	return found
}

func tooLongIn(set *token.FileSet, f *ast.File, path string) []long {
	var found []long
	if n := set.File(f.Pos()).LineCount(); n > maxFile {
		found = append(found, long{path, n})
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if n := set.Position(fn.End()).Line - set.Position(fn.Pos()).Line + 1; n > maxFunction {
			found = append(found, long{fmt.Sprintf("%s:%s", path, fn.Name.Name), n})
		}
	}
	return found
}

func TestTooLongFindsFunction(t *testing.T) {
	set := token.NewFileSet()
	src := "package p\nfunc f() {\n" + strings.Repeat("\n", maxFunction) + "}\n"
	f, err := parser.ParseFile(set, "p.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := tooLongIn(set, f, "p.go"); len(got) != 1 || got[0].what != "p.go:f" {
		t.Errorf("got %v", got)
	}
}
