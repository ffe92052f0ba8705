// Package lzop is the applets lzop, unlzop and lzopcat.
package lzop

import (
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/inplace"
	"bantam/internal/userland/applet/lzo"
)

const common = `
-c	write to stdout
-f	force
-U	delete input files
-k	keep the input files, as without -U
-t	test integrity
-v	verbose
-q	be quiet (ignored)
-F	don't store or verify checksum
`

// Lzop is lzop.
var Lzop = applet.Applet{
	Names: "lzop",
	Usage: "[-cfUvd123456CF] [FILE]...",
	About: "Compress FILEs (or stdin) with the LZO algorithm.",
	Options: common + `-d	decompress
-C	also write checksum of compressed block
-1	the fastest level
-2	-6: the same as without
-3	
-4	
-5	
-6	
-7	-9: not there
-8	
-9	
`,
	Quick: true,
	Run:   run,
}

// Unlzop is unlzop.
var Unlzop = applet.Applet{
	Names: "unlzop", Usage: "[-cfUvF] [FILE]...", About: "Decompress FILEs (or stdin).", Options: common + "-d	decompress (it always does)\n",
	Quick: true, Run: run,
}

// Lzopcat is lzopcat.
var Lzopcat = applet.Applet{
	Names: "lzopcat", Usage: "[-vF] [FILE]...", About: "Decompress to stdout.", Options: common + "-d	decompress (it always does)\n",
	Quick: true, Run: run,
}

func run(c *applet.Call) int {
	w := inplace.Work{Keep: !c.Has("U") || c.Has("k"), Stdout: c.Name == "lzopcat"}
	if c.Name != "lzop" || c.Has("d") || c.Has("t") {
		w.Output = output
		w.Run = func(in *applet.In, out *applet.Out) (int64, error) {
			r := lzo.NewReader(in)
			r.Unchecked = c.Has("F")
			return 0, inplace.Copy(out, r)
		}
		return w.Each(c)
	}
	if c.Has("7") || c.Has("8") || c.Has("9") {
		return c.Complain("high compression not compiled in")
	}
	o := lzo.Options{Level: 5, Unchecked: c.Has("F"), Packed: c.Has("C")}
	if c.Has("1") {
		o.Level = 1
	}
	w.Output = inplace.Append(".lzo")
	w.Run = func(in *applet.In, out *applet.Out) (int64, error) { return 0, lzo.Compress(out, in, o) }
	return w.Each(c)
}

// output is the name of a decompressed file.
func output(name string) (string, bool) {
	if rest, found := strings.CutSuffix(name, ".lzo"); found {
		return rest, rest != ""
	}
	return name + ".out", true
}
