package encoding

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// Uuencode is uuencode.
var Uuencode = applet.Applet{
	Names: "uuencode",
	Usage: "[-m] [FILE] STORED_FILENAME",
	About: "Write FILE as text that uudecode makes STORED_FILENAME of.",
	Options: `
-m	in base64
`,
	AtLeast: 1,
	AtMost:  2,
	Dir:     "/usr/bin",
	Run:     uuencode,
}

func uuencode(c *applet.Call) int {
	in, mode := c.In, uint32(0o666)
	if len(c.Args) == 2 && c.Args[0] != "-" {
		var err error
		if in, err = applet.Open(c.Args[0]); err != nil {
			return c.CantOpen(c.Args[0], err)
		}
		defer in.Close()
	}
	if len(c.Args) == 2 {
		var st syscall.Stat_t
		if syscall.Fstat(in.Fd(), &st) == nil {
			mode = st.Mode & 0o777
		}
	} else {
		// What umask leaves: what uudecode would make otherwise.
		mask := syscall.Umask(0o22)
		syscall.Umask(mask)
		mode &^= uint32(mask)
	}
	name := c.Args[len(c.Args)-1]
	kind := "begin "
	if c.Has("m") {
		kind = "begin-base64 "
	}
	c.Out.Print(kind, strconv.FormatUint(uint64(mode), 8), " ", name, "\n")
	if c.Has("m") {
		b := base{letters: standard, bits: 6, in: 3, out: 4}
		b.encode(c.Out, in, 60)
		c.Out.Print("====\n")
	} else {
		uuLines(c.Out, in)
	}
	if err := in.Err(); err != nil {
		return c.Warn(name, err)
	}
	return 0
}

// uuLines writes lines of 45 bytes and the end.
func uuLines(out *applet.Out, in *applet.In) {
	b := base{letters: "`!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_", bits: 6, in: 3}
	var bytes [45]byte
	var text [61]byte
	for out.Err() == nil {
		n, err := io.ReadFull(in, bytes[:])
		if n == 0 || err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			break
		}
		clear(bytes[n:])
		line := append(text[:0], b.letters[n])
		for i := 0; i < n; i += 3 {
			line = b.group(line, bytes[i:i+3])
		}
		out.Write(line)
		out.WriteByte('\n')
	}
	out.Print("`\nend\n")
}

// Uudecode is uudecode.
var Uudecode = applet.Applet{
	Names: "uudecode",
	Usage: "[-o OUTFILE] [INFILE]",
	About: "Decode a file that uuencode wrote, into the file that it names.",
	Options: `
-o OUTFILE	into OUTFILE, "-" is standard output
`,
	AtMost: 1,
	Dir:    "/usr/bin",
	Run:    uudecode,
}

func uudecode(c *applet.Call) int {
	in := c.In
	if len(c.Args) == 1 && c.Args[0] != "-" {
		var err error
		if in, err = applet.Open(c.Args[0]); err != nil {
			return c.CantOpen(c.Args[0], err)
		}
		defer in.Close()
	}
	for {
		line, ok := in.Line()
		if !ok {
			return c.Complain("no 'begin' line")
		}
		mode, name, base64, ok := begin(strings.TrimRight(string(line), "\r"))
		if ok {
			return decodeTo(c, in, mode, name, base64)
		}
	}
}

// begin reads the first line.
func begin(line string) (mode uint32, name string, base64, ok bool) {
	rest, ok := strings.CutPrefix(line, "begin ")
	if !ok {
		rest, base64 = strings.CutPrefix(line, "begin-base64 ")
	}
	octal, name, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseUint(octal, 8, 12)
	name = strings.TrimSpace(name)
	return uint32(n), name, base64, (ok || base64) && err == nil && name != ""
}

// decodeTo writes what the lines stand for into the file.
func decodeTo(c *applet.Call, in *applet.In, mode uint32, name string, base64 bool) int {
	if o, given := c.Given("o"); given {
		name = o
	}
	out := c.Out
	toFile := name != "-" && name != "/dev/stdout"
	if toFile {
		var err error
		if out, err = applet.Create(name, mode&0o666); err != nil {
			return c.CantOpen(name, err)
		}
		// Create's umask is left alone, but not set-user-ID bits of a stranger's file.
		syscall.Fchmod(out.Fd(), mode&0o777)
	}
	decode, wrong := uuText, ""
	if base64 {
		decode = baseText
	}
	wrong = decode(out, in)
	status := 0
	if toFile {
		if err := out.Close(); err != nil {
			status = c.Warn(name, err)
		}
	}
	if wrong != "" {
		status = c.Complain(wrong)
	}
	return status
}

// uuText decodes the lines up to "end". It returns what is wrong.
func uuText(out *applet.Out, in *applet.In) string {
	var buf [64]byte
	for out.Err() == nil {
		line, ok := in.Line()
		if !ok {
			return "short file"
		}
		line = bytes.TrimRight(line, "\r\n")
		if string(line) == "end" {
			return ""
		}
		if len(line) == 0 || line[0] == '`' || line[0] == ' ' {
			continue
		}
		n := int(line[0]-' ') & 63
		text := line[1:]
		to := buf[:0]
		for ; len(to) < n; text = text[min(4, len(text)):] {
			var group [4]byte // spaces at the end may have been lost
			copy(group[:], text)
			v := uint(0)
			for _, b := range group {
				if b == 0 {
					b = ' '
				}
				if b < ' ' || b > '`' {
					return "short file"
				}
				v = v<<6 | uint(b-' ')&63
			}
			if len(text) == 0 {
				return "short file"
			}
			to = append(to, byte(v>>16), byte(v>>8), byte(v))
		}
		out.Write(to[:n])
	}
	return ""
}

// baseText decodes lines of base64 up to "====".
func baseText(out *applet.Out, in *applet.In) string {
	d := decoder{base: &base{letters: standard, bits: 6, in: 3, out: 4}}
	d.prepare()
	var buf []byte
	for out.Err() == nil {
		line, ok := in.Line()
		if !ok {
			return "short file"
		}
		if bytes.HasPrefix(line, []byte("====")) {
			break
		}
		if buf, ok = d.decodeLine(buf[:0], line); !ok {
			out.Write(buf)
			return "short file"
		}
		out.Write(buf)
	}
	return ""
}
