package checksum

import (
	"hash/crc32"
	"strconv"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
)

// Cksum is cksum.
var Cksum = applet.Applet{
	Names: "cksum",
	Usage: "[FILE]...",
	About: "Print the CRC checksum of POSIX and the size of the FILEs.",
	Dir:   "/usr/bin",
	Quick: true,
	Run:   cksum,
}

func cksum(c *applet.Call) int {
	table := posixTable()
	return c.EachFile(func(name string, in *applet.In) error {
		crc, size := uint32(0), uint64(0)
		for {
			p, err := in.Chunk()
			if err != nil {
				return err
			}
			if p == nil {
				break
			}
			size += uint64(len(p))
			crc = posix(crc, p, table)
		}
		// The size follows, its lowest byte first.
		for n := size; n > 0; n >>= 8 {
			crc = posix(crc, []byte{byte(n)}, table)
		}
		c.Out.Print(strconv.FormatUint(uint64(^crc), 10), " ", strconv.FormatUint(size, 10))
		end(c, name)
		return nil
	})
}

// end prints the name of a file that was named, and a newline.
func end(c *applet.Call, name string) {
	if len(c.Args) > 0 {
		c.Out.Print(" ", name)
	}
	c.Out.Print("\n")
}

// posixTable is for four bytes at once, the highest bit first.
func posixTable() *[4][256]uint32 {
	var t [4][256]uint32
	for i := range t[0] {
		crc := uint32(i) << 24
		for range 8 {
			if crc>>31 == 1 {
				crc = crc<<1 ^ 0x04C11DB7
			} else {
				crc <<= 1
			}
		}
		t[0][i] = crc
	}
	for i := range t[0] {
		for n := 1; n < 4; n++ {
			before := t[n-1][i]
			t[n][i] = before<<8 ^ t[0][before>>24]
		}
	}
	return &t
}

func posix(crc uint32, p []byte, t *[4][256]uint32) uint32 {
	for len(p) >= 4 {
		crc ^= uint32(p[0])<<24 | uint32(p[1])<<16 | uint32(p[2])<<8 | uint32(p[3])
		crc = t[3][crc>>24] ^ t[2][crc>>16&255] ^ t[1][crc>>8&255] ^ t[0][crc&255]
		p = p[4:]
	}
	for _, b := range p {
		crc = crc<<8 ^ t[0][byte(crc>>24)^b]
	}
	return crc
}

// CRC32 is crc32.
var CRC32 = applet.Applet{
	Names: "crc32",
	Usage: "[FILE]...",
	About: "Print the CRC-32 checksum of the FILEs, that of gzip and zip.",
	Dir:   "/usr/bin",
	Quick: true,
	Run:   crc,
}

func crc(c *applet.Call) int {
	return c.EachFile(func(name string, in *applet.In) error {
		crc := uint32(0)
		for {
			p, err := in.Chunk()
			if err != nil {
				return err
			}
			if p == nil {
				break
			}
			crc = crc32.Update(crc, crc32.IEEETable, p)
		}
		c.Out.Print(hex([]byte{byte(crc >> 24), byte(crc >> 16), byte(crc >> 8), byte(crc)}))
		end(c, name)
		return nil
	})
}

// Sum is sum.
var Sum = applet.Applet{
	Names: "sum",
	Usage: "[-rs] [FILE]...",
	About: "Print a checksum and the number of blocks of the FILEs.",
	Options: `
-r	as BSD did, in blocks of 1024 bytes (if not told otherwise)
-s	as System V did, in blocks of 512 bytes
`,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   sum,
}

func sum(c *applet.Call) int {
	v := c.Has("s") && !c.Has("r")
	return c.EachFile(func(name string, in *applet.In) error {
		s, size := uint32(0), uint64(0)
		for {
			p, err := in.Chunk()
			if err != nil {
				return err
			}
			if p == nil {
				break
			}
			size += uint64(len(p))
			s = add(s, p, v)
		}
		if v {
			s = s&0xFFFF + s>>16
			s = s&0xFFFF + s>>16
			c.Out.Print(strconv.Itoa(int(s)), " ", strconv.FormatUint((size+511)/512, 10))
		} else {
			c.Out.Print(pad.Zero(int64(s), 5), " ", pad.Int(int64((size+1023)/1024), 5))
		}
		// BusyBox has a space there even without a name.
		if len(c.Args) < 2 && !v || len(c.Args) == 0 {
			name = ""
		}
		c.Out.Print(" ", name, "\n")
		return nil
	})
}

func add(s uint32, p []byte, v bool) uint32 {
	for _, b := range p {
		if !v {
			s = (s>>1 | s&1<<15) & 0xFFFF
		}
		s += uint32(b)
		if !v {
			s &= 0xFFFF
		}
	}
	return s
}
