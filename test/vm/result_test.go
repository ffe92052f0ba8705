package vm

import "testing"

const port = `@@ begin internal/a
=== RUN   TestOne
=== RUN   TestOne/sub
    a_test.go:3: hello
    --- FAIL: TestOne/sub (0.00s)
--- FAIL: TestOne (0.00s)
=== RUN   TestTwo
    a_test.go:9: skip: thing: not here
--- SKIP: TestTwo (0.00s)
FAIL
@@ end internal/a 1
@@ begin internal/b
panic: oops
@@ end internal/b 2
@@ done
`

func TestSplitAndResults(t *testing.T) {
	suites, done := split(port)
	if !done || len(suites) != 2 || suites[0].name != "internal/a" || suites[0].code != "1" {
		t.Fatalf("got %+v, done %v", suites, done)
	}
	all := suites[0].results()
	want := []result{
		{"TestOne/sub", "FAIL", "    a_test.go:3: hello\n"},
		{"TestOne", "FAIL", ""},
		{"TestTwo", "SKIP", "    a_test.go:9: skip: thing: not here\n"},
	}
	if len(all) != len(want) {
		t.Fatalf("got %+v", all)
	}
	for i := range want {
		if all[i] != want[i] {
			t.Errorf("got %+v, want %+v", all[i], want[i])
		}
	}
	if err := suites[0].check(all); err != nil {
		t.Errorf("a failed test is reported by itself, not as %v", err)
	}
	if suites[1].check(suites[1].results()) == nil {
		t.Error("a suite that panicked counts as passed")
	}
}

func TestSplitWithoutEnd(t *testing.T) {
	suites, done := split("@@ begin internal/a\n=== RUN   TestOne\n")
	if done || len(suites) != 1 || suites[0].check(nil) == nil {
		t.Errorf("a suite without end counts as passed: %+v", suites)
	}
}
