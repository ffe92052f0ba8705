package cgroup

import (
	"errors"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func wantsIO(b *specs.LinuxBlockIO) bool {
	return weight(b.Weight) != 0 || weight(b.LeafWeight) != 0 || len(b.WeightDevice) > 0 ||
		len(b.ThrottleReadBpsDevice) > 0 || len(b.ThrottleWriteBpsDevice) > 0 ||
		len(b.ThrottleReadIOPSDevice) > 0 || len(b.ThrottleWriteIOPSDevice) > 0
}

func weight(w *uint16) uint64 {
	if w == nil {
		return 0
	}
	return uint64(*w)
}

func deviceName(d specs.LinuxBlockIODevice) string { return itoa(d.Major) + ":" + itoa(d.Minor) }

// writeFirst writes to the first of the files that is there: weights are those
// of CFQ before Linux 5.0 and of BFQ since.
func writeFirst(dir, value string, files ...string) error {
	var err error
	for _, f := range files {
		if err = write(dir+f, value); !errors.Is(err, unix.ENOENT) {
			return err
		}
	}
	return err
}

// blockV1 sets the files of cgroup-v1/blkio-controller.rst.
func blockV1(dir string, b *specs.LinuxBlockIO) error {
	if w := weight(b.Weight); w != 0 {
		if err := writeFirst(dir, utoa(w), "/blkio.weight", "/blkio.bfq.weight"); err != nil {
			return err
		}
	}
	if w := weight(b.LeafWeight); w != 0 {
		if err := write(dir+"/blkio.leaf_weight", utoa(w)); err != nil {
			return err
		}
	}
	for _, d := range b.WeightDevice {
		name := deviceName(d.LinuxBlockIODevice) + " "
		if d.Weight != nil { // 0 takes the device's own weight away
			err := writeFirst(dir, name+utoa(weight(d.Weight)), "/blkio.weight_device", "/blkio.bfq.weight_device")
			if err != nil && (*d.Weight != 0 || !errors.Is(err, unix.ENOENT)) {
				return err
			}
		}
		if w := weight(d.LeafWeight); w != 0 {
			if err := write(dir+"/blkio.leaf_weight_device", name+utoa(w)); err != nil {
				return err
			}
		}
	}
	return eachThrottle(b, func(t throttle) error {
		return write(dir+t.v1, deviceName(t.device)+" "+utoa(t.rate))
	})
}

// blockV2 sets the files of cgroup-v2.rst, "IO".
func blockV2(dir string, b *specs.LinuxBlockIO) error {
	if w := weight(b.Weight); w != 0 {
		if err := weightV2(dir, "", w); err != nil {
			return err
		}
	}
	for _, d := range b.WeightDevice {
		if d.Weight == nil {
			continue
		}
		err := weightV2(dir, deviceName(d.LinuxBlockIODevice)+" ", weight(d.Weight))
		if err != nil && (*d.Weight != 0 || !errors.Is(err, unix.ENOENT)) {
			return err
		}
	}
	return eachThrottle(b, func(t throttle) error {
		rate := "max" // 0 is v1's word for no limit
		if t.rate != 0 {
			rate = utoa(t.rate)
		}
		return write(dir+"/io.max", deviceName(t.device)+" "+t.v2+rate)
	})
}

// weightV2 gives a weight to BFQ, whose range is v1's, or else to io.weight.
func weightV2(dir, device string, w uint64) error {
	bfq, io := utoa(w), utoa(ioWeight(w))
	if w == 0 {
		bfq, io = "default", "default"
	}
	err := write(dir+"/io.bfq.weight", device+bfq)
	if errors.Is(err, unix.ENOENT) {
		return write(dir+"/io.weight", device+io)
	}
	return err
}

// ioWeight converts a weight of v1, 10 to 1000, to v2's, 1 to 10000, linearly.
func ioWeight(w uint64) uint64 {
	if w < 10 {
		return 1
	}
	return 1 + (w-10)*9999/990
}

type throttle struct {
	v1, v2 string
	device specs.LinuxBlockIODevice
	rate   uint64
}

func eachThrottle(b *specs.LinuxBlockIO, f func(throttle) error) error {
	for _, kind := range [...]struct {
		v1, v2 string
		list   []specs.LinuxThrottleDevice
	}{
		{"/blkio.throttle.read_bps_device", "rbps=", b.ThrottleReadBpsDevice},
		{"/blkio.throttle.write_bps_device", "wbps=", b.ThrottleWriteBpsDevice},
		{"/blkio.throttle.read_iops_device", "riops=", b.ThrottleReadIOPSDevice},
		{"/blkio.throttle.write_iops_device", "wiops=", b.ThrottleWriteIOPSDevice},
	} {
		for _, d := range kind.list {
			if err := f(throttle{kind.v1, kind.v2, d.LinuxBlockIODevice, d.Rate}); err != nil {
				if errors.Is(err, unix.ENODEV) {
					return errors.New("resources.blockIO: there is no block device " + deviceName(d.LinuxBlockIODevice) + " (partitions can't be throttled): " + err.Error())
				}
				return err
			}
		}
	}
	return nil
}

// pidsMax is the line of pids.max. 0 becomes 1, as with systemd, which refuses
// 0: either lets no process fork.
func pidsMax(limit int64) string {
	switch {
	case limit < 0:
		return "max"
	case limit == 0:
		return "1"
	}
	return strconv.FormatInt(limit, 10)
}
