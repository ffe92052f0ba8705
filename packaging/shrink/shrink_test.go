package main

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"bantam/internal/testenv"
)

// program does what depends on the table: it grows stacks, collects garbage while
// goroutines are preempted between any two instructions, recovers from panics, also in
// functions that were inlined and through wrappers, and ends with one.
const program = `package main

import "runtime"

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

func (t *tree) count() int {
	if t.left == nil {
		return 1
	}
	return 1 + t.left.count() + t.right.count()
}

type guard struct{ hit *bool }

func (g guard) catch() { *g.hit = recover() != nil }

func fails(hit *bool, list []int, i int) int {
	defer guard{hit}.catch()
	return list[i]
}

type catcher interface{ catch() }

type outer struct{ guard }

// throughWrapper defers a method that the compiler wraps, twice.
func throughWrapper(hit *bool) {
	var c catcher = &outer{guard{hit}}
	defer c.catch()
	panic("caught")
}

func helper(hit *bool) { *hit = recover() != nil }

// tooDeep must not recover where the deferred function's callee asks.
func tooDeep(hit *bool) {
	defer func() { recover() }()
	defer func() { helper(hit) }()
	panic("not caught at first")
}

func deep(n int) int {
	var room [64]int
	room[n%64] = n
	if n == 0 {
		return room[0]
	}
	return deep(n-1) + room[n%64] - n
}

// early returns in the middle, and in an instant before it is back its frame is gone.
//
//go:noinline
func early(n int) int {
	if n&1 == 0 {
		return same(n) + 1
	}
	if n&2 == 0 {
		return same(n) + 2
	}
	return same(n) + 3
}

//go:noinline
func same(n int) int {
	if n&4 == 0 {
		return half(n) * 2
	}
	return half(n) * 2
}

//go:noinline
func half(n int) int { return n / 2 }

// preempted is stopped for the collector at any instruction, again and again.
func preempted() {
	stop, done := false, make(chan bool)
	go func() {
		for n := 0; !stop; n++ {
			early(n)
		}
		done <- true
	}()
	for range 200 {
		runtime.GC()
	}
	stop = true
	<-done
}

func main() {
	preempted()
	done := make(chan int)
	stop := false
	spin := func() {
		n := 0
		for !stop {
			n++
		}
		done <- n
	}
	go spin()
	for range 20 {
		if grow(14).count() != 1<<15-1 {
			println("the tree is wrong")
		}
		runtime.GC()
	}
	stop = true
	<-done
	hit := false
	fails(&hit, []int{1}, 3)
	println(hit, deep(100000))
	throughWrapper(&hit)
	missed := false
	tooDeep(&missed)
	println(hit, missed)
	panic("the end")
}
`

func TestShrunkProgramWorks(t *testing.T) {
	dir := t.TempDir()
	source, out := filepath.Join(dir, "p.go"), filepath.Join(dir, "p")
	if err := os.WriteFile(source, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	runtime, err := overlay("../../.cache/runtime", slices.Concat(starts, tables))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(testenv.Program(t, "go"), "build", "-trimpath", "-overlay", runtime, "-ldflags", "-s -w", "-o", out, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if text, err := exec.Command(out).CombinedOutput(); err == nil || !bytes.Contains(text, []byte("invalid function symbol table")) {
		t.Errorf("with the linker's table: %v\n%s", err, text)
	}
	before, _ := os.ReadFile(out)
	if err := shrink(out); err != nil {
		t.Fatal(err)
	}
	after, _ := os.ReadFile(out)
	if len(after) > len(before)*3/4 {
		t.Errorf("%d bytes of %d are left", len(after), len(before))
	}
	if err := shrink(out); err != nil {
		t.Errorf("a second time: %v", err)
	}
	if text, _ := exec.Command("env", "GODEBUG=inittrace=1", out).CombinedOutput(); !bytes.Contains(text, []byte("true 0\ntrue false\n")) {
		t.Errorf("with a trace:\n%s", text)
	}
	for range 3 {
		text, err := exec.Command(out).CombinedOutput()
		if got := string(text); err == nil || !strings.HasPrefix(got, "true 0\ntrue false\npanic: the end\n") {
			t.Errorf("%v\n%s", err, got)
		}
	}
}

// Another runtime than the one that the edits are for is refused.
func TestOverlayRefusesUnknownRuntime(t *testing.T) {
	_, err := edited(tables, func(file string) ([]byte, error) { return []byte("package runtime\n"), nil })
	if err == nil || !strings.Contains(err.Error(), "runtime2.go has 0 times") {
		t.Errorf("%v", err)
	}
}

// A return in the middle has the body's frame; the last one, which the call of
// morestack follows, and whatever else is not those two instructions keep theirs.
func TestFlat(t *testing.T) {
	code := []byte{0x55, 0x90, 0x5d, 0xc3, 0x90, 0x90, 0xc3, 0x90, 0x5d, 0xc3, 0xe8}
	runs := []run{{0, 1}, {8, 2}, {24, 2}, {8, 3}, {0, 4}, {24, 5}, {0, 6}, {0, 7}, {24, 8}, {8, 9}, {0, 11}}
	want := []int32{0, 8, 24, 24, 24, 24, 0, 24, 24, 8, 0}
	for i, r := range flat(runs, code) {
		if r.value != want[i] || r.end != runs[i].end {
			t.Errorf("%d: %v in place of %d", i, r, want[i])
		}
	}
	for i, r := range flat(runs, nil) {
		if r != runs[i] {
			t.Errorf("without code: %d: %v", i, r)
		}
	}
}

func TestRefused(t *testing.T) {
	own, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"text": []byte("#!/bin/sh\n"), "empty": nil, "cut": own[:5000]} {
		if _, err := Shrink(b); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// Whatever the bytes: an error or a program whose headers stay inside it.
func FuzzShrink(f *testing.F) {
	f.Add([]byte("\x7fELF\x02\x01\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		small, err := Shrink(b)
		if err != nil {
			return
		}
		if p, err := elf.NewFile(bytes.NewReader(small)); err == nil {
			for _, h := range p.Progs {
				if h.Off+h.Filesz > uint64(len(small)) {
					t.Errorf("%+v lies outside of %d bytes", h.ProgHeader, len(small))
				}
			}
		}
	})
}

// Tables say the same after a second round, also of the addresses at which two meet.
func TestMark(t *testing.T) {
	points := []run{{before, 4}, {unsafePC, 6}, {before, 20}}
	index := []run{{before, 5}, {3, 8}, {before, 10}, {4, 12}, {before, 20}}
	got := mark(points, index, func(i int32) bool { return i == 3 })
	b := append([]byte{0}, encode(got, 1)...)
	back, err := decode(b, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	for pc := range uint32(20) {
		want := int32(before)
		if pc >= 4 && pc < 8 {
			want = unsafePC
		}
		if v := valueAt(back, pc); v != want {
			t.Errorf("%d: %d in place of %d", pc, v, want)
		}
	}
	if len(back) != 3 {
		t.Errorf("%v: runs of the same value were not joined", back)
	}
}

// Whatever the bytes: an error or runs that come back.
func FuzzTable(f *testing.F) {
	f.Add([]byte{0, 2, 4, 1, 3, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		runs, err := decode(b, 1, 1)
		if err != nil || runs[len(runs)-1].end > longestRun {
			return
		}
		back, err := decode(append([]byte{0}, encode(runs, 1)...), 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range runs {
			if r.end > 0 && valueAt(back, r.end-1) != valueAt(runs, r.end-1) {
				t.Errorf("%v became %v", runs, back)
			}
		}
	})
}

const alone = `package main

import (
	"hash/crc32"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func threads() string {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	_, rest, _ := strings.Cut(string(b), "Threads:\t")
	n, _, _ := strings.Cut(rest, "\n")
	return n
}

// blocked is in a system call, with the only processor, until f writes a byte.
func blocked(f func(to int)) byte {
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		panic(err)
	}
	f(p[1])
	var b [1]byte
	for {
		if n, err := syscall.Read(p[0], b[:]); n == 1 {
			return b[0]
		} else if err != syscall.EINTR {
			panic(err)
		}
	}
}

type node struct {
	value int
	next  *node
}

var (
	bss  *[64]int
	data = &node{next: new(node)}
)

//go:noinline
func deep(n int) int {
	var room [32]int
	if n == 0 {
		return room[n]
	}
	return deep(n-1) + 1
}

func main() {
	data.next = new(node)
	time.Sleep(time.Millisecond)
	println("threads", threads(), "processors", runtime.GOMAXPROCS(0))
	var which = os.Args[1]
	switch which {
	case "goroutine":
		blocked(func(to int) { go syscall.Write(to, []byte("x")) })
	case "timer":
		blocked(func(to int) { time.AfterFunc(time.Millisecond, func() { syscall.Write(to, []byte("x")) }) })
	case "signal":
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGUSR1)
		blocked(func(to int) {
			go func() {
				<-c
				syscall.Write(to, []byte("x"))
			}()
			syscall.Kill(syscall.Getpid(), syscall.SIGUSR1)
		})
	case "garbage":
		var keep [][]byte
		for i := range 100000 {
			keep = append(keep, make([]byte, 1000))
			if len(keep) > 1000 {
				keep = keep[:0]
			}
			_ = i
		}
	case "collect":
		freed := make(chan bool)
		runtime.SetFinalizer(&[64]int{}, func(*[64]int) { close(freed) })
		runtime.GC()
		<-freed
	case "cleanup":
		freed := make(chan bool)
		runtime.AddCleanup(&[64]int{}, func(int) { close(freed) }, 0)
		runtime.GC()
		<-freed
	case "variables":
		bss = new([64]int)
		runtime.SetFinalizer(bss, func(*[64]int) { panic("bss") })
		runtime.SetFinalizer(data.next, func(*node) { panic("data") })
		runtime.GC()
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
		bss[0] = data.next.value
	case "deep":
		if deep(100000) != 100000 {
			panic("deep")
		}
		runtime.GC()
		deep(10)
	case "endless":
		go func() {
			for {
			}
		}()
		time.Sleep(time.Millisecond)
		runtime.GC()
	case "environment":
		before := os.Getenv("PATH")
		os.Setenv("PATH", "x")
		os.Setenv("NEW", before)
		runtime.GC()
		if before == "" || os.Getenv("PATH") != "x" || os.Getenv("NEW") != before {
			panic("environment")
		}
	case "large": // more arenas than one, with pieces of several
		var all [][]*node
		for range 20 {
			piece := make([]*node, 1<<20)
			for i := range 1000 {
				piece[i<<10] = &node{value: i}
			}
			all = append(all, piece)
		}
		runtime.GC()
		for _, piece := range all {
			for i := range 1000 {
				if piece[i<<10].value != i {
					panic("large")
				}
			}
		}
	case "crc32":
		if crc32.IEEETable[1] != 0x77073096 || crc32.IEEETable[255] != 0x2d02ef8d ||
			crc32.ChecksumIEEE([]byte("123456789")) != 0xcbf43926 || crc32.Checksum([]byte("123456789"), crc32.MakeTable(crc32.Castagnoli)) != 0xe3069283 {
			panic("crc32")
		}
		runtime.GC()
	case "ignored":
		if !signal.Ignored(syscall.SIGHUP) || signal.Ignored(syscall.SIGTERM) {
			panic("ignored")
		}
		syscall.Kill(syscall.Getpid(), syscall.SIGHUP)
		return
	case "plain":
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGUSR1)
		syscall.Kill(syscall.Getpid(), syscall.SIGUSR1)
		<-c
		signal.Reset(syscall.SIGUSR1)
		n, _ := strconv.Atoi(os.Args[2])
		syscall.Kill(syscall.Getpid(), syscall.Signal(n))
		select {}
	case "ends":
		syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
		select {}
	}
	if which == "later" {
		freed := make(chan bool, 2)
		runtime.SetFinalizer(&[64]int{}, func(*[64]int) { freed <- true })
		runtime.AddCleanup(&[64]int{}, func(int) { freed <- true }, 0)
		runtime.GC()
		<-freed
		<-freed
		println("processors", runtime.GOMAXPROCS(0))
	}
	if which == "three" || which == "later" {
		blocked(func(to int) { go syscall.Write(to, []byte("x")) })
		println("processors", runtime.GOMAXPROCS(0))
		return
	}
	println("done", runtime.GOMAXPROCS(0) == runtime.NumCPU())
}
`

// A program that begins with one thread has the others when it needs them.
func TestStarts(t *testing.T) {
	dir := t.TempDir()
	source, out := filepath.Join(dir, "p.go"), filepath.Join(dir, "p")
	if err := os.WriteFile(source, []byte(alone), 0o600); err != nil {
		t.Fatal(err)
	}
	runtime, err := overlay("../../.cache/starts", starts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(testenv.Program(t, "go"), "build", "-trimpath", "-overlay", runtime, "-o", out, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, which := range []string{"goroutine", "timer", "signal", "garbage", "collect", "cleanup", "variables", "deep", "endless", "environment", "large", "crc32"} {
		for _, env := range []string{"A=", "GOMAXPROCS=1"} {
			for range 5 {
				cmd := exec.Command(out, which)
				cmd.Env = append(os.Environ(), env)
				text, err := cmd.CombinedOutput()
				want := "threads 1 processors 1\ndone " + strconv.FormatBool(env == "A=") + "\n"
				if err != nil || string(text) != want && goruntime.NumCPU() > 1 {
					t.Errorf("%s, %s: %v\n%s", which, env, err, text)
				}
			}
		}
	}
	for range 5 { // the kernel starts it with the signal blocked
		cmd := exec.Command(testenv.Program(t, "env"), "--block-signal=USR1", out, "signal")
		if text, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(text), "done") {
			t.Errorf("blocked: %v\n%s", err, text)
		}
	}
	// As small an address space as it needs is enough (RLIMIT_AS).
	cmd = exec.Command("sh", "-c", `ulimit -v 80000 && exec "$0" garbage`, out)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("a limit of the address space: %v\n%s", err, text)
	}
	// Where the environment says how many processors there are, a collection leaves it at one, and a goroutine brings the others.
	cmd = exec.Command(out, "later")
	cmd.Env = append(os.Environ(), "GOMAXPROCS=3")
	if text, err := cmd.CombinedOutput(); err != nil || !strings.HasSuffix(string(text), "processors 1\nprocessors 1\nprocessors 3\n") {
		t.Errorf("%v\n%s", err, text)
	}
	cmd = exec.Command("sh", "-c", `trap "" HUP; exec "$0" ignored`, out)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("ignored: %v\n%s", err, text)
	}
	cmd = exec.Command(out, "ends")
	if text, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("ends: %v\n%s", err, text)
	}
	// Each signal ends it as it ends other programs, without a word; so it does after somebody has listened to it.
	for n := 1; n <= 64; n++ {
		switch syscall.Signal(n) {
		case syscall.SIGKILL, syscall.SIGSTOP, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGCONT, syscall.SIGCHLD, syscall.SIGURG, syscall.SIGWINCH,
			syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGPIPE, 32, 33:
			continue // not, or the runtime's own
		}
		cmd = exec.Command(out, "plain", strconv.Itoa(n))
		text, _ := cmd.CombinedOutput()
		if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || int(status.Signal()) != n || strings.Count(string(text), "\n") != 1 {
			t.Errorf("signal %d: %v\n%s", n, cmd.ProcessState, text)
		}
	}
	cmd = exec.Command(out, "three")
	cmd.Env = append(os.Environ(), "GOMAXPROCS=3")
	if text, err := cmd.CombinedOutput(); err != nil || !strings.HasSuffix(string(text), "processors 1\nprocessors 3\n") {
		t.Errorf("%v\n%s", err, text)
	}
}
