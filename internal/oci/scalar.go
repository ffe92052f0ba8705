package oci

import (
	"math"
	"strconv"
)

func (d *decoder) bool(v *bool) {
	if d.err != nil || d.null() {
		return
	}
	switch d.peek() {
	case 't', 'f':
		*v = d.boolean()
	default:
		d.mismatch("a boolean")
	}
}

func (d *decoder) boolean() bool {
	if d.s[d.pos] == 't' {
		return d.word("true")
	}
	d.word("false")
	return false
}

// number passes over a number and gives its text.
func (d *decoder) number() string {
	start := d.pos
	if d.s[d.pos] == '-' {
		d.pos++
	}
	if d.pos < len(d.s) && d.s[d.pos] == '0' {
		d.pos++
	} else {
		d.digits()
	}
	if d.pos < len(d.s) && d.s[d.pos] == '.' {
		d.pos++
		d.digits()
	}
	if d.pos < len(d.s) && d.s[d.pos]|0x20 == 'e' {
		d.pos++
		if d.pos < len(d.s) && (d.s[d.pos] == '+' || d.s[d.pos] == '-') {
			d.pos++
		}
		d.digits()
	}
	return d.s[start:d.pos]
}

func (d *decoder) digits() {
	start := d.pos
	for d.pos < len(d.s) && '0' <= d.s[d.pos] && d.s[d.pos] <= '9' {
		d.pos++
	}
	if d.pos == start {
		d.syntax("a digit")
	}
}

// integer gives the text of a number; ok is false where there is none.
func (d *decoder) integer() (text string, ok bool) {
	if d.err != nil || d.null() {
		return "", false
	}
	if typeOf(d.peek()) != "number" {
		d.mismatch("a number")
		return "", false
	}
	text = d.number()
	return text, d.err == nil
}

// unsigned reads an integer from 0 to limit.
func (d *decoder) unsigned(limit uint64) (v uint64, ok bool) {
	text, ok := d.integer()
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil || v > limit {
		d.fail(text + " is not an integer from 0 to " + strconv.FormatUint(limit, 10))
		return 0, false
	}
	return v, true
}

func (d *decoder) signed(low, high int64) (v int64, ok bool) {
	text, ok := d.integer()
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v < low || v > high {
		d.fail(text + " is not an integer from " + strconv.FormatInt(low, 10) + " to " + strconv.FormatInt(high, 10))
		return 0, false
	}
	return v, true
}

func (d *decoder) uint(v *uint) {
	if n, ok := d.unsigned(math.MaxUint); ok {
		*v = uint(n)
	}
}

func (d *decoder) uint16(v *uint16) {
	if n, ok := d.unsigned(math.MaxUint16); ok {
		*v = uint16(n)
	}
}

func decodeUint32[T ~uint32](d *decoder, v *T) {
	if n, ok := d.unsigned(math.MaxUint32); ok {
		*v = T(n)
	}
}

func (d *decoder) uint32(v *uint32) { decodeUint32(d, v) }

func (d *decoder) uint64(v *uint64) {
	if n, ok := d.unsigned(math.MaxUint64); ok {
		*v = n
	}
}

func (d *decoder) int(v *int) {
	if n, ok := d.signed(math.MinInt, math.MaxInt); ok {
		*v = int(n)
	}
}

func (d *decoder) int32(v *int32) {
	if n, ok := d.signed(math.MinInt32, math.MaxInt32); ok {
		*v = int32(n)
	}
}

func (d *decoder) int64(v *int64) {
	if n, ok := d.signed(math.MinInt64, math.MaxInt64); ok {
		*v = n
	}
}
