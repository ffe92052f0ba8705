package peers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// TestMuslNames has a program with musl look names of a network up, A and AAAA in parallel, 20,000 times in the nightly run: with
// bantam's resolver no answer is wrong. What becomes of the same program with docker's stands beside it in the log. Search
// lists, long answers and upstreams that lie are internal/network/resolver's TestCLibraries and TestBadUpstreams.
func TestMuslNames(t *testing.T) {
	compiler := testenv.Program(t, "musl-gcc")
	testenv.Program(t, "iptables")
	dir := folder(t)
	program := filepath.Join(dir, "lookup")
	source := filepath.Join(testenv.Module(t), "internal/network/resolver/testdata/lookup.c")
	if out, err := exec.Command(compiler, "-static", "-O1", "-o", program, source).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", compiler, err, out)
	}
	times := 100
	if os.Getenv("BANTAM_NIGHTLY") != "" {
		times = 20000 / 4
	}
	b := &engine{prefix: []string{testenv.Bin(t, "bantam"), "--root", dir + "/root"}}
	b.must(t, "import", rootfsFile(t, dir), "box")
	if o := musl(t, dockerWith(t), program, times); o.code != 0 {
		t.Logf("docker: %s", o.stdout)
	} else {
		t.Logf("docker: %s", lastLines(o.stdout, 1))
	}
	if o := musl(t, b, program, times); o.code != 0 {
		t.Errorf("bantam: %s%s", o.stdout, o.stderr)
	} else {
		t.Logf("bantam: %s", lastLines(o.stdout, 1))
	}
}

// musl runs the program in a container on a network with another one.
func musl(t *testing.T, e *engine, program string, times int) outcome {
	e.must(t, "network", "create", "nest")
	e.must(t, "run", "-d", "--name", "web", "--network", "nest", "--network-alias", "shop", "box", "/bin/sleep", "1000")
	defer func() {
		e.must(t, "rm", "-f", "web")
		e.must(t, "network", "rm", "nest")
	}()
	names := strings.Fields("web=any:1 web=4:1 shop=any:1 web.nest=any:1")
	return e.try(t, append([]string{"run", "--rm", "--network", "nest", "--dns-search", "corp.example", "-v", program + ":/lookup:ro", "box", "/lookup", strconv.Itoa(times)}, names...)...)
}
