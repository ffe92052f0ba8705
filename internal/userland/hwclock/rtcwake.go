package hwclock

import (
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"golang.org/x/sys/unix"
)

// Rtcwake is rtcwake.
var Rtcwake = applet.Applet{
	Names: "rtcwake",
	Usage: "[-a | -l | -u] [-d DEV] [-m MODE] [-s SEC | -t TIME]",
	About: "Enter a system sleep state until specified wakeup time.",
	Options: `
-a, --auto	read clock mode from /etc/adjtime (default)
-l, --local	clock is set to local time
-u, --utc	clock is set to UTC time
-d, --device DEV	specify the RTC device
-m, --mode MODE	set sleep state (default: standby)
-s, --seconds SEC	set timeout in SEC seconds from now
-t, --time TIME	set timeout to TIME seconds from epoch
`,
	AtMost: applet.None,
	Dir:    "/usr/sbin",
	Run:    rtcwake,
}

const powerState = "/sys/power/state"

func rtcwake(c *applet.Call) int {
	text, relative := c.Given("s")
	if !relative {
		text, _ = c.Given("t")
	}
	if relative == c.Has("t") {
		return c.UsageError("")
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || relative && (n < 0 || n > 1<<32-1) {
		return c.Complain("invalid number '" + text + "'")
	}
	mode := "standby"
	if m, given := c.Given("m"); given {
		mode = m
	}
	device := c.Value("d")
	if device != "" && device[0] != '/' {
		device = "/dev/" + device
	}
	fd, device := open(c, device, syscall.O_RDONLY)
	if fd < 0 {
		return 1
	}
	defer syscall.Close(fd)
	if mode != "on" && !wakes(device) {
		return c.Complain(device + " not enabled for wakeup events")
	}
	zone := dates.Local(c)
	if utc(c) {
		zone = time.UTC
	}
	now, err := read(fd, zone)
	if err != nil {
		return c.Warn(device, err)
	}
	alarm := now.Add(time.Duration(n+1) * time.Second)
	if !relative {
		// The difference of both clocks counts.
		if alarm = time.Unix(n+now.Unix()-time.Now().Unix(), 0).In(zone); alarm.Before(now) {
			return c.Complain("time doesn't go backward to " + dates.Format("%a %b %e %H:%M:%S %Y", alarm))
		}
	}
	return sleep(c, fd, device, mode, now, alarm)
}

// wakes says whether the clock may wake the system.
func wakes(device string) bool {
	in, err := applet.Open("/sys/class/rtc/" + strings.TrimPrefix(device, "/dev/") + "/device/power/wakeup")
	if err != nil {
		return false
	}
	defer in.Close()
	p, _ := in.Chunk()
	return strings.HasPrefix(string(p), "enabled\n")
}

// sleep sets the alarm and sleeps until then.
func sleep(c *applet.Call, fd int, device, mode string, now, alarm time.Time) int {
	wake := unix.RTCWkAlrm{Time: fields(alarm), Enabled: 1}
	var err error
	if alarm.Sub(now) < 24*time.Hour {
		// What every clock can do.
		if err = ioctl(fd, unix.RTC_ALM_SET, unsafe.Pointer(&wake.Time)); err == nil {
			err = ioctl(fd, unix.RTC_AIE_ON, nil)
		}
	} else {
		err = ioctl(fd, unix.RTC_WKALM_SET, unsafe.Pointer(&wake))
	}
	if err != nil {
		return c.Warn(device, err)
	}
	syscall.Sync()
	c.Out.Print("wakeup from \"", mode, "\" at ", dates.Format("%a %b %e %H:%M:%S %Y", alarm.In(dates.Local(c))), "\n")
	c.Out.Flush()
	time.Sleep(10 * time.Millisecond)
	if mode == "on" {
		err = await(fd)
	} else {
		err = suspend(mode)
	}
	status := 0
	if err != nil {
		status = c.Warn(mode, err)
	}
	if err := ioctl(fd, unix.RTC_AIE_OFF, nil); err != nil {
		status = c.Warn(device, err)
	}
	return status
}

// await waits for the alarm without sleeping.
func await(fd int) error {
	for {
		const alarmFlag = 0x20
		var p [8]byte
		if _, err := applet.ReadFd(fd, p[:]); err != nil || p[0]&alarmFlag != 0 {
			return err
		}
	}
}

func suspend(mode string) error {
	fd, err := applet.OpenFile(powerState, syscall.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	_, err = syscall.Write(fd, []byte(mode))
	return err
}
