package netstat

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/socket"
)

// flagLetters are the letters of an interface's flags with their bits, in the order of
// net-tools, which has this table and BusyBox hasn't.
const flagLetters = "A 512 B 2 D 4 L 8 M 4096 O 128 P 16 R 64 s 2048 m 1024 U 1"

// interfaces prints what the interfaces that are up have counted; all of them with -a.
func (x *netstat) interfaces() int {
	in, err := applet.Open("/proc/net/dev")
	if err != nil {
		return x.CantOpen("/proc/net/dev", err)
	}
	defer in.Close()
	x.Out.Print("Kernel Interface table\nIface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n")
	for {
		line, ok := in.Line()
		if !ok {
			return 0
		}
		name, rest, found := strings.Cut(string(line), ":")
		// bytes packets errs drop fifo frame compressed multicast, and the same for sending
		n := strings.Fields(rest)
		if !found || len(n) < 16 {
			continue
		}
		name = strings.TrimSpace(name)
		r, err := unix.NewIfreq(name)
		if err != nil || socket.Ioctl(unix.SIOCGIFFLAGS, r) != nil {
			continue
		}
		flags := r.Uint16()
		if flags&unix.IFF_UP == 0 && !x.Has("a") {
			continue
		}
		mtu := "0"
		if socket.Ioctl(unix.SIOCGIFMTU, r) == nil {
			mtu = strconv.Itoa(int(r.Uint32()))
		}
		x.Out.Print(pad.Right(name, 8), " ", pad.Left(mtu, 5), " ", pad.Left(n[1], 8), " ", pad.Left(n[2], 6), " ",
			pad.Left(n[3], 6), " ", pad.Right(n[4], 6), " ", pad.Left(n[9], 8), " ", pad.Left(n[10], 6), " ",
			pad.Left(n[11], 6), " ", pad.Left(n[12], 6), " ", letters(flags), "\n")
	}
}

func letters(flags uint16) (s string) {
	words := strings.Fields(flagLetters)
	for i := 0; i < len(words); i += 2 {
		bit, _ := strconv.Atoi(words[i+1])
		if flags&uint16(bit) != 0 {
			s += words[i]
		}
	}
	if s == "" {
		return "[NO FLAGS]"
	}
	return s
}
