package main

import (
	"strings"
	"testing"
)

// Figures that were not measured stay; those that were replace the old ones.
func TestPutKeepsTheRest(t *testing.T) {
	box := tables[1]
	line := func(name string, ours float64) row {
		return row{Name: name, View: boxView, Unit: "ms", Medians: map[string]float64{"box": ours, "busybox": 10}}
	}
	text, err := box.put("before\n"+box.begin+"\n"+box.end+"\nafter\n", []row{line("box sort", 5), line("box wc", 20)}, true)
	if err != nil {
		t.Fatal(err)
	}
	partly, err := box.put(text, []row{line("box wc", 3), line("box diff", 4)}, false)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	printBoxTable(&b, []row{line("box sort", 5), line("box wc", 3), line("box diff", 4)})
	if want := "before\n" + box.begin + "\n" + b.String() + box.end + "\nafter\n"; partly != want {
		t.Errorf("got:\n%s\nwant:\n%s", partly, want)
	}
	if !strings.Contains(text, "1.00 of busybox **missed**") || !strings.Contains(partly, "1.00 of busybox kept") {
		t.Errorf("verdicts are wrong:\n%s\n%s", text, partly)
	}
}
