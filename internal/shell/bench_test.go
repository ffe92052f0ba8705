package shell

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkLoops runs the loops of testdata/loops, 10,000 commands each, which other
// shells start as processes.
func BenchmarkLoops(b *testing.B) {
	dir := links(b)
	loops, err := filepath.Glob("testdata/loops/*.sh")
	if err != nil || len(loops) == 0 {
		b.Fatal("no loops: ", err)
	}
	for _, loop := range loops {
		b.Run(strings.TrimSuffix(filepath.Base(loop), ".sh"), func(b *testing.B) {
			for b.Loop() {
				cmd := exec.Command(filepath.Join(dir, "sh"), loop)
				cmd.Env = []string{"PATH=" + dir}
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
			}
		})
	}
}

// BenchmarkStart is a shell that does nothing.
func BenchmarkStart(b *testing.B) {
	sh := filepath.Join(links(b), "sh")
	for b.Loop() {
		if err := exec.Command(sh, "-c", ":").Run(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	text := strings.Repeat("for i in a b c; do x=${i#a}; [ \"$x\" = b ] && echo \"$x $(cmd $i | other)\" >f; done\n", 100)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		p := &parser{src: text, line: 1}
		for end := false; !end; {
			_, end = p.parseLine()
		}
	}
}
