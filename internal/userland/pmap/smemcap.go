package pmap

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/proc"
)

// Smemcap is smemcap.
var Smemcap = applet.Applet{
	Names: "smemcap",
	Usage: ">SMEMDATA.TAR",
	About: "Write what /proc says about the use of memory as a tar archive, for smem.",
	Dir:   "/usr/bin",
	Run:   smemcap,
}

func smemcap(c *applet.Call) int {
	s, err := proc.Open()
	if err != nil {
		return c.Warn("can't open '/proc'", err)
	}
	archive(c.Out, "meminfo")
	archive(c.Out, "version")
	for p := s.Next(); p != nil && c.Out.Err() == nil; p = s.Next() {
		name := strconv.Itoa(p.Pid)
		c.Out.Write(header(name, &syscall.Stat_t{Mode: 0o555}, 0, '5'))
		archive(c.Out, name+"/smaps")
		archive(c.Out, name+"/cmdline")
		archive(c.Out, name+"/stat")
	}
	return 0
}

const block = 512

// archive writes a file of /proc. Its size is known when it was read; one that is
// gone is left out.
func archive(out *applet.Out, name string) {
	fd, err := applet.OpenFile("/proc/"+name, syscall.O_RDONLY, 0)
	if err != nil {
		return
	}
	defer syscall.Close(fd)
	data, _ := applet.ReadAll(fd)
	var st syscall.Stat_t
	syscall.Fstat(fd, &st)
	out.Write(header(name, &st, len(data), '0'))
	out.Write(data)
	out.Write(make([]byte, (block-len(data)%block)%block))
}

// header is a header of the tar format of V7.
func header(name string, st *syscall.Stat_t, size int, kind byte) []byte {
	h := make([]byte, block)
	copy(h[:99], name)
	for _, f := range [...]struct {
		at    int
		value uint64
	}{
		{100, uint64(st.Mode & 0o777)}, {108, uint64(st.Uid & 0o7777777)}, {116, uint64(st.Gid & 0o7777777)},
		{124, uint64(size)}, {136, uint64(st.Mtim.Sec)},
	} {
		copy(h[f.at:], strconv.FormatUint(f.value, 8))
	}
	copy(h[148:], "        ") // the checksum counts as spaces
	h[156] = kind
	copy(h[257:], "ustar  ")
	sum := 0
	for _, b := range h {
		sum += int(b)
	}
	copy(h[148:], "000000\x00 ")
	digits := strconv.FormatInt(int64(sum), 8)
	copy(h[148+6-len(digits):], digits)
	return h
}
