// Package bzip2 is the applets bzip2, bunzip2 and bzcat.
package bzip2

import (
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/bzip2"
	"bantam/internal/userland/applet/inplace"
)

// Bzip2 is bzip2.
var Bzip2 = applet.Applet{
	Names: "bzip2",
	Usage: "[-cfkdt123456789] [FILE]...",
	About: "Compress FILEs (or stdin) with the bzip2 algorithm.",
	Options: inplace.Options + `-d, --decompress	decompress
-t, --test	test integrity
-z, --compress	compress (it does that anyway)
-s, --small	the same as -2
-1, --fast	blocks of 100 KB
-2	-8: of as many times 100 KB
-3	
-4	
-5	
-6	
-7	
-8	
-9, --best	blocks of 900 KB, as if none is given
`,
	Quick: true,
	Dir:   "/usr/bin",
	Run:   compress,
}

// Bunzip2 is bunzip2.
var Bunzip2 = applet.Applet{
	Names:   "bunzip2",
	Usage:   "[-cfkt] [FILE]...",
	About:   "Decompress FILEs (or stdin).",
	Options: decompressOptions,
	Quick:   true,
	Dir:     "/usr/bin",
	Run:     func(c *applet.Call) int { return decompress(false).Each(c) },
}

// Bzcat is bzcat.
var Bzcat = applet.Applet{
	Names:   "bzcat",
	Usage:   "[FILE]...",
	About:   "Decompress to stdout.",
	Options: decompressOptions,
	Quick:   true,
	Dir:     "/usr/bin",
	Run:     func(c *applet.Call) int { return decompress(true).Each(c) },
}

const decompressOptions = inplace.Options + `-t, --test	test integrity
-d, --decompress	decompress (it always does)
`

func compress(c *applet.Call) int {
	if c.Has("d") || c.Has("t") {
		return decompress(false).Each(c)
	}
	level := 9
	switch l := c.Last("s", "1", "2", "3", "4", "5", "6", "7", "8", "9"); l {
	case "":
	case "s":
		level = 2
	default:
		level = int(l[0] - '0')
	}
	w := inplace.Work{
		Output: inplace.Append(".bz2"),
		Run: func(in *applet.In, out *applet.Out) (int64, error) {
			return 0, bzip2.Compress(out, in, level)
		},
	}
	return w.Each(c)
}

func decompress(stdout bool) *inplace.Work {
	return &inplace.Work{
		Stdout: stdout,
		Output: inplace.Strip(".bz2"),
		Run: func(in *applet.In, out *applet.Out) (int64, error) {
			return 0, inplace.Copy(out, bzip2.NewReader(in))
		},
	}
}
