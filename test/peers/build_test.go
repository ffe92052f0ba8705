package peers

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bantam/internal/testenv"

	"golang.org/x/tools/txtar"
)

// TestBuild builds Dockerfiles by docker's classic builder and by bantam, and compares
// what comes out: every file with its owner, permissions and content, and the
// configuration. testdata/build.txtar says how a case is written.
func TestBuild(t *testing.T) {
	testenv.Bin(t, "bantamd")
	own := &engine{prefix: []string{testenv.Bin(t, "bantam")}, env: []string{"BANTAM_ROOT=" + folder(t) + "/root"}}
	peer := docker(t)
	peer.env = append(peer.env, "DOCKER_BUILDKIT=0")
	base := imageArchive(t) // the same for both, whatever is compiled meanwhile
	peer.must(t, "load", "-i", base)
	peer.must(t, "tag", "box:load", "box")
	own.must(t, "load", "-i", base)
	own.must(t, "tag", "box:load", "box")
	a, err := txtar.ParseFile("testdata/build.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t)
	args := unpackCases(t, a, dir)
	t.Run("cases", func(t *testing.T) { buildCases(t, a, dir, args, peer, own) })
	t.Run("runs there", func(t *testing.T) {
		own.must(t, "build", "-t", "ours", "-o", "type=docker,dest="+dir+"/ours.tar", "-f", dir+"/env.df", dir+"/ctx")
		peer.must(t, "load", "-i", dir+"/ours.tar")
		peer.want(t, "2|two words|three words|1-two words-three words-default-set|1|form of it", "run", "--rm", "--network", "none", "ours", "cat", "/env")
	})
}

// buildCases runs some of them at once: docker waits more than it works.
func buildCases(t *testing.T, a *txtar.Archive, dir string, args map[string][]string, peer, own *engine) {
	for _, f := range a.Files {
		name, ok := strings.CutSuffix(f.Name, ".df")
		if !ok {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			more := append(slices.Clone(args[name]), "--network", "none", "-f", dir+"/"+f.Name, dir+"/ctx")
			want := builtByDocker(t, peer, name, more)
			got := builtByBantam(t, own, name, more)
			for _, d := range differences(want, got) {
				t.Error(d)
			}
		})
	}
}

// unpackCases writes the files and returns the cases' arguments.
func unpackCases(t *testing.T, a *txtar.Archive, dir string) map[string][]string {
	t.Helper()
	args := map[string][]string{}
	for _, f := range a.Files {
		if name, ok := strings.CutSuffix(f.Name, ".args"); ok {
			args[name] = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
		}
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sh", "-ec", "umask 022; . ../setup.sh")
	cmd.Dir = dir + "/ctx"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("setup.sh: %v\n%s", err, out)
	}
	return args
}

// built is an image as facts: a path, or a member of the configuration, and what it is.
type built map[string]string

func builtByDocker(t *testing.T, e *engine, name string, args []string) built {
	t.Helper()
	words := append([]string{"build", "-q", "-t", "case-" + name}, args...)
	o := e.try(t, words...)
	for n := 0; n < 5 && strings.Contains(o.stderr, "signal: killed"); n++ {
		o = e.try(t, words...) // docker ends its own unpacker when a thread of it ends
	}
	if o.code != 0 {
		t.Fatalf("docker %v: %s%s", words, o.stdout, o.stderr)
	}
	b := built{}
	b.config(t, e.must(t, "inspect", "--type", "image", "-f", "{{json .Config}}", "case-"+name))
	id := e.must(t, "create", "--network", "none", "case-"+name, "x")
	defer e.must(t, "rm", id)
	file := folder(t) + "/export.tar"
	e.must(t, "export", "-o", file, id)
	b.files(t, file)
	return b
}

func builtByBantam(t *testing.T, e *engine, name string, args []string) built {
	t.Helper()
	id := e.must(t, append([]string{"build", "-q", "-t", "case-" + name}, args...)...)
	root := strings.TrimPrefix(e.env[0], "BANTAM_ROOT=")
	raw, err := os.ReadFile(root + "/images/sha256/" + strings.TrimPrefix(id, "sha256:"))
	if err != nil {
		t.Fatal(err)
	}
	_, raw, _ = bytes.Cut(raw, []byte("\n"))
	var image struct{ Config json.RawMessage }
	if err := json.Unmarshal(raw, &image); err != nil {
		t.Fatal(err)
	}
	b := built{}
	b.config(t, string(image.Config))
	file := folder(t) + "/export.tar"
	e.must(t, append([]string{"build", "-q", "-o", "type=tar,dest=" + file}, args...)...)
	b.files(t, file)
	return b
}

// config takes the members that a Dockerfile sets.
func (b built) config(t *testing.T, text string) {
	t.Helper()
	var c map[string]any
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, key := range strings.Fields("User ExposedPorts Env Entrypoint Cmd Volumes WorkingDir Labels StopSignal Healthcheck OnBuild Shell") {
		v := c[key]
		if key == "WorkingDir" && v == "/" {
			v = nil // BuildKit writes it, the classic builder doesn't; it is the same
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		switch s := string(text); s {
		case "null", "[]", "{}", `""`:
		default:
			b["config "+key] = s
		}
	}
}

// files takes a tar file's entries. What engines put into every container is left out.
func (b built) files(t *testing.T, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		name := strings.Trim(filepath.Clean("/"+h.Name), "/")
		top, _, _ := strings.Cut(name, "/")
		switch {
		case name == "", top == "dev", top == "proc", top == "sys", name == ".dockerenv":
			continue
		case filepath.Base(name) == ".dockerignore": // docker's client rewrites it on the way
			continue
		case name == "etc/hosts", name == "etc/hostname", name == "etc/resolv.conf", name == "etc/mtab", name == "etc":
			continue
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, r); err != nil {
			t.Fatal(err)
		}
		kind := string(h.Typeflag)
		if h.Typeflag == tar.TypeLink { // the first of two names is the file, and which that is may differ
			b[name] = "linked"
			b[strings.Trim(filepath.Clean("/"+h.Linkname), "/")] = "linked"
			continue
		}
		b[name] = fmt.Sprintf("type %s mode %o owner %d:%d size %d link %q sum %.8x", kind, h.Mode&0o7777, h.Uid, h.Gid, h.Size, h.Linkname, sum.Sum(nil))
	}
}

func differences(want, got built) []string {
	var list []string
	for k, w := range want {
		if g := got[k]; g != w {
			list = append(list, fmt.Sprintf("%s: docker %q, bantam %q", k, w, g))
		}
	}
	for k, g := range got {
		if _, ok := want[k]; !ok {
			list = append(list, fmt.Sprintf("%s: docker has none, bantam %q", k, g))
		}
	}
	slices.Sort(list)
	return list
}
