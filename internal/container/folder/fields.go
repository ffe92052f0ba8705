package folder

import "time"

// fields walks the members of a struct in the order in which they are written. One
// list of members serves for writing and for reading: reading expects the members in
// that order, and walks the list again for those that stand elsewhere.
type fields struct {
	w *writer // for writing, else
	r *reader

	key  string // the member that comes next in the text
	hit  bool   // this walk has taken one
	over bool   // there is none left
}

// members is the list of an object: it reads or writes each of them.
type members func(f *fields)

// write writes an object; without a name it is an element.
func (m members) write(w *writer, name string) {
	w.open(name, '{')
	m(&fields{w: w})
	w.close('}')
}

// read reads an object. Members of a newer version are passed over.
func (m members) read(r *reader) {
	if r.word("null") {
		return
	}
	r.want('{')
	f := &fields{r: r}
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
func (f *fields) advance(first bool) {
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
func (f *fields) at(name string) bool { return !f.over && f.key == name }

func (f *fields) str(name string, v *string) {
	if f.w != nil {
		f.w.str(name, *v)
	} else if f.at(name) {
		*v = f.r.str()
		f.advance(false)
	}
}

func (f *fields) num(name string, v *int64) {
	if f.w != nil {
		f.w.num(name, *v)
	} else if f.at(name) {
		*v = f.r.num()
		f.advance(false)
	}
}

func (f *fields) int(name string, v *int) {
	n := int64(*v)
	f.num(name, &n)
	*v = int(n)
}

func (f *fields) unsigned(name string, v *uint64) {
	n := int64(*v)
	f.num(name, &n)
	*v = uint64(n)
}

// optional is a number that tells 0 from absent.
func (f *fields) optional(name string, v **int64) {
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

func (f *fields) flag(name string, v *bool) {
	if f.w != nil {
		f.w.bool(name, *v)
	} else if f.at(name) {
		*v = f.r.flag()
		f.advance(false)
	}
}

func (f *fields) time(name string, v *time.Time) {
	if f.w != nil {
		f.w.time(name, *v)
	} else if f.at(name) {
		*v = f.r.time()
		f.advance(false)
	}
}

func (f *fields) list(name string, v *[]string) {
	if f.w != nil {
		f.w.list(name, *v)
	} else if f.at(name) {
		*v = f.r.list()
		f.advance(false)
	}
}

func (f *fields) dict(name string, v *map[string]string) {
	if f.w != nil {
		f.w.dict(name, *v)
	} else if f.at(name) {
		*v = f.r.dict()
		f.advance(false)
	}
}

func (f *fields) object(name string, m members) {
	if f.w != nil {
		m.write(f.w, name)
	} else if f.at(name) {
		m.read(f.r)
		f.advance(false)
	}
}

// pointer is an object that may be absent.
func pointer[T any](f *fields, name string, v **T, of func(*T) members) {
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

// list is a list of objects.
func list[T any](f *fields, name string, v *[]T, of func(*T) members) {
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
