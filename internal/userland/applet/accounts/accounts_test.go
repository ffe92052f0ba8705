package accounts

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bantam/internal/userland/applet"
)

func call() *applet.Call {
	return &applet.Call{Name: "test", Applet: &applet.Applet{}, Out: applet.Capture(), Err: applet.Capture()}
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "group")
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestEdits(t *testing.T) {
	const before = "root:x:0:\nwheel:x:10:joe,ann\nusers:x:100:joe"
	for _, e := range []struct {
		what string
		do   func(path string) (int, error)
		want string
	}{
		{"append", func(p string) (int, error) { return 1, Append(call(), p, "new:x:5:") }, before + "\nnew:x:5:\n"},
		{"delete", func(p string) (int, error) { return 1, Delete(call(), p, "wheel") }, "root:x:0:\nusers:x:100:joe\n"},
		{"delete none", func(p string) (int, error) { return 1, Delete(call(), p, "whee") }, before + "\n"},
		{"member", func(p string) (int, error) { return AddMember(call(), p, "root", "joe") }, "root:x:0:joe\nwheel:x:10:joe,ann\nusers:x:100:joe\n"},
		{"another", func(p string) (int, error) { return AddMember(call(), p, "users", "ann") }, before + ",ann\n"},
		{"out", func(p string) (int, error) { return DeleteMember(call(), p, "wheel", "joe") }, "root:x:0:\nwheel:x:10:ann\nusers:x:100:joe\n"},
	} {
		path := write(t, before)
		if n, err := e.do(path); err != nil || n != 1 {
			t.Errorf("%s: %d %v", e.what, n, err)
		}
		if got := read(t, path); got != e.want {
			t.Errorf("%s: %q, not %q", e.what, got, e.want)
		}
		if read(t, path+"-") != before {
			t.Errorf("%s: no backup", e.what)
		}
		if st, _ := os.Stat(path); st.Mode() != 0o640 {
			t.Errorf("%s: mode %v", e.what, st.Mode())
		}
	}
	path := write(t, before)
	if n, err := DeleteMember(call(), path, "", "joe"); n != 2 || err != nil || strings.Contains(read(t, path), "joe") {
		t.Errorf("%d %v %q", n, err, read(t, path))
	}
}

// Many at the same time: none is lost.
func TestAtTheSameTime(t *testing.T) {
	path := write(t, "")
	var writers sync.WaitGroup
	for i := range 5 {
		writers.Go(func() {
			if err := Append(call(), path, fmt.Sprintf("user%d:x", i)); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	for i := range 5 {
		if !strings.Contains(read(t, path), fmt.Sprintf("user%d:x\n", i)) {
			t.Errorf("%d is lost", i)
		}
	}
}

func TestFailures(t *testing.T) {
	c := call()
	if _, err := Rewrite(c, filepath.Join(t.TempDir(), "nofile"), nil, ""); err == nil {
		t.Error("no error")
	}
	if n, err := Rewrite(c, filepath.Join(t.TempDir(), "shadow"), nil, "x"); n != 0 || err != nil {
		t.Error("a missing shadow file is an error")
	}
}

func TestSetenv(t *testing.T) {
	env := Setenv(Setenv([]string{"A=1", "B=2"}, "A", "3"), "C", "4")
	if strings.Join(env, " ") != "A=3 B=2 C=4" {
		t.Error(env)
	}
}
