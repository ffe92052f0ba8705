// Package xz is the applets xz, unxz, xzcat, lzma, unlzma and lzcat. They only
// decompress, as BusyBox's do.
package xz

import (
	"bantam/internal/compress/lzma"
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/inplace"
)

const options = inplace.Options + `-d, --decompress	decompress
-t, --test	test integrity
`

const (
	about       = "Decompress FILEs (or stdin)."
	aboutStdout = "Decompress to stdout."
	usage       = "[-cfkt] [FILE]..."
	usageD      = "-d [-cfkt] [FILE]..."
	dir         = "/usr/bin"
)

// The applets for xz files.
var (
	XZ    = applet.Applet{Names: "xz", Usage: usageD, About: about, Options: options, Quick: true, Dir: dir, Run: xz}
	Unxz  = applet.Applet{Names: "unxz", Usage: usage, About: about, Options: options, Quick: true, Dir: dir, Run: xz}
	Xzcat = applet.Applet{Names: "xzcat", Usage: "[FILE]...", About: aboutStdout, Options: options, Quick: true, Dir: dir, Run: xz}
)

// The applets for the old format.
var (
	LZMA   = applet.Applet{Names: "lzma", Usage: usageD, About: about, Options: options, Quick: true, Dir: dir, Run: old}
	Unlzma = applet.Applet{Names: "unlzma", Usage: usage, About: about, Options: options, Quick: true, Dir: dir, Run: old}
	Lzcat  = applet.Applet{Names: "lzcat", Usage: "[FILE]...", About: aboutStdout, Options: options, Quick: true, Dir: dir, Run: old}
)

func xz(c *applet.Call) int {
	return run(c, "xz", ".xz", func(in *applet.In) inplace.Decoder { return lzma.NewXZ(in) })
}

func old(c *applet.Call) int {
	return run(c, "lzma", ".lzma", func(in *applet.In) inplace.Decoder { return lzma.NewReader(in) })
}

// run decompresses. The applet that would compress does so only when it is told to.
func run(c *applet.Call, compressor, suffix string, decoder func(*applet.In) inplace.Decoder) int {
	if c.Name == compressor && !c.Has("d") && !c.Has("t") {
		return c.UsageError("")
	}
	w := inplace.Work{
		Stdout: c.Name == "xzcat" || c.Name == "lzcat",
		Output: inplace.Strip(suffix),
		Run: func(in *applet.In, out *applet.Out) (int64, error) {
			return 0, inplace.Copy(out, decoder(in))
		},
	}
	return w.Each(c)
}
