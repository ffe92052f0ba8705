// Package applets runs the cases of every applet: shell scripts with their expected
// output, run with box's applets and again with a peer's, so that an expectation is
// never only what box happens to do.
//
// The cases stand in internal/userland/PACKAGE/testdata/*.txt:
//
//	== what is shown [peer=gnu: why not busybox] [root]
//	the script, run by sh in an empty folder
//	--
//	its output, stdout and stderr together
//	[exit 1]
//
// The peer is busybox if nothing else is said, gnu for the host's own tools, and
// none with the reason why no peer does the same. root is for scripts that need it.
// The line [exit N] is there if the status isn't 0. A script that hangs ends after two minutes.
//
//	go test ./test/applets -run 'Cases/head' -update
//
// fills the expected output in: the peer's, or box's where there is no peer.
package applets

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

var update = flag.Bool("update", false, "write the expected outputs anew")

// version is box's first line of help, as the program under test has it.
var version = "box dev"

// script is one case.
type script struct {
	title  string // with its tags
	text   string
	want   string
	peer   string // busybox, gnu or none
	reason string // why the peer isn't busybox
	root   bool
}

// Most scripts wait for something, so there may be more of them than processors.
func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0)))
	os.Exit(m.Run())
}

func TestCases(t *testing.T) {
	files, err := filepath.Glob("../../internal/userland/*/testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases: ", err)
	}
	box := testenv.Bin(t, "box")
	if out, err := exec.Command(box, "--version").Output(); err == nil {
		version = strings.TrimSpace(string(out))
	}
	links := t.TempDir()
	link(t, box, links)
	peers := map[string]string{"gnu": "/usr/bin:/bin:/usr/sbin:/sbin"}
	if busybox, err := exec.LookPath("busybox"); err == nil {
		dir := t.TempDir()
		link(t, busybox, dir)
		peers["busybox"] = dir
	}
	for _, file := range files {
		applet := filepath.Base(filepath.Dir(filepath.Dir(file)))
		t.Run(applet+"/"+strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			runFile(t, file, links, peers)
		})
	}
}

// link fills a folder with a link for each applet of a multi-call program.
func link(t *testing.T, program, dir string) {
	t.Helper()
	out, err := exec.Command(program, "--list").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		// The scripts' own shell stays the host's.
		if name != "sh" {
			if err := os.Symlink(program, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func runFile(t *testing.T, file, links string, peers map[string]string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := parse(string(data))
	if err != nil {
		t.Fatal(err)
	}
	path := links + ":" + peers["gnu"]
	if *update {
		for i, s := range scripts {
			with, have := peers[s.peer]
			if !have {
				with = path
			}
			scripts[i].want = run(t, s, with+":"+peers["gnu"])
		}
		if err := os.WriteFile(file, []byte(text(scripts)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range scripts {
		t.Run(s.title, func(t *testing.T) {
			if s.root && os.Getuid() != 0 {
				testenv.Skip(t, "root", "the script needs it")
			}
			if got := run(t, s, path); got != s.want {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", s.text, got, s.want)
			}
		})
		if s.peer == "none" {
			continue
		}
		t.Run(s.title+" as "+s.peer, func(t *testing.T) {
			if peers[s.peer] == "" {
				testenv.Skip(t, s.peer, "it is not installed")
			}
			if s.root && os.Getuid() != 0 {
				testenv.Skip(t, "root", "the script needs it")
			}
			if got := run(t, s, peers[s.peer]+":"+peers["gnu"]); got != s.want {
				t.Errorf("%s\n%s gives:\n%s\nwant:\n%s", s.text, s.peer, got, s.want)
			}
		})
	}
}

// run runs a script in an empty folder and returns its output and status.
func run(t *testing.T, s script, path string) string {
	t.Helper()
	got, state := testenv.Script(t, []string{"/bin/sh", "-c", s.text}, path)
	// The help's first line: make stamps the version.
	got = strings.ReplaceAll(got, version+"\n", "box dev\n")
	if got != "" && !strings.HasSuffix(got, "\n") {
		got += "[no newline]\n"
	}
	if state != nil {
		got += fmt.Sprintf("[exit %d]\n", state.ExitCode())
	}
	return got
}

// parse reads a file of cases.
func parse(data string) ([]script, error) {
	var scripts []script
	parts := strings.Split("\n"+data, "\n== ")
	for i, part := range parts {
		if i == 0 {
			if strings.TrimSpace(part) != "" {
				return nil, fmt.Errorf("text before the first ==: %q", part)
			}
			continue
		}
		title, body, _ := strings.Cut(part, "\n")
		if i < len(parts)-1 {
			body += "\n" // what Split took
		}
		text, want, found := strings.Cut("\n"+body, "\n--\n")
		if !found {
			return nil, fmt.Errorf("%s: no line --", title)
		}
		s := script{title: title, text: strings.TrimPrefix(text, "\n"), want: want, peer: "busybox"}
		if err := s.tags(); err != nil {
			return nil, err
		}
		scripts = append(scripts, s)
	}
	return scripts, nil
}

// tags reads what stands in brackets in the title.
func (s *script) tags() error {
	for rest := s.title; ; {
		_, after, found := strings.Cut(rest, "[")
		if !found {
			return nil
		}
		tag, after, _ := strings.Cut(after, "]")
		rest = after
		name, reason, _ := strings.Cut(tag, ": ")
		switch {
		case name == "root":
			s.root = true
		case name == "peer=gnu" || name == "peer=none":
			if len(strings.Fields(reason)) < 2 {
				return fmt.Errorf("%s: [%s] wants a reason", s.title, tag)
			}
			s.peer, s.reason = strings.TrimPrefix(name, "peer="), reason
		default:
			return fmt.Errorf("%s: unknown tag [%s]", s.title, tag)
		}
	}
}

// text is parse's reverse.
func text(scripts []script) string {
	var b strings.Builder
	for _, s := range scripts {
		fmt.Fprintf(&b, "== %s\n%s\n--\n%s", s.title, s.text, s.want)
	}
	return b.String()
}

func TestParse(t *testing.T) {
	const data = "== a\nx\ny\n--\nout\n== b [peer=gnu: no reason]\nz\n--\n== c\nw\n--\n\n"
	scripts, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(scripts) != 3 || scripts[0].text != "x\ny" || scripts[0].want != "out\n" ||
		scripts[1].peer != "gnu" || scripts[1].want != "" || scripts[2].want != "\n" {
		t.Errorf("%#v", scripts)
	}
	if got := text(scripts); got != data {
		t.Errorf("written again:\n%s", got)
	}
}
