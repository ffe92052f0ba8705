package cgroup

import (
	"errors"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// counters reads the files of one directory and keeps the first error. A file
// that is not there counts 0: kernels differ in what they have.
type counters struct {
	dir string
	err error
}

func (c *counters) text(file string) string {
	s, err := readFile(c.dir + "/" + file)
	if err != nil && c.err == nil && !absent(err) {
		c.err = err
	}
	return s
}

// absent: not there, or not for this kind of group, or switched off at boot.
func absent(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EOPNOTSUPP)
}

func (c *counters) bad(file, what string) {
	if c.err == nil {
		c.err = &os.PathError{Op: "read", Path: c.dir + "/" + file, Err: errors.New("not a counter: " + quote(what))}
	}
}

// number reads a file of one number; "max" is the largest.
func (c *counters) number(file string) uint64 {
	s := strings.TrimSpace(c.text(file))
	switch s {
	case "":
		return 0
	case "max":
		return math.MaxUint64
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		// memory.usage_in_bytes can be negative for a moment.
		if i, err := strconv.ParseInt(s, 10, 64); err == nil && i < 0 {
			return 0
		}
		c.bad(file, s)
	}
	return n
}

// each calls f for every "key value" line of a file.
func (c *counters) each(file string, f func(key string, n uint64)) {
	eachLine(c.text(file), func(line string) {
		key, value, _ := strings.Cut(line, " ")
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			c.bad(file, line)
			return
		}
		f(key, n)
	})
}

// key returns the value of one line.
func (c *counters) key(file, key string) uint64 {
	var value uint64
	c.each(file, func(k string, n uint64) {
		if k == key {
			value = n
		}
	})
	return value
}

// pressure reads a PSI file, nil where there is none.
func (c *counters) pressure(file string) *PSI {
	text := c.text(file)
	if text == "" {
		return nil
	}
	p := &PSI{}
	eachLine(text, func(line string) {
		kind, rest, _ := strings.Cut(line, " ")
		to := &p.Some
		if kind == "full" {
			to = &p.Full
		}
		for word := range strings.FieldsSeq(rest) {
			if !to.set(word) {
				c.bad(file, line)
			}
		}
	})
	return p
}

func (d *PSIData) set(word string) bool {
	key, value, _ := strings.Cut(word, "=")
	var err error
	switch key {
	case "avg10":
		d.Avg10, err = strconv.ParseFloat(value, 64)
	case "avg60":
		d.Avg60, err = strconv.ParseFloat(value, 64)
	case "avg300":
		d.Avg300, err = strconv.ParseFloat(value, 64)
	case "total":
		d.Total, err = strconv.ParseUint(value, 10, 64)
	}
	return err == nil
}

// parseList reads a list of numbers and ranges, "0-3,7" (cpuset(7)).
func parseList(s string) ([]uint16, bool) {
	var list []uint16
	if s == "" {
		return nil, true
	}
	for part := range strings.SplitSeq(s, ",") {
		low, high, isRange := strings.Cut(part, "-")
		from, err := strconv.ParseUint(low, 10, 16)
		if err != nil {
			return nil, false
		}
		to := from
		if isRange {
			if to, err = strconv.ParseUint(high, 10, 16); err != nil || to < from {
				return nil, false
			}
		}
		for n := from; n <= to; n++ {
			list = append(list, uint16(n))
		}
	}
	return list, true
}

// pageSizes lists the huge pages of this machine as hugetlb's files name them.
func pageSizes() []string {
	dir, err := os.ReadDir("/sys/kernel/mm/hugepages")
	if err != nil {
		return nil
	}
	var sizes []string
	for _, e := range dir {
		if s, ok := pageSize(e.Name()); ok {
			sizes = append(sizes, s)
		}
	}
	return sizes
}

func pageSize(name string) (string, bool) {
	text, ok := strings.CutPrefix(name, "hugepages-")
	n, err := strconv.ParseUint(strings.TrimSuffix(text, "kB"), 10, 64)
	if !ok || err != nil {
		return "", false
	}
	switch {
	case n >= 1<<20:
		return utoa(n>>20) + "GB", true
	case n >= 1<<10:
		return utoa(n>>10) + "MB", true
	}
	return utoa(n) + "KB", true
}
