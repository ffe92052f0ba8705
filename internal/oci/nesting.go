package oci

import "strconv"

// object is an iteration over the members of an object:
//
//	for o := d.object(); d.member(&o); {
//		switch o.key { ... }
//	}
//
// Each round must decode or skip one value.
type object struct {
	key   string
	begun bool // a member was read
	done  bool
}

// object enters an object. A null is an object without members.
func (d *decoder) object() object {
	if d.err != nil || d.null() {
		return object{done: true}
	}
	if d.peek() != '{' {
		d.mismatch("an object")
		return object{done: true}
	}
	d.pos++
	return object{done: !d.deeper()}
}

// member reads the next member's name up to its value.
func (d *decoder) member(o *object) bool {
	if d.err != nil {
		if o.begun {
			d.under(o.key)
		}
		return false
	}
	if o.done || !d.separator(o.begun, '}') {
		return false
	}
	if d.peek() != '"' {
		d.syntax("a member's name")
		return false
	}
	key := d.text()
	if d.err == nil && d.peek() != ':' {
		d.syntax("':'")
	}
	if d.err != nil {
		return false
	}
	d.pos++
	o.key, o.begun = key, true
	return true
}

// under puts a member's name in front of the error's path.
func (d *decoder) under(key string) {
	switch {
	case d.path == "":
		d.path = key
	case d.path[0] == '[':
		d.path = key + d.path
	default:
		d.path = key + "." + d.path
	}
}

// array is an iteration over an array, in the manner of object.
type array struct {
	next int // index of the next element
	done bool
}

func (d *decoder) array() array {
	if d.err != nil {
		return array{done: true}
	}
	if d.peek() != '[' {
		d.mismatch("an array")
		return array{done: true}
	}
	d.pos++
	return array{done: !d.deeper()}
}

func (d *decoder) element(a *array) bool {
	if d.err != nil {
		if a.next > 0 {
			d.within(a.next - 1)
		}
		return false
	}
	if a.done || !d.separator(a.next > 0, ']') {
		return false
	}
	a.next++
	return true
}

func (d *decoder) within(index int) {
	part := "[" + strconv.Itoa(index) + "]"
	if d.path != "" && d.path[0] != '[' {
		part += "."
	}
	d.path = part + d.path
}

// separator goes to the next value inside of an object or array; false at its end.
func (d *decoder) separator(begun bool, end byte) bool {
	switch c := d.peek(); {
	case c == end:
		d.pos++
		d.depth--
		return false
	case !begun:
		return true
	case c == ',':
		d.pos++
		return true
	}
	d.syntax("',' or '" + string(end) + "'")
	return false
}

// skip passes over a value of any type.
func (d *decoder) skip() {
	if d.err != nil {
		return
	}
	switch c := d.peek(); typeOf(c) {
	case "string":
		d.text()
	case "object":
		for o := d.object(); d.member(&o); {
			d.skip()
		}
	case "array":
		for a := d.array(); d.element(&a); {
			d.skip()
		}
	case "boolean":
		d.boolean()
	case "null":
		d.word("null")
	case "number":
		d.number()
	default:
		d.syntax("a value")
	}
}

// decodeMap reads an object of arbitrary names.
func decodeMap[T any](d *decoder, decode func(*decoder, *T)) map[string]T {
	if d.null() {
		return nil
	}
	m := map[string]T{}
	for o := d.object(); d.member(&o); {
		var v T
		decode(d, &v)
		m[o.key] = v
	}
	return m
}

// decodeList reads an array of objects.
func decodeList[T any](d *decoder, decode func(*decoder, *T)) []T {
	if d.null() {
		return nil
	}
	list := []T{}
	for a := d.array(); d.element(&a); {
		var zero T
		if list = append(list, zero); !d.null() {
			decode(d, &list[len(list)-1])
		}
	}
	return list
}

// decodePointer reads a value that may be absent.
func decodePointer[T any](d *decoder, decode func(*decoder, *T)) *T {
	if d.null() {
		return nil
	}
	v := new(T)
	decode(d, v)
	return v
}
