// Package capability knows the names of capabilities(7) and packs sets of them
// into the words of capset(2).
package capability

import (
	"errors"
	"strconv"
	"strings"
)

// Last is the highest capability that this package names (CAP_CHECKPOINT_RESTORE, Linux 5.9).
const Last = 40

// Set is a set of capabilities, one bit each.
type Set uint64

// Has says whether the capability of that number is in the set.
func (s Set) Has(bit int) bool { return s>>bit&1 != 0 }

// Words are the two halves that capset(2) wants in its array of data.
func (s Set) Words() (low, high uint32) { return uint32(s), uint32(s >> 32) }

// Names lists the set's capabilities by number.
func (s Set) Names() (names []string) {
	for bit := range 64 {
		if s.Has(bit) {
			names = append(names, Name(bit))
		}
	}
	return names
}

// All is the set of every capability up to the kernel's last one.
func All(last int) Set { return Set(1)<<(last+1) - 1 }

// Parse makes a set of names. Those that neither this package nor the kernel, whose
// highest capability is last, knows come back in unknown: runtime-spec
// (config.md, capabilities) wants them logged, not refused.
func Parse(names []string, last int) (set Set, unknown []string) {
	for _, name := range names {
		if bit, ok := Bit(name); ok && bit <= last {
			set |= 1 << bit
		} else {
			unknown = append(unknown, name)
		}
	}
	return set, unknown
}

// ParseLast reads the content of /proc/sys/kernel/cap_last_cap.
func ParseLast(text []byte) (last int, err error) {
	last, err = strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || last < 0 || last > 63 {
		return 0, errors.New("cap_last_cap is not a number from 0 to 63: " + strconv.Quote(string(text)))
	}
	return last, nil
}
