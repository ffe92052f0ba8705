package systemd

import (
	"errors"
	"strconv"
	"strings"
)

// ExpandSlice turns "test-a-b.slice" into "/test.slice/test-a.slice/test-a-b.slice"
// (systemd.slice(5)); "-.slice" is the root.
func ExpandSlice(slice string) (string, error) {
	name, ok := strings.CutSuffix(slice, ".slice")
	if !ok || name == "" || !validName(slice) {
		return "", errors.New("invalid slice name " + strconv.Quote(slice))
	}
	if name == "-" {
		return "/", nil
	}
	var path, prefix string
	for part := range strings.SplitSeq(name, "-") {
		if part == "" {
			return "", errors.New("invalid slice name " + strconv.Quote(slice))
		}
		path += "/" + prefix + part + ".slice"
		prefix += part + "-"
	}
	return path, nil
}

// UnitName returns the unit of a container: PREFIX-NAME.scope, or NAME where it
// is a slice itself.
func UnitName(prefix, name string) (string, error) {
	unit := name
	if !strings.HasSuffix(name, ".slice") {
		unit = name + ".scope"
		if prefix != "" {
			unit = prefix + "-" + unit
		}
	}
	if !validName(unit) {
		return "", errors.New("invalid unit name " + strconv.Quote(unit))
	}
	return unit, nil
}

// validName: systemd.unit(5), "Valid unit names consist of...".
func validName(s string) bool {
	if s == "" || len(s) > 255 || s[0] == '.' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte(":-_.\\@", c) < 0 {
			return false
		}
	}
	return true
}

// SplitPath reads cgroupsPath of the systemd driver, SLICE:PREFIX:NAME. An empty
// one, and empty parts, get the defaults.
func SplitPath(path, id string, user bool) (slice, unit string, err error) {
	slice, prefix, name := "", "bantam", id
	if path != "" {
		parts := strings.Split(path, ":")
		if len(parts) != 3 {
			return "", "", errors.New("cgroupsPath " + strconv.Quote(path) + " is not SLICE:PREFIX:NAME, which the systemd driver expects (leave out --systemd-cgroup for a path)")
		}
		slice, prefix, name = parts[0], parts[1], parts[2]
		if name == "" {
			name = id
		}
	}
	switch {
	case slice != "":
	case user:
		slice = "user.slice"
	default:
		slice = "system.slice"
	}
	if unit, err = UnitName(prefix, name); err != nil {
		return "", "", err
	}
	if _, err = ExpandSlice(slice); err != nil {
		return "", "", err
	}
	return slice, unit, nil
}

// RangeToBits turns "0-3,7" into the bit mask that AllowedCPUs and
// AllowedMemoryNodes take: the lowest bit of the first byte is number 0.
func RangeToBits(list string) ([]byte, error) {
	var bits []byte
	for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		if part == "" {
			continue
		}
		low, high, isRange := strings.Cut(part, "-")
		from, err := strconv.ParseUint(low, 10, 13)
		to := from
		if err == nil && isRange {
			to, err = strconv.ParseUint(high, 10, 13)
		}
		if err != nil || to < from {
			return nil, errors.New(strconv.Quote(part) + " is no number or range")
		}
		for n := from; n <= to; n++ {
			for uint64(len(bits)) <= n/8 {
				bits = append(bits, 0)
			}
			bits[n/8] |= 1 << (n % 8)
		}
	}
	if len(bits) == 0 {
		return nil, errors.New("the list " + strconv.Quote(list) + " is empty")
	}
	return bits, nil
}
