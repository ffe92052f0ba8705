package cli

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"bantam/internal/image/remote"
	"bantam/internal/testenv"
)

// events of a pull of two layers.
var pulled = []remote.Event{
	{ID: "latest", Status: "Pulling from library/egg"},
	{ID: "aaaaaaaaaaaa", Status: "Pulling fs layer"},
	{ID: "bbbbbbbbbbbb", Status: "Pulling fs layer"},
	{ID: "bbbbbbbbbbbb", Status: "Downloading", Current: 500_000, Total: 1_234_567},
	{ID: "aaaaaaaaaaaa", Status: "Download complete"},
	{ID: "aaaaaaaaaaaa", Status: "Pull complete"},
	{ID: "bbbbbbbbbbbb", Status: "Downloading", Current: 1_234_567, Total: 1_234_567},
	{Status: "Digest: sha256:00"},
}

func shown(mode string) string {
	var b strings.Builder
	p := newProgress(&b, mode)
	for _, e := range pulled {
		p.show(e)
	}
	return b.String()
}

func TestProgressWithoutTerminal(t *testing.T) {
	want := "latest: Pulling from library/egg\naaaaaaaaaaaa: Pulling fs layer\nbbbbbbbbbbbb: Pulling fs layer\n" +
		"aaaaaaaaaaaa: Download complete\naaaaaaaaaaaa: Pull complete\nDigest: sha256:00\n"
	for _, mode := range []string{"", "auto", "plain"} {
		if got := shown(mode); got != want {
			t.Errorf("%s:\n%s", mode, got)
		}
	}
}

func TestProgressJSON(t *testing.T) {
	lines := strings.Split(shown("json"), "\n")
	for i, want := range map[int]string{
		1: `{"status":"Pulling fs layer","progressDetail":{},"id":"aaaaaaaaaaaa"}`,
		3: `{"status":"Downloading","progressDetail":{"current":500000,"total":1234567},"progress":"[====================\u003e                              ]    500kB/1.235MB","id":"bbbbbbbbbbbb"}`,
		7: `{"status":"Digest: sha256:00"}`,
	} {
		if lines[i] != want {
			t.Errorf("line %d: %s\nwant    %s", i, lines[i], want)
		}
	}
}

const asProgress = "BANTAM_TEST_PROGRESS"

// On a terminal each layer has a line, which changes where it stands.
func TestProgressOnTerminal(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), asProgress+"=1")
	term := testenv.NewTerminal(t, 120, 20, cmd)
	term.Wait("latest: Pulling from library/egg\naaaaaaaaaaaa: Pull complete\n" +
		"bbbbbbbbbbbb: Downloading [==================================================>]  1.235MB/1.235MB\nDigest: sha256:00")
	if code := term.Exit(); code != 0 {
		t.Errorf("exit status %d", code)
	}
}

// showProgress is the child of TestProgressOnTerminal.
func showProgress() int {
	p := newProgress(os.Stdout, "")
	for _, e := range pulled {
		p.show(e)
	}
	return 0
}
