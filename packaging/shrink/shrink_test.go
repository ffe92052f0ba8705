package main

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// program does what depends on the table: it grows stacks, collects garbage while
// goroutines are preempted between any two instructions, recovers from panics, also in
// functions that were inlined, and ends with one.
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

func deep(n int) int {
	var room [64]int
	room[n%64] = n
	if n == 0 {
		return room[0]
	}
	return deep(n-1) + room[n%64] - n
}

func main() {
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
	panic("the end")
}
`

func TestShrunkProgramWorks(t *testing.T) {
	dir := t.TempDir()
	source, out := filepath.Join(dir, "p.go"), filepath.Join(dir, "p")
	if err := os.WriteFile(source, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(testenv.Program(t, "go"), "build", "-ldflags", "-s -w", "-o", out, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	before, _ := os.ReadFile(out)
	if err := shrink(out); err != nil {
		t.Fatal(err)
	}
	after, _ := os.ReadFile(out)
	if len(after) > len(before)*9/10 {
		t.Errorf("%d bytes of %d are left", len(after), len(before))
	}
	if err := shrink(out); err != nil {
		t.Errorf("a second time: %v", err)
	}
	if text, _ := exec.Command("env", "GODEBUG=inittrace=1", out).CombinedOutput(); !bytes.Contains(text, []byte("true 0\n")) {
		t.Errorf("with a trace:\n%s", text)
	}
	for range 3 {
		text, err := exec.Command(out).CombinedOutput()
		if got := string(text); err == nil || !strings.HasPrefix(got, "true 0\npanic: the end\n") {
			t.Errorf("%v\n%s", err, got)
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
