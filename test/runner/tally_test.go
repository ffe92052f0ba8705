package main

import (
	"strings"
	"testing"
)

const stream = `{"Action":"start","Package":"bantam/a"}
{"Action":"run","Package":"bantam/a","Test":"TestOne"}
{"Action":"pass","Package":"bantam/a","Test":"TestOne","Elapsed":0}
{"Action":"output","Package":"bantam/a","Test":"TestTwo","Output":"    a_test.go:9: skip: cgroup-v2: no cgroup2 mount\n"}
{"Action":"skip","Package":"bantam/a","Test":"TestTwo","Elapsed":0}
{"Action":"pass","Package":"bantam/a","Elapsed":0.1}
{"Action":"fail","Package":"bantam/b","Test":"TestThree","Elapsed":0}
{"Action":"fail","Package":"bantam/b","Elapsed":0.1}
{"ImportPath":"bantam/c","Action":"build-output","Output":"c.go:1: no\n"}
{"Action":"fail","Package":"bantam/c","Elapsed":0,"FailedBuild":"bantam/c"}
{"Action":"skip","Package":"bantam/d","Elapsed":0}
{"Action":"skip","Package":"bantam/e","Test":"TestFour","Elapsed":0}
`

func TestTallyCounts(t *testing.T) {
	got := newTally()
	got.read(strings.NewReader(stream))
	var b strings.Builder
	got.print(&b)
	want := `FAILED: bantam/b TestThree
FAILED: bantam/c
skipped, by name:
     1  bantam/e.TestFour        
     1  cgroup-v2                no cgroup2 mount
1 passed, 2 failed, 2 skipped
`
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
}

func TestChooseLanes(t *testing.T) {
	if _, err := choose([]string{"unit", "nonsense"}); err == nil {
		t.Error("an unknown lane was accepted")
	}
	// All but the cached lane.
	all, err := choose([]string{"all"})
	if err != nil || len(all) != len(lanes)-1 {
		t.Errorf("all: %d lanes, %v", len(all), err)
	}
}
