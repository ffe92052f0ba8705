package browse

import (
	"strings"

	"bantam/internal/engine"
)

// Model is what is shown.
type Model struct {
	image  *engine.ImageLayers
	layer  int
	files  bool // the keys go to the files, not to the layers
	tree   *node
	lines  []*node
	at     int // of the lines
	top    int // first line on the screen
	hidden map[byte]bool
	rows   int
}

// New shows the topmost layer.
func New(image *engine.ImageLayers) *Model {
	m := &Model{image: image, hidden: map[byte]bool{}, rows: 24}
	m.choose(len(image.Layers) - 1)
	return m
}

func (m *Model) choose(layer int) {
	m.layer = min(max(layer, 0), len(m.image.Layers)-1)
	m.tree = treeOf(m.image.Layers[:m.layer+1])
	m.at, m.top = 0, 0
	m.list()
}

func (m *Model) list() {
	m.lines = m.tree.shown(func(k byte) bool { return m.hidden[k] }, nil)
	m.at = min(max(m.at, 0), max(len(m.lines)-1, 0))
}

// The keys, by the names that package keys gives them.
const (
	KeyUp, KeyDown, KeyLeft, KeyRight = "up", "down", "left", "right"
	KeyPageUp, KeyPageDown            = "page-up", "page-down"
	KeyHome, KeyEnd                   = "home", "end"
	KeyTab, KeyEnter, KeyQuit         = "tab", "enter", "quit"
)

// Key does what a key says; true ends it.
func (m *Model) Key(key string) (quit bool) {
	switch key {
	case KeyQuit, "q":
		return true
	case KeyTab:
		m.files = !m.files
	case "a":
		m.toggle(engine.FileAdded)
	case "m":
		m.toggle(engine.FileChanged)
	case "d":
		m.toggle(engine.FileDeleted)
	case "u":
		m.toggle(0)
	case KeyEnter, " ":
		m.fold()
	case KeyRight, "l":
		m.open(true)
	case KeyLeft, "h":
		m.open(false)
	default:
		m.move(key)
	}
	return false
}

func (m *Model) toggle(kind byte) {
	m.hidden[kind] = !m.hidden[kind]
	m.list()
}

func (m *Model) move(key string) {
	by := map[string]int{KeyUp: -1, "k": -1, KeyDown: 1, "j": 1, KeyPageUp: -m.page(), KeyPageDown: m.page(), KeyHome: -1 << 30, KeyEnd: 1 << 30}[key]
	switch {
	case by == 0:
	case m.files:
		m.at = min(max(m.at+by, 0), max(len(m.lines)-1, 0))
	default:
		m.choose(m.layer + by)
	}
}

func (m *Model) page() int { return max(m.rows-4, 1) }

// fold opens or closes a folder.
func (m *Model) fold() {
	if !m.files || len(m.lines) == 0 {
		m.files = true
		return
	}
	m.lines[m.at].closed = !m.lines[m.at].closed
	m.list()
}

// open opens or closes a folder; closing a closed one goes to the one it is in.
func (m *Model) open(yes bool) {
	if !m.files || len(m.lines) == 0 {
		m.files = yes
		return
	}
	n := m.lines[m.at]
	if !yes && (n.closed || len(n.children) == 0) && n.parent.parent != nil {
		for i, l := range m.lines {
			if l == n.parent {
				m.at = i
			}
		}
		return
	}
	n.closed = !yes
	m.list()
}

// safe shows a text from an image, which may hold what moves the cursor.
func safe(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffd || r >= 0x200b && r <= 0x202e {
			return '?'
		}
		return r
	}, s)
}

// fit makes a text exactly n columns wide.
func fit(s string, n int) string {
	r := []rune(s)
	if n <= 0 {
		return ""
	}
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s + strings.Repeat(" ", n-len(r))
}
