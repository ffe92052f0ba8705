package wrap

import (
	"strconv"

	"bantam/internal/userland/applet/pad"
)

// clock is a time as "1h 2m 03s" or "2m 3.45s".
func clock(ms int64) string {
	s := ms / 1000
	if s >= 3600 {
		return strconv.FormatInt(s/3600, 10) + "h " + strconv.FormatInt(s%3600/60, 10) + "m " + pad.Zero(s%60, 2) + "s"
	}
	return strconv.FormatInt(s/60, 10) + "m " + seconds(ms%60000) + "s"
}

func seconds(ms int64) string { return pad.Fixed(uint64(ms/10), 2) }
