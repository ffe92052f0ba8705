// Package gzip is the applets gzip, gunzip and zcat.
package gzip

import (
	"errors"
	"strings"

	"bantam/internal/compress/deflate"
	"bantam/internal/compress/inflate"
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/compressed"
	"bantam/internal/userland/applet/inplace"
)

// Gzip is gzip.
var Gzip = applet.Applet{
	Names: "gzip",
	Usage: "[-cfkdt123456789] [FILE]...",
	About: "Compress FILEs (or stdin).",
	Options: inplace.Options + `-d, --decompress, --uncompress	decompress
-t, --test	test integrity
-1, --fast	the fastest level
-2	-8: the levels between
-3	
-4	
-5	
-6	the level if none is given
-7	
-8	
-9, --best	the best level
-n, --no-name	store neither name nor time (it never does)
`,
	Quick: true,
	Min:   true,
	Run:   compress,
}

const gunzipOptions = inplace.Options + `-t, --test	test integrity
-d	decompress (it always does)
-n, --no-name	don't restore the name (it never does)
`

// Gunzip is gunzip.
var Gunzip = applet.Applet{
	Names:   "gunzip",
	Usage:   "[-cfkt] [FILE]...",
	About:   "Decompress FILEs (or stdin).",
	Options: gunzipOptions,
	Quick:   true,
	Min:     true,
	Run:     func(c *applet.Call) int { return decompress().Each(c) },
}

// Zcat is zcat.
var Zcat = applet.Applet{
	Names:   "zcat",
	Usage:   "[FILE]...",
	About:   "Decompress gzip, bzip2, xz or compress files to stdout.",
	Options: gunzipOptions,
	Quick:   true,
	Min:     true,
	Run:     zcat,
}

func compress(c *applet.Call) int {
	if c.Has("d") || c.Has("t") {
		return decompress().Each(c)
	}
	level := 6
	if l := c.Last("1", "2", "3", "4", "5", "6", "7", "8", "9"); l != "" {
		level = int(l[0] - '0')
	}
	w := inplace.Work{
		Output: inplace.Append(".gz"),
		Run: func(in *applet.In, out *applet.Out) (int64, error) {
			w := deflate.NewGzip(out, level)
			_, err := w.ReadFrom(in)
			if e := w.Close(); err == nil {
				err = e
			}
			return 0, err
		},
	}
	return w.Each(c)
}

func decompress() *inplace.Work {
	return &inplace.Work{Output: output, Run: func(in *applet.In, out *applet.Out) (int64, error) {
		r := inflate.NewReader(in)
		err := inplace.Copy(out, r)
		return r.Modified, err
	}}
}

// errNoMagic is for what no format is known of, in BusyBox's words.
var errNoMagic = errors.New("no gzip/bzip2/xz magic")

// zcat knows all formats by their magic numbers.
func zcat(c *applet.Call) int {
	w := inplace.Work{Stdout: true, Run: func(in *applet.In, out *applet.Out) (int64, error) {
		d := compressed.Detect(in)
		if d == nil {
			return 0, errNoMagic
		}
		return 0, inplace.Copy(out, d)
	}}
	return w.Each(c)
}

// output is the name of a decompressed file.
func output(name string) (string, bool) {
	if rest, ok := strings.CutSuffix(name, ".tgz"); ok {
		return rest + ".tar", true
	}
	return inplace.Strip(".gz")(name)
}
