// Package hwclock is the applets hwclock and rtcwake.
package hwclock

import (
	"errors"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"golang.org/x/sys/unix"
)

// Hwclock is hwclock.
var Hwclock = applet.Applet{
	Names: "hwclock",
	Usage: "[-ul] [-f DEV] [-s|-w|--systz|--param-get PARAM|--param-set PARAM=VAL]",
	About: "Show or set hardware clock (RTC).",
	Options: `
-r, --show	show RTC time (default)
-f, --rtc DEV	use this device
-u, --utc	assume RTC is kept in UTC
-l, --localtime	assume RTC is kept in local time (default: as /etc/adjtime says)
-s, --hctosys	set system time from RTC
-w, --systohc	set RTC from system time
-t, --systz	set in-kernel timezone, correct system time if RTC is kept in local time
--param-get PARAM	get an RTC parameter: features, correction, bsm or a number
--param-set PARAM=VAL	set an RTC parameter
`,
	AtMost: applet.None,
	Quick:  true,
	Dir:    "/sbin",
	Run:    hwclock,
}

const adjtime = "/etc/adjtime"

// utc says whether the clock is kept in UTC.
func utc(c *applet.Call) bool {
	switch c.Last("u", "l") {
	case "u":
		return true
	case "l":
		return false
	}
	in, err := applet.Open(adjtime)
	if err != nil {
		return false
	}
	defer in.Close()
	for line, ok := in.Line(); ok; line, ok = in.Line() {
		if strings.HasPrefix(string(line), "UTC") {
			return true
		}
	}
	return false
}

// open opens the clock. It is opened by one process at a time: it may be busy for
// a moment.
func open(c *applet.Call, device string, flags int) (fd int, name string) {
	names := [...]string{"/dev/rtc", "/dev/rtc0", "/dev/misc/rtc"}
	all := names[:]
	if device != "" {
		all = []string{device}
	}
	var err error
	for _, name = range all {
		for range 50 {
			if fd, err = applet.OpenFile(name, flags, 0); err != syscall.EBUSY {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if err == nil {
			return fd, name
		}
	}
	c.CantOpen(name, err)
	return -1, name
}

func ioctl(fd int, request uintptr, argument unsafe.Pointer) error {
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(argument)); e != 0 {
		return e
	}
	return nil
}

// read reads the clock.
func read(fd int, zone *time.Location) (time.Time, error) {
	var t unix.RTCTime
	if err := ioctl(fd, unix.RTC_RD_TIME, unsafe.Pointer(&t)); err != nil {
		return time.Time{}, err
	}
	return time.Date(int(t.Year)+1900, time.Month(t.Mon+1), int(t.Mday), int(t.Hour), int(t.Min), int(t.Sec), 0, zone), nil
}

// fields are the time as the clock has it.
func fields(t time.Time) unix.RTCTime {
	return unix.RTCTime{
		Sec: int32(t.Second()), Min: int32(t.Minute()), Hour: int32(t.Hour()), Mday: int32(t.Day()),
		Mon: int32(t.Month() - 1), Year: int32(t.Year() - 1900), Wday: int32(t.Weekday()), Yday: int32(t.YearDay() - 1),
	}
}

func hwclock(c *applet.Call) int {
	local, zone := dates.Local(c), time.UTC
	isUTC := utc(c)
	if !isUTC {
		zone = local
	}
	what := c.Last("r", "s", "w", "t", "param-get", "param-set")
	if what == "t" {
		return kernelZone(c, isUTC, local, nil)
	}
	flags := syscall.O_RDONLY
	if what == "w" || what == "param-set" {
		flags = syscall.O_WRONLY
	}
	fd, name := open(c, c.Value("f"), flags)
	if fd < 0 {
		return 1
	}
	defer syscall.Close(fd)
	switch what {
	case "w":
		t := fields(time.Now().In(zone))
		if err := ioctl(fd, unix.RTC_SET_TIME, unsafe.Pointer(&t)); err != nil {
			return c.Warn(name, err)
		}
		return 0
	case "param-get", "param-set":
		return parameter(c, fd, what, name)
	}
	t, err := read(fd, zone)
	if err != nil {
		return c.Warn(name, err)
	}
	if what == "s" {
		return kernelZone(c, isUTC, local, &unix.Timeval{Sec: t.Unix()})
	}
	c.Out.Print(dates.Format("%a %b %e %H:%M:%S %Y", t.In(local)), "  0.000000 seconds\n")
	return 0
}

// kernelZone tells the kernel the zone, and sets the time. The first call after the start
// of the system moves a time that was read from a local clock, but not if one with
// UTC came before: see settimeofday(2).
func kernelZone(c *applet.Call, isUTC bool, local *time.Location, now *unix.Timeval) int {
	set := func(tv *unix.Timeval, west *[2]int32) error {
		_, _, e := syscall.Syscall(syscall.SYS_SETTIMEOFDAY, uintptr(unsafe.Pointer(tv)), uintptr(unsafe.Pointer(west)), 0)
		if e != 0 {
			return e
		}
		return nil
	}
	var err error
	if isUTC {
		err = set(nil, &[2]int32{})
	}
	if err == nil {
		_, east := time.Now().In(local).Zone()
		err = set(nil, &[2]int32{int32(-east / 60), 0})
	}
	if err == nil && now != nil {
		err = set(now, nil)
	}
	if err != nil {
		return c.Warn("settimeofday", err)
	}
	return 0
}

var errValue = errors.New("expected <param>=<value>")

// parameter shows or sets a parameter of the clock.
func parameter(c *applet.Call, fd int, what, device string) int {
	// struct rtc_param of linux/rtc.h: its ioctls are newer than x/sys has them.
	const get, set = 0x40187013, 0x40187014
	var p struct {
		param, value uint64
		index, pad   uint32
	}
	name, value, found := strings.Cut(c.Value(what), "=")
	var err error
	switch name {
	case "features":
	case "correction":
		p.param = 1
	case "bsm":
		p.param = 2
	default:
		p.param, err = strconv.ParseUint(name, 0, 64)
	}
	request, verb := uintptr(get), "is set"
	if what == "param-set" {
		if !found {
			return c.Complain(errValue.Error())
		}
		if err == nil {
			p.value, err = strconv.ParseUint(value, 0, 64)
		}
		request, verb = set, "will be set"
	}
	if err != nil {
		return c.Complain("invalid number '" + c.Value(what) + "'")
	}
	err = ioctl(fd, request, unsafe.Pointer(&p))
	if err != nil {
		return c.Warn(device, err)
	}
	c.Out.Print("The RTC parameter 0x", strconv.FormatUint(p.param, 16), " ", verb, " to 0x", strconv.FormatUint(p.value, 16), ".\n")
	return 0
}
