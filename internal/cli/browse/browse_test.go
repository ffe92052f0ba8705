package browse

import (
	"strings"
	"testing"

	"bantam/internal/engine"
)

func image() *engine.ImageLayers {
	file := func(path string, kind byte, size int64) engine.LayerFile {
		return engine.LayerFile{Path: path, Kind: kind, Size: size, Mode: 0o100644}
	}
	dir := func(path string, kind byte) engine.LayerFile {
		return engine.LayerFile{Path: path, Kind: kind, Dir: true, Mode: 0o40755}
	}
	return &engine.ImageLayers{ID: "sha256:1", Names: []string{"shop:1"}, Layers: []engine.LayerInfo{
		{DiffID: "sha256:a", CreatedBy: "the base", Files: []engine.LayerFile{dir("bin", 'A'), file("bin/ls", 'A', 10), file("bin/\x1b[2Jcat", 'A', 10), dir("etc", 'A'), file("etc/a", 'A', 1)}},
		{DiffID: "sha256:b", CreatedBy: "the second", SharedBy: []string{"other"}, Files: []engine.LayerFile{dir("bin", 0), file("bin/ls", 'M', 20), file("bin/new", 'A', 5), file("etc", 'D', 0)}},
	}}
}

func names(m *Model) string {
	var list []string
	for _, l := range m.lines {
		kind := "-"
		if l.kind != 0 {
			kind = string(rune(l.kind))
		}
		list = append(list, kind+l.name)
	}
	return strings.Join(list, " ")
}

func TestKeys(t *testing.T) {
	m := New(image())
	for _, c := range []struct{ key, want string }{
		{"", "Mbin -\x1b[2Jcat Mls Anew Detc Da"},
		{"m", "Detc Da"},
		{"m", "Mbin -\x1b[2Jcat Mls Anew Detc Da"},
		{"u", "Mbin Mls Anew Detc Da"},
		{KeyUp, "Abin A\x1b[2Jcat Als Aetc Aa"},
		{KeyTab, "Abin A\x1b[2Jcat Als Aetc Aa"},
		{KeyEnter, "Abin Aetc Aa"},
		{KeyDown, "Abin Aetc Aa"},
		{KeyLeft, "Abin Aetc"},
		{KeyRight, "Abin Aetc Aa"},
	} {
		if m.Key(c.key) {
			t.Fatalf("%q ends it", c.key)
		}
		if got := names(m); got != c.want {
			t.Errorf("after %q: %q, want %q", c.key, got, c.want)
		}
	}
	if !m.Key("q") {
		t.Error("q does not end it")
	}
}

// Whatever the size and the keys, the screen is as large as the terminal, and what an
// image says does not move the cursor.
func TestScreen(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {200, 60}, {40, 10}, {10, 3}} {
		m := New(image())
		for _, k := range []string{KeyEnd, KeyTab, KeyPageDown, KeyHome, KeyEnter, KeyLeft, KeyLeft, "a", "d", KeyTab, KeyUp, KeyUp} {
			m.Key(k)
			screen := m.Draw(size[0], size[1])
			if lines := strings.Split(screen, "\r\n"); len(lines) > max(size[1], 4) {
				t.Errorf("%v: %d lines", size, len(lines))
			}
			if strings.Contains(screen, "\x1b[2J") {
				t.Errorf("a name clears the screen")
			}
		}
	}
}

func TestSequences(t *testing.T) {
	rest := []byte("\x1b[A\x1b[6~jq\t\x1bOD")
	var got []string
	for len(rest) > 0 {
		var k string
		k, rest = next(rest)
		got = append(got, k)
	}
	if s := strings.Join(got, " "); s != "up page-down j q tab left" {
		t.Error(s)
	}
}
