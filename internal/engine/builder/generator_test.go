package builder

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const oneStatement = `{"_type":"https://in-toto.io/Statement/v0.1","subject":[],"predicateType":"https://spdx.dev/Document","predicate":{"spdxVersion":"SPDX-2.3"}}`

// TestStatements: what a scanner writes is a stranger's, in number, size and kind of file.
func TestStatements(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(dir string)
		want  string // of the error
	}{
		{"one", func(dir string) { put(t, dir+"/a.spdx.json", oneStatement); put(t, dir+"/log.txt", "x") }, ""},
		{"none", func(dir string) { put(t, dir+"/log.txt", "x") }, "no statement"},
		{"no JSON", func(dir string) { put(t, dir+"/a.json", "{") }, "a.json: unexpected end"},
		{"another type", func(dir string) { put(t, dir+"/a.json", `{"_type":"x"}`) }, "no in-toto statement"},
		{"a link", func(dir string) { symlink(t, "/etc/passwd", dir+"/a.json") }, "too many levels of symbolic links"},
		{"a long type", func(dir string) {
			put(t, dir+"/a.json", strings.Replace(oneStatement, "Document", strings.Repeat("x", 2000), 1))
		}, "longer than 1024 bytes"},
		{"too many", func(dir string) {
			for i := range maxStatements + 1 {
				put(t, dir+"/"+strconv.Itoa(i)+".json", oneStatement)
			}
		}, "more than 1000 statements"},
		{"too large", func(dir string) {
			put(t, dir+"/a.json", oneStatement)
			put(t, dir+"/b.json", oneStatement)
			if err := os.Truncate(dir+"/b.json", maxSaid); err != nil {
				t.Fatal(err)
			}
		}, "larger than"},
	} {
		dir := t.TempDir()
		c.write(dir)
		found, err := statements(dir, "scan")
		if c.want == "" && (err != nil || len(found) != 1) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %d statements, %v; want %q", c.name, len(found), err, c.want)
		}
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, filepath.Clean(path)); err != nil {
		t.Fatal(err)
	}
}

// FuzzStatement: what is taken of a scanner's statement goes into one of ours as it is.
func FuzzStatement(f *testing.F) {
	f.Add([]byte(oneStatement))
	f.Add([]byte(`{"_type":"https://in-toto.io/Statement/v1","predicateType":"x","predicate":null}`))
	f.Add([]byte(`{"_type":"https://in-toto.io/Statement/v1","predicateType":"\u0000\ud800","predicate":"\ud800"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		found, err := parseStatement(b)
		if err != nil {
			return
		}
		out, err := json.Marshal(statement{statementType, nil, found.kind, found.predicate})
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseStatement(out)
		if err != nil || again.kind != found.kind {
			t.Fatalf("%s: %v", out, err)
		}
	})
}
