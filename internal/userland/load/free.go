// Package load is the applets that tell how busy the machine is.
package load

import (
	"bytes"
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/human"
	"bantam/internal/userland/applet/pad"
)

// Free is free.
var Free = applet.Applet{
	Names: "free",
	Usage: "[-bkmgh]",
	About: "Show the free and the used memory.",
	Options: `
-b	in bytes
-k	in KiB (default)
-m	in MiB
-g	in GiB
-h	for people
`,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   free,
}

func free(c *applet.Call) int {
	unit := uint64(1 << 10)
	switch c.Last("b", "k", "m", "g", "h") {
	case "b":
		unit = 1
	case "m":
		unit = 1 << 20
	case "g":
		unit = 1 << 30
	case "h":
		unit = 0
	}
	data, err := applet.ReadFile("/proc/meminfo")
	if err != nil {
		return c.CantOpen("/proc/meminfo", err)
	}
	var info syscall.Sysinfo_t
	syscall.Sysinfo(&info)
	block := uint64(max(info.Unit, 1))
	bytes := func(n uint64) uint64 { return n * block }
	total, unused := bytes(info.Totalram), bytes(info.Freeram)
	available, known := field(data, "MemAvailable:")
	cached, _ := field(data, "Cached:")
	reclaimable, _ := field(data, "SReclaimable:")
	cached += reclaimable + bytes(info.Bufferram)
	row(c, "", []string{"total", "used", "free", "shared", "buff/cache", "available"})
	sizes(c, "Mem:   ", unit, total, total-cached-unused, unused, bytes(info.Sharedram), cached, available)
	if !known { // before Linux 3.14
		c.Out.Print("-/+ buffers/cache: ")
		for _, n := range []uint64{total - cached - unused, cached + unused} {
			c.Out.Print(pad.Left(scale(n, unit), 12))
		}
		c.Out.Print("\n")
	}
	swap, unusedSwap := bytes(info.Totalswap), bytes(info.Freeswap)
	sizes(c, "Swap:  ", unit, swap, swap-unusedSwap, unusedSwap)
	return 0
}

// field is a field of /proc/meminfo, in bytes.
func field(data []byte, title string) (n uint64, found bool) {
	at := bytes.Index(data, []byte("\n"+title))
	if at < 0 {
		return 0, false
	}
	line, _, _ := bytes.Cut(data[at+1+len(title):], []byte("\n"))
	n, err := strconv.ParseUint(string(bytes.TrimSuffix(bytes.TrimSpace(line), []byte(" kB"))), 10, 54)
	return n << 10, err == nil
}

func row(c *applet.Call, title string, words []string) {
	c.Out.Print(pad.Right(title, 7))
	for _, w := range words {
		c.Out.Print(pad.Left(w, 12))
	}
	c.Out.Print("\n")
}

func sizes(c *applet.Call, title string, unit uint64, values ...uint64) {
	var words []string
	for _, v := range values {
		words = append(words, scale(v, unit))
	}
	row(c, title, words)
}

func scale(n, unit uint64) string {
	if unit == 0 {
		return human.Size(n)
	}
	return strconv.FormatUint((n+unit/2)/unit, 10)
}
