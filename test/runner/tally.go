package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strings"
	"sync"
)

// event is a line of `go test -json` (cmd/test2json, and cmd/go for builds).
type event struct {
	Action, Package, ImportPath, Test, Output string
	FailedBuild                               string
	Elapsed                                   float64
}

// tally counts results over all lanes, of which two may run at a time.
type tally struct {
	mu                      sync.Mutex
	passed, failed, skipped int
	skips                   map[string]*skipped // by name
	failures                []string
	pkg                     map[string]*counts
	output                  map[string][]string // of a package and test, or of a build
}

type skipped struct {
	count  int
	reason string
}

type counts struct{ passed, failed, skipped int }

func newTally() *tally {
	return &tally{skips: map[string]*skipped{}, pkg: map[string]*counts{}, output: map[string][]string{}}
}

// read takes the events of one go test to their end, and says whether something failed.
func (t *tally) read(r io.Reader) (failed bool) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text()) // go itself speaks: a bad pattern, a missing module
			continue
		}
		failed = failed || e.Action == "fail"
		t.take(e)
	}
	if err := lines.Err(); err != nil {
		t.broken("read test output: " + err.Error())
		failed = true
	}
	return failed
}

// broken counts a failure of what runs the tests.
func (t *tally) broken(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fail(what)
}

func (t *tally) take(e event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		t.output[key] = append(t.output[key], e.Output)
	case "build-output":
		t.output[e.ImportPath] = append(t.output[e.ImportPath], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.packageDone(e, key)
		} else {
			t.testDone(e, key)
		}
		delete(t.output, key)
	}
}

func (t *tally) testDone(e event, key string) {
	c := t.counts(e.Package)
	switch e.Action {
	case "pass":
		t.passed++
		c.passed++
	case "skip":
		c.skipped++
		t.skip(skipName(t.output[key], e))
	case "fail":
		c.failed++
		t.fail(key)
		fmt.Printf("--- %s\n%s", key, strings.Join(t.output[key], ""))
	}
}

// packageDone counts a package that failed apart from any test of its: it did
// not build, or it ended early.
func (t *tally) packageDone(e event, key string) {
	c := t.counts(e.Package)
	if e.Action == "fail" && c.failed == 0 {
		t.fail(e.Package)
		fmt.Printf("--- %s\n%s%s", e.Package, strings.Join(t.output[e.FailedBuild], ""), strings.Join(t.output[key], ""))
	}
	if e.Action != "skip" { // "skip" is a package without tests
		fmt.Printf("%-4s %-36s %6.1fs  %d passed, %d failed, %d skipped\n", e.Action,
			strings.TrimPrefix(e.Package, "bantam/"), e.Elapsed, c.passed, c.failed, c.skipped)
	}
	delete(t.pkg, e.Package)
}

func (t *tally) counts(pkg string) *counts {
	if t.pkg[pkg] == nil {
		t.pkg[pkg] = &counts{}
	}
	return t.pkg[pkg]
}

func (t *tally) fail(what string) {
	t.failed++
	t.failures = append(t.failures, what)
}

func (t *tally) skip(name, reason string) {
	t.skipped++
	if t.skips[name] == nil {
		t.skips[name] = &skipped{reason: reason}
	}
	t.skips[name].count++
}

// skipName finds "skip: NAME: REASON" (internal/testenv) in a test's output. A
// skip without it is counted under the test's own name.
func skipName(output []string, e event) (name, reason string) {
	text := strings.Join(output, "")
	_, rest, ok := strings.Cut(text, "skip: ")
	name, reason, named := strings.Cut(rest, ": ")
	if !ok || !named || strings.ContainsAny(name, " \n") {
		return e.Package + "." + e.Test, strings.TrimSpace(text)
	}
	reason, _, _ = strings.Cut(reason, "\n")
	return name, reason
}

// print writes the summary: failures, skips by name, and the line of totals.
func (t *tally) print(w io.Writer) {
	for _, f := range t.failures {
		fmt.Fprintln(w, "FAILED:", f)
	}
	var names []string
	for n := range t.skips {
		names = append(names, n)
	}
	sort.Strings(names)
	if len(names) > 0 {
		fmt.Fprintln(w, "skipped, by name:")
	}
	for _, n := range names {
		fmt.Fprintf(w, "  %4d  %-24s %s\n", t.skips[n].count, n, t.skips[n].reason)
	}
	fmt.Fprintf(w, "%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
}
