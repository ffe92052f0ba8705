package awk

// assign sets what an lvalue stands for.
func (a *awk) assign(to *node, v value) {
	switch to.op {
	case oVar:
		if to.slot < vFirstPlain {
			a.setSpecial(to.slot, v)
			return
		}
		a.globals[to.slot].value = v
	case oLocal:
		a.frame[to.slot].value = v
	case oIndex:
		a.element(to).value = v
	case oField:
		a.setField(a.fieldNumber(to), v)
	}
}

// setSpecial sets a variable that awk itself looks at.
func (a *awk) setSpecial(slot int32, v value) {
	a.globals[slot].value = v
	switch slot {
	case vNF:
		a.setCount(int(integer(v.number())))
	case vNR:
		a.nr = v.number()
	case vFNR:
		a.fnr = v.number()
	case vRT:
		a.rt = a.text(&v)
	case vFS:
		a.fsChanged()
	case vOFS:
		if a.rec.stale {
			a.record()
		}
		a.ofs = a.text(&v)
	case vORS:
		a.ors = a.text(&v)
	case vRS:
		a.rsChanged()
	case vSUBSEP:
		a.subsep = a.text(&v)
	case vCONVFMT:
		a.convfmt = a.text(&v)
	case vOFMT:
		a.ofmt = a.text(&v)
	case vIGNORECASE:
		a.fold = v.isTrue()
		clear(a.regexes)
		a.rsChanged()
	}
}

// place returns where an lvalue's value is kept, nil if it isn't kept in one place.
func (a *awk) place(n *node) *value {
	switch n.op {
	case oVar:
		if n.slot >= vFirstPlain {
			return &a.globals[n.slot].value
		}
	case oLocal:
		return &a.frame[n.slot].value
	case oIndex:
		return &a.element(n).value
	}
	return nil
}

// increment is ++ and --.
func (a *awk) increment(n *node) float64 {
	step := 1.0
	if n.sub == oSubtract {
		step = -1
	}
	if p := a.place(n.a); p != nil {
		old := p.number()
		*p = number(old + step)
		if n.prefix {
			return old + step
		}
		return old
	}
	to := *n.a
	if to.op == oField {
		to.a = &node{op: oNumber, number: float64(a.fieldNumber(n.a))}
	}
	old := a.number(&to)
	a.assign(&to, number(old+step))
	if n.prefix {
		return old + step
	}
	return old
}

// assignOp is += and the like.
func (a *awk) assignOp(n *node) float64 {
	if n.a.op == oVar || n.a.op == oLocal {
		y := a.number(n.b)
		if p := a.place(n.a); p != nil {
			f := a.arithmetic(n, n.sub, p.number(), y)
			*p = number(f)
			return f
		}
		f := a.arithmetic(n, n.sub, a.number(n.a), y)
		a.assign(n.a, number(f))
		return f
	}
	if n.a.op == oIndex {
		e := a.element(n.a)
		y := a.number(n.b)
		f := a.arithmetic(n, n.sub, e.number(), y)
		e.value = number(f)
		return f
	}
	i := a.fieldNumber(n.a)
	y := a.number(n.b)
	v := a.field(i)
	f := a.arithmetic(n, n.sub, v.number(), y)
	a.setField(i, number(f))
	return f
}
