package systemd

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

const annotationPrefix = "org.systemd.property."

// FromAnnotations returns the properties that annotations named
// org.systemd.property.NAME ask for, in the order of names. A name that ends in
// Sec is systemd's own spelling of a time in seconds: it becomes USec.
func FromAnnotations(annotations map[string]string) ([]Property, error) {
	var props []Property
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		name, ok := strings.CutPrefix(key, annotationPrefix)
		if !ok {
			continue
		}
		if err := checkProperty(name); err != nil {
			return nil, errors.New("annotation " + key + ": " + err.Error())
		}
		v, err := ParseText(annotations[key])
		if err != nil {
			return nil, errors.New("annotation " + key + ": " + err.Error())
		}
		if base, ok := strings.CutSuffix(name, "Sec"); ok && !strings.HasSuffix(base, "U") {
			name = base + "USec"
			if v, err = microseconds(v); err != nil {
				return nil, errors.New("annotation " + key + ": " + err.Error())
			}
		}
		props = append(props, Property{name, v})
	}
	return props, nil
}

// checkProperty takes names of letters and refuses those with which a container
// would leave the group that it was given.
func checkProperty(name string) error {
	if len(name) < 3 {
		return errors.New("property name " + strconv.Quote(name) + " is too short")
	}
	for i := range len(name) {
		if c := name[i] | 0x20; c < 'a' || c > 'z' {
			return errors.New("property name " + strconv.Quote(name) + " is not made of letters")
		}
	}
	switch name {
	case "PIDs", "Slice", "Delegate", "DeviceAllow", "DevicePolicy", "ControlGroup":
		return errors.New("property " + name + " is the runtime's own")
	}
	return nil
}

// microseconds converts seconds of any number type.
func microseconds(v Value) (Value, error) {
	const million = 1000000
	switch v.Sig {
	case "y", "q", "u", "t":
	case "n":
		v.Num = uint64(int16(v.Num))
	case "i":
		v.Num = uint64(int32(v.Num))
	case "x":
	case "d":
		f := math.Float64frombits(v.Num)
		if !(f >= 0 && f <= 1e12) {
			return v, errors.New("a time that is out of range")
		}
		return Uint64(uint64(f * million)), nil
	default:
		return v, errors.New("a time in seconds must be a number")
	}
	if v.Num > 1e12 { // negative ones too
		return v, errors.New("a time that is out of range")
	}
	return Uint64(v.Num * million), nil
}
