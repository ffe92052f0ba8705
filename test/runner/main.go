// Command runner runs the tests lane by lane and counts what happened.
//
//	go run ./test/runner all        every lane
//	go run ./test/runner unit v2    these lanes
//
// A lane is a set of packages and the surroundings that they run in (lane.go).
// The last lines of the output are the skips by name and "N passed, N failed, N skipped".
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

func main() {
	names := os.Args[1:]
	if len(names) == 0 {
		names = []string{"all"}
	}
	chosen, err := choose(names)
	if err != nil {
		fmt.Fprintln(os.Stderr, "runner:", err)
		os.Exit(2)
	}
	if err := surroundings(); err != nil {
		fmt.Fprintln(os.Stderr, "runner:", err)
		os.Exit(2)
	}
	total := newTally()
	var beside sync.WaitGroup
	for _, l := range chosen {
		run := func() {
			start := time.Now()
			fmt.Printf("=== %s: %s\n", l.name, l.about)
			busy := l.run(total)
			fmt.Printf("=== %s took %s, processors %s\n\n", l.name, time.Since(start).Round(100*time.Millisecond), busy.Round(time.Second))
		}
		if l.beside {
			beside.Go(run)
		} else {
			run()
		}
	}
	beside.Wait()
	total.print(os.Stdout)
	if total.failed > 0 {
		os.Exit(1)
	}
}

// surroundings makes the environment that the tests rely on: programs built by
// make in BANTAM_BIN, the module's folder as working directory, no surprises from CI.
func surroundings() error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	for !exists(filepath.Join(dir, "go.mod")) {
		if dir == "/" {
			return fmt.Errorf("find module: no go.mod above the working directory; run it from the module")
		}
		dir = filepath.Dir(dir)
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	bin := filepath.Join(dir, "bin")
	if os.Getenv("BANTAM_BIN") == "" && exists(filepath.Join(bin, "bantam-oci")) {
		os.Setenv("BANTAM_BIN", bin)
	}
	// System programs stand in folders that a bare PATH leaves out.
	for _, d := range []string{"/usr/local/sbin", "/usr/sbin", "/sbin"} {
		if !strings.Contains(":"+os.Getenv("PATH")+":", ":"+d+":") {
			os.Setenv("PATH", os.Getenv("PATH")+":"+d)
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
