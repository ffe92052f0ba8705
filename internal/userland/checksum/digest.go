// Package checksum is the applets that print checksums: md5sum, sha1sum, sha256sum,
// sha512sum, sha3sum, cksum, crc32, sum.
package checksum

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"hash"
	"strconv"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
)

const (
	usage   = "[-c [-sw]] [-bt] [FILE]..."
	options = `
-c, --check	read checksums from the FILEs and check them
-s, --status	with -c: print nothing, only the exit status
-w, --warn	with -c: tell lines that are no checksum
-b, --binary	ignored
-t, --text	ignored
`
)

// MD5sum is md5sum.
var MD5sum = applet.Applet{
	Names:   "md5sum",
	Usage:   usage,
	About:   "Print or check MD5 checksums.",
	Options: options,
	Dir:     "/usr/bin",
	Quick:   true,
	Min:     true,
	Run:     func(c *applet.Call) int { return digest(c, md5.New()) },
}

// SHA1sum is sha1sum.
var SHA1sum = applet.Applet{
	Names:   "sha1sum",
	Usage:   usage,
	About:   "Print or check SHA-1 checksums.",
	Options: options,
	Dir:     "/usr/bin",
	Quick:   true,
	Min:     true,
	Run:     func(c *applet.Call) int { return digest(c, sha1.New()) },
}

// SHA256sum is sha256sum.
var SHA256sum = applet.Applet{
	Names:   "sha256sum",
	Usage:   usage,
	About:   "Print or check SHA-256 checksums.",
	Options: options,
	Dir:     "/usr/bin",
	Quick:   true,
	Min:     true,
	Run:     func(c *applet.Call) int { return digest(c, sha256.New()) },
}

// SHA512sum is sha512sum.
var SHA512sum = applet.Applet{
	Names:   "sha512sum",
	Usage:   usage,
	About:   "Print or check SHA-512 checksums.",
	Options: options,
	Dir:     "/usr/bin",
	Quick:   true,
	Min:     true,
	Run:     func(c *applet.Call) int { return digest(c, sha512.New()) },
}

// SHA3sum is sha3sum.
var SHA3sum = applet.Applet{
	Names:   "sha3sum",
	Usage:   "[-c [-sw]] [-bt] [-a BITS] [FILE]...",
	About:   "Print or check SHA-3 checksums.",
	Options: options + "-a, --algorithm BITS	224 (if not given), 256, 384 or 512\n",
	Dir:     "/usr/bin",
	Quick:   true,
	Run:     sha3sum,
}

func sha3sum(c *applet.Call) int {
	bits := "224"
	if a, given := c.Given("a"); given {
		bits = a
	}
	var h *sha3.SHA3
	n, _ := number.Int(bits, 512)
	switch n {
	case 224:
		h = sha3.New224()
	case 256:
		h = sha3.New256()
	case 384:
		h = sha3.New384()
	case 512:
		h = sha3.New512()
	default:
		return c.Complain("bad -a " + bits)
	}
	return digest(c, h)
}

// digest prints or checks checksums with h.
func digest(c *applet.Call, h hash.Hash) int {
	if (c.Has("s") || c.Has("w")) && !c.Has("c") {
		return c.UsageError("")
	}
	if c.Has("c") {
		bad := false
		status := c.EachInput(func(name string, in *applet.In) error {
			if !check(c, h, name, in) {
				bad = true
			}
			return in.Err()
		})
		if bad {
			return 1
		}
		return status
	}
	return c.EachFile(func(name string, in *applet.In) error {
		sum, err := sumOf(h, in)
		if err == nil {
			c.Out.Print(sum, "  ", name, "\n")
		}
		return err
	})
}

// sumOf returns an input's checksum.
func sumOf(h hash.Hash, in *applet.In) (string, error) {
	h.Reset()
	for {
		p, err := in.Chunk()
		if err != nil {
			return "", err
		}
		if p == nil {
			return hex(h.Sum(nil)), nil
		}
		h.Write(p)
	}
}

func hex(sum []byte) string {
	text := make([]byte, 0, 128)
	for _, b := range sum {
		text = append(text, "0123456789abcdef"[b>>4], "0123456789abcdef"[b&15])
	}
	return string(text)
}

// check checks the files of a list.
func check(c *applet.Call, h hash.Hash, list string, in *applet.In) bool {
	silent := c.Has("s")
	total, failed := 0, 0
	for {
		line, ok := in.Line()
		if !ok {
			break
		}
		total++
		sum, name, found := bytes.Cut(line, []byte{' '})
		if !found {
			if c.Has("w") {
				c.Complain("invalid format")
			}
			failed++
			continue
		}
		if len(name) > 0 && (name[0] == ' ' || name[0] == '*') {
			name = name[1:]
		}
		result := "OK"
		if !matches(c, h, string(name), sum) {
			result = "FAILED"
			failed++
		}
		if !silent {
			c.Out.Print(string(name), ": ", result, "\n")
		}
	}
	if failed > 0 && !silent {
		c.Complain("WARNING: " + strconv.Itoa(failed) + " of " + strconv.Itoa(total) + " computed checksums did NOT match")
	}
	if total == 0 {
		c.Complain(list + ": no checksum lines found")
	}
	return total > 0 && failed == 0
}

// matches says whether the file has the checksum.
func matches(c *applet.Call, h hash.Hash, name string, want []byte) bool {
	in := c.In
	if name != "-" {
		var err error
		if in, err = applet.Open(name); err != nil {
			c.CantOpen(name, err)
			return false
		}
		defer in.Close()
	}
	sum, err := sumOf(h, in)
	if err != nil {
		c.Warn("can't read '"+name+"'", err)
		return false
	}
	return bytes.EqualFold(want, []byte(sum))
}
