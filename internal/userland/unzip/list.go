package unzip

import (
	"strconv"
	"strings"
)

func right(n uint64, width int) string {
	s := strconv.FormatUint(n, 10)
	return strings.Repeat(" ", max(width-len(s), 0)) + s
}

func digits(n uint64, base, width int) string {
	s := strconv.FormatUint(n, base)
	return strings.Repeat("0", max(width-len(s), 0)) + s
}

// saved is how many percent smaller the compressed size is.
func saved(unpacked, packed uint64) uint64 {
	if packed > unpacked || unpacked == 0 {
		return 0
	}
	return (unpacked - packed) * 100 / unpacked
}

// tell lists the member.
func (w *work) tell(m *member) {
	d, t := uint64(m.date), uint64(m.time)
	when := digits(d>>5&15, 10, 2) + "-" + digits(d&31, 10, 2) + "-" + digits(d>>9+1980, 10, 4) + " " +
		digits(t>>11, 10, 2) + ":" + digits(t>>5&63, 10, 2)
	if !w.verbose {
		w.out.Print(right(m.unpacked, 9), "  ", when, "   ", name(m.name), "\n")
	} else {
		method := right(uint64(m.method), 6)
		switch m.method {
		case stored:
			method = "Stored"
		case deflated:
			method = "Defl:" + string("NXFS"[m.flags>>1&3])
		}
		w.out.Print(right(m.unpacked, 8), "  ", method, right(m.packed, 9), right(saved(m.unpacked, m.packed), 4), "% ", when, " ",
			digits(uint64(m.crc), 16, 8), "  ", name(m.name), "\n")
		w.size += m.packed
	}
	w.unpacked += m.unpacked
	w.entries++
}

// end prints the sums of a list.
func (w *work) end() {
	if !w.list || w.quiet > 1 {
		return
	}
	files := strconv.Itoa(w.entries) + " files\n"
	if !w.verbose {
		w.out.Print(" --------", strings.Repeat(" ", 21), "-------\n", right(w.unpacked, 9), strings.Repeat(" ", 21), files)
		return
	}
	space := strings.Repeat(" ", 28)
	w.out.Print("--------          ------- ----", space, "----\n", right(w.unpacked, 8), right(w.size, 17),
		right(saved(w.unpacked, w.size), 4), "%", space, files)
}
