package utmp

import (
	"os"
	"path/filepath"
	"testing"
)

func TestEach(t *testing.T) {
	record := make([]byte, size)
	record[0] = UserProcess
	record[5] = 1
	copy(record[8:], "pts/1")
	copy(record[44:], "somebody")
	copy(record[76:], "example.org")
	record[340] = 5
	path := filepath.Join(t.TempDir(), "utmp")
	os.WriteFile(path, append(append(record, record...), record[:100]...), 0o600)
	n := 0
	Each(path, func(e *Entry) {
		n++
		if *e != (Entry{UserProcess, 256, "pts/1", "somebody", "example.org", 5}) {
			t.Errorf("%+v", e)
		}
	})
	if n != 2 {
		t.Error(n, "records")
	}
	Each(path+"x", func(*Entry) { t.Error("a record of nothing") })
}

func FuzzParse(f *testing.F) {
	f.Add(make([]byte, size))
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) >= size {
			parse(p)
		}
	})
}
