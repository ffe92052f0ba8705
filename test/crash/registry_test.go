package crash

import (
	"bufio"
	"math/rand/v2"
	"net"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"bantam/internal/testenv"
)

// longestPush is how long a command that speaks with the registry is let live at most.
const longestPush = 1000 * time.Millisecond

// registry is a store that is served, by a process that is killed again and again.
type registry struct {
	*store
	address string
	pushed  []string // names whose push was acknowledged
}

// freePort is an address on loopback that nobody listens at.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// serve starts the registry and returns when it listens.
func (r *registry) serve() *exec.Cmd {
	r.t.Helper()
	cmd := r.command("registry", "serve", "--quiet", "-a", r.address)
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		r.t.Fatalf("the registry does not listen at %s: %v", r.address, cmd.Wait())
	}
	return cmd
}

// end kills what serve started.
func end(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// TestRegistryKills kills pushes, pulls, garbage collections and the registry itself at random
// instants: what a push was acknowledged can be pulled, and no store is broken.
func TestRegistryKills(t *testing.T) {
	testenv.Root(t)
	testenv.Bin(t, "bantamd")
	r := &registry{store: newStore(t, t.TempDir()), address: freePort(t)}
	near, far := newStore(t, t.TempDir()), newStore(t, t.TempDir())
	rnd := rand.New(rand.NewPCG(5, 6))
	for round := range rounds {
		r.round(round, rnd, near, far)
		r.check("registry")
		near.check("who pushes")
		far.check("who pulls")
	}
	t.Logf("%d of %d pushes were acknowledged", len(r.pushed), rounds)
	if len(r.pushed) < 2 {
		t.Errorf("%d pushes were acknowledged: that shows little", len(r.pushed))
	}
	server := r.serve()
	defer end(server)
	last := newStore(t, t.TempDir())
	for _, name := range r.pushed {
		last.must("pull", "-q", name)
	}
	last.check("everything pulled")
}

// round lets commands meet a registry that is killed among them.
func (r *registry) round(round int, rnd *rand.Rand, near, far *store) {
	server := r.serve()
	defer end(server)
	name := r.address + "/team/app:" + strconv.Itoa(round)
	near.must("import", near.tarFile("fresh.tar", uint64(round)+100, 1<<20), name)
	near.images[name] = true
	var wg sync.WaitGroup
	run := func(s *store, done func(), args ...string) {
		after := time.Duration(rnd.Int64N(int64(longestPush)))
		wg.Go(func() {
			if s.killed(after, args...) && done != nil {
				done()
			}
		})
	}
	known := r.pushed
	run(near, func() { r.pushed = append(r.pushed, name) }, "push", "-q", name)
	if len(known) > 0 {
		old := known[rnd.IntN(len(known))]
		run(far, func() { far.images[old] = true }, "pull", "-q", old)
	}
	run(far, nil, "image", "prune", "--force")
	run(r.store, nil, "registry", "gc", "--age", "0s", "--untagged")
	run(r.store, nil, "image", "prune", "--force")
	if round%2 == 1 {
		time.Sleep(time.Duration(rnd.Int64N(int64(longestPush / 2))))
		end(server)
	}
	wg.Wait()
}
