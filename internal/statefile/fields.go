package statefile

import "time"

// Fields walks the members of a struct in the order in which they are written. One
// list of members serves for writing and for reading: reading expects the members in
// that order, and walks the list again for those that stand elsewhere.
type Fields struct {
	w *writer // for writing, else
	r *reader

	key  string // the member that comes next in the text
	hit  bool   // this walk has taken one
	over bool   // there is none left
}

// Members is the list of an object: it reads or writes each of them.
type Members func(f *Fields)

// write writes an object; without a name it is an element.
func (m Members) write(w *writer, name string) {
	w.open(name, '{')
	m(&Fields{w: w})
	w.close('}')
}

// read reads an object. Members of a newer version are passed over.
func (m Members) read(r *reader) {
	if r.word("null") {
		return
	}
	r.want('{')
	f := &Fields{r: r}
	f.advance(true)
	for !f.over {
		f.hit = false
		m(f)
		if !f.hit && !f.over {
			r.skip()
			f.advance(false)
		}
	}
}

// advance reads the next member's name.
func (f *Fields) advance(first bool) {
	f.hit = f.hit || !first
	if f.r.take('}') {
		f.over = true
		return
	}
	if !first {
		f.r.want(',')
	}
	f.key = f.r.str()
	f.r.want(':')
	f.over = f.r.bad
}

// at says that the text stands at that member.
func (f *Fields) at(name string) bool { return !f.over && f.key == name }

// Str is a text.
func (f *Fields) Str(name string, v *string) {
	if f.w != nil {
		f.w.str(name, *v)
	} else if f.at(name) {
		*v = f.r.str()
		f.advance(false)
	}
}

// Num is a whole number.
func (f *Fields) Num(name string, v *int64) {
	if f.w != nil {
		f.w.num(name, *v)
	} else if f.at(name) {
		*v = f.r.num()
		f.advance(false)
	}
}

// Int is a whole number.
func (f *Fields) Int(name string, v *int) {
	n := int64(*v)
	f.Num(name, &n)
	*v = int(n)
}

// Unsigned is a whole number of 64 bits.
func (f *Fields) Unsigned(name string, v *uint64) {
	n := int64(*v)
	f.Num(name, &n)
	*v = uint64(n)
}

// Optional is a number that tells 0 from absent.
func (f *Fields) Optional(name string, v **int64) {
	if f.w != nil {
		if *v != nil {
			f.w.whole(name, **v)
		}
	} else if f.at(name) {
		n := f.r.num()
		*v = &n
		f.advance(false)
	}
}

// Flag is true or false.
func (f *Fields) Flag(name string, v *bool) {
	if f.w != nil {
		f.w.bool(name, *v)
	} else if f.at(name) {
		*v = f.r.flag()
		f.advance(false)
	}
}

// Time is a moment, as RFC 3339.
func (f *Fields) Time(name string, v *time.Time) {
	if f.w != nil {
		f.w.time(name, *v)
	} else if f.at(name) {
		*v = f.r.time()
		f.advance(false)
	}
}

// List is a list of texts.
func (f *Fields) List(name string, v *[]string) {
	if f.w != nil {
		f.w.list(name, *v)
	} else if f.at(name) {
		*v = f.r.list()
		f.advance(false)
	}
}

// Dict is an object of texts.
func (f *Fields) Dict(name string, v *map[string]string) {
	if f.w != nil {
		f.w.dict(name, *v)
	} else if f.at(name) {
		*v = f.r.dict()
		f.advance(false)
	}
}

// Object is an object.
func (f *Fields) Object(name string, m Members) {
	if f.w != nil {
		m.write(f.w, name)
	} else if f.at(name) {
		m.read(f.r)
		f.advance(false)
	}
}

// Pointer is an object that may be absent.
func Pointer[T any](f *Fields, name string, v **T, of func(*T) Members) {
	if f.w != nil {
		if *v != nil {
			of(*v).write(f.w, name)
		}
	} else if f.at(name) {
		*v = new(T)
		of(*v).read(f.r)
		f.advance(false)
	}
}

// List is a list of objects.
func List[T any](f *Fields, name string, v *[]T, of func(*T) Members) {
	if f.w != nil {
		if len(*v) == 0 {
			return
		}
		f.w.open(name, '[')
		for i := range *v {
			of(&(*v)[i]).write(f.w, "")
		}
		f.w.close(']')
	} else if f.at(name) {
		f.r.items('[', ']', func() {
			var item T
			of(&item).read(f.r)
			*v = append(*v, item)
		})
		f.advance(false)
	}
}
