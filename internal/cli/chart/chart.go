// Package chart draws bars: one panel for each thing that was measured, one bar for each who was.
package chart

import (
	"fmt"
	"io"
	"strings"
)

// Chart is a picture.
type Chart struct {
	Title  string
	Panels []Panel
}

// Panel compares one thing. Shorter is better everywhere.
type Panel struct {
	Name string
	Bars []Bar
}

// Bar is one value, 0 or more, with its text.
type Bar struct {
	Label string
	Value float64
	Text  string
}

// Shape is a rectangle, or a text whose base line begins at X, Y.
type Shape struct {
	X, Y, W, H int
	Text       string
	Bold       bool
	Color      [3]uint8
}

// Measures of a picture in pixels.
const (
	Width  = 720
	margin = 16
	row    = 22
	label  = 190
	value  = 110
)

var (
	ink   = [3]uint8{0x22, 0x22, 0x22}
	faint = [3]uint8{0xee, 0xee, 0xee}
	// colors are told apart by people who see red and green alike (Okabe and Ito).
	colors = [...][3]uint8{{0x00, 0x72, 0xb2}, {0xe6, 0x9f, 0x00}, {0x00, 0x9e, 0x73}, {0xcc, 0x79, 0xa7}, {0x56, 0xb4, 0xe9}, {0xd5, 0x5e, 0x00}}
)

// Layout is the picture as shapes, and its height.
func (c *Chart) Layout() (shapes []Shape, height int) {
	y := margin + 14
	shapes = append(shapes, Shape{X: margin, Y: y, Text: c.Title, Bold: true, Color: ink})
	for _, p := range c.Panels {
		y += 2 * margin
		shapes = append(shapes, Shape{X: margin, Y: y, Text: p.Name, Bold: true, Color: ink})
		most := 0.0
		for _, b := range p.Bars {
			most = max(most, b.Value)
		}
		room := Width - 2*margin - label - value
		for i, b := range p.Bars {
			y += row
			w := 0
			if most > 0 {
				w = int(float64(room) * b.Value / most)
			}
			shapes = append(shapes,
				Shape{X: margin, Y: y, Text: b.Label, Color: ink},
				Shape{X: margin + label, Y: y - 12, W: room, H: 15, Color: faint},
				Shape{X: margin + label, Y: y - 12, W: max(w, 1), H: 15, Color: colors[i%len(colors)]},
				Shape{X: margin + label + room + 8, Y: y, Text: b.Text, Color: ink},
			)
		}
	}
	return shapes, y + margin
}

// escaped is a text as XML has it.
var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// SVG writes the picture as SVG 1.1.
func (c *Chart) SVG(w io.Writer) error {
	shapes, height := c.Layout()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`+"\n", Width, height, Width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", Width, height)
	for _, s := range shapes {
		color := fmt.Sprintf("#%02x%02x%02x", s.Color[0], s.Color[1], s.Color[2])
		if s.Text == "" {
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n", s.X, s.Y, s.W, s.H, color)
			continue
		}
		weight := ""
		if s.Bold {
			weight = ` font-weight="bold"`
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" fill="%s"%s>%s</text>`+"\n", s.X, s.Y, color, weight, escaped.Replace(s.Text))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}
