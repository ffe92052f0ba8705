// Package raster paints a chart as PNG.
package raster

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"

	"bantam/internal/cli/chart"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// PNG writes the picture.
func PNG(w io.Writer, c *chart.Chart) error {
	shapes, height := c.Layout()
	img := image.NewRGBA(image.Rect(0, 0, chart.Width, height))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	for _, s := range shapes {
		ink := image.NewUniform(color.RGBA{s.Color[0], s.Color[1], s.Color[2], 255})
		if s.Text == "" {
			draw.Draw(img, image.Rect(s.X, s.Y, s.X+s.W, s.Y+s.H), ink, image.Point{}, draw.Src)
			continue
		}
		d := font.Drawer{Dst: img, Src: ink, Face: basicfont.Face7x13, Dot: fixed.P(s.X, s.Y)}
		d.DrawString(s.Text)
		if s.Bold {
			d.Dot = fixed.P(s.X+1, s.Y)
			d.DrawString(s.Text)
		}
	}
	return png.Encode(w, img)
}
