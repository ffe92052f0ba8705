// Package uncompress is the applet uncompress.
package uncompress

import (
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/inplace"
	"bantam/internal/userland/applet/lzw"
)

// Applet is uncompress.
var Applet = applet.Applet{
	Names: "uncompress",
	Usage: "[-cf] [FILE]...",
	About: "Decompress FILEs (or stdin).",
	Options: `
-c	write to stdout
-f	overwrite
`,
	Quick: true,
	Run: func(c *applet.Call) int {
		w := inplace.Work{Output: inplace.Strip(".Z"), Run: func(in *applet.In, out *applet.Out) (int64, error) {
			return 0, inplace.Copy(out, lzw.NewReader(in))
		}}
		return w.Each(c)
	},
}
