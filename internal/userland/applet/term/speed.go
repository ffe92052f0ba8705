package term

import (
	"strings"

	"golang.org/x/sys/unix"
)

// speeds are the standard speeds; their codes are 0 to 15 and 0x1001 on.
const speeds = "0 50 75 110 134 150 200 300 600 1200 1800 2400 4800 9600 19200 38400 " +
	"57600 115200 230400 460800 500000 576000 921600 1000000 1152000 1500000 2000000 2500000 3000000 3500000 4000000"

const slow = 16 // this many have codes from 0 on

// SpeedCode is the code of a speed.
func SpeedCode(speed string) (code uint32, ok bool) {
	for i, s := range strings.Fields(speeds) {
		if s == speed {
			if i < slow {
				return uint32(i), true
			}
			return uint32(i-slow+1) | unix.CBAUDEX, true
		}
	}
	return 0, false
}

// SpeedOf is the speed of a code, "0" for one that has none.
func SpeedOf(code uint32) string {
	i := int(code &^ unix.CBAUDEX)
	if code&unix.CBAUDEX != 0 {
		i += slow - 1
	}
	all := strings.Fields(speeds)
	if i >= len(all) {
		return "0"
	}
	return all[i]
}
