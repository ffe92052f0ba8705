package lzma

func (c *coder) decodeLength(l *lengths, pos uint32) uint32 {
	if c.bit(&l.choice) == 0 {
		return leastMatch + c.tree(l.low[pos][:], 3)
	}
	if c.bit(&l.choice2) == 0 {
		return leastMatch + 8 + c.tree(l.mid[pos][:], 3)
	}
	return leastMatch + 16 + c.tree(l.high[:], 8)
}

// decodeDistance decodes the distance less one of a match of that length.
func (c *coder) decodeDistance(length uint32) uint32 {
	slot := c.tree(c.slot[min(length-leastMatch, 3)][:], 6)
	if slot < 4 {
		return slot
	}
	bits := int(slot/2 - 1)
	v := (2 | slot&1) << bits
	if slot < 14 {
		return v + c.reverse(c.special[v-slot:], bits)
	}
	direct := uint32(0)
	for range bits - alignBits {
		c.normalize()
		c.bound >>= 1
		direct <<= 1
		if c.code >= c.bound {
			c.code -= c.bound
			direct |= 1
		}
	}
	return v + direct<<alignBits + c.reverse(c.align[:], alignBits)
}

// decode puts up to n bytes into the dictionary, which has room for them without a turn,
// and returns how many: fewer only at the end marker.
func (c *coder) decode(n int) (int, error) {
	start := c.at
	end := start + n
	for {
		if c.left > 0 {
			c.copyMatch(end)
		}
		if c.at >= end || c.end {
			break
		}
		if err := c.symbol(); err != nil {
			return c.at - start, err
		}
		if c.short {
			return c.at - start, errShort
		}
	}
	return c.at - start, nil
}

// copyMatch copies as much of the match as there is room for.
func (c *coder) copyMatch(end int) {
	n := min(int(c.left), end-c.at)
	c.left -= uint32(n)
	distance := int(c.rep[0]) + 1
	from := c.at - distance
	c.all += uint64(n)
	buf := c.buf
	for ; from < 0 && n > 0; n-- {
		buf[c.at] = buf[from+len(buf)]
		c.at++
		from++
	}
	if distance >= n && n > 16 {
		copy(buf[c.at:c.at+n], buf[from:from+n])
		c.at += n
	} else {
		for range n {
			buf[c.at] = buf[from]
			c.at++
			from++
		}
	}
	c.full = max(c.full, c.at)
}

// back is the byte of that distance less one.
func (c *coder) back(distance uint32) byte {
	from := c.at - int(distance) - 1
	if from < 0 {
		from += len(c.buf)
	}
	return c.buf[from]
}

// symbol decodes a literal into the dictionary, or a match into left and rep.
func (c *coder) symbol() error {
	pos := uint32(c.all) & (1<<c.pb - 1)
	if c.bit(&c.match[c.state<<mostPosBits+pos]) == 0 {
		return c.decodeLiteral()
	}
	if c.bit(&c.isRep[c.state]) == 0 {
		c.rep[3], c.rep[2], c.rep[1] = c.rep[2], c.rep[1], c.rep[0]
		c.left = c.decodeLength(&c.length, pos)
		c.rep[0] = c.decodeDistance(c.left)
		if c.rep[0] == 0xffffffff {
			c.left, c.end = 0, true
			c.normalize()
			return nil
		}
		c.state = after(c.state, 7)
	} else {
		c.left = c.repeat(pos)
	}
	if uint64(c.rep[0]) >= c.all || int64(c.rep[0]) >= int64(c.full) || int64(c.rep[0]) >= int64(c.size) {
		return ErrCorrupt
	}
	return nil
}

// after is the state after a match of a kind: 7, a repeated one 8, a short one 9.
func after(state, kind uint32) uint32 {
	switch {
	case state < 7:
		return kind
	case kind == 7:
		return 10
	}
	return 11
}

// repeat decodes a match with one of the last distances, and returns its length.
func (c *coder) repeat(pos uint32) uint32 {
	if c.bit(&c.isRep0[c.state]) == 0 {
		if c.bit(&c.isRep0Long[c.state<<mostPosBits+pos]) == 0 {
			c.state = after(c.state, 9)
			return 1
		}
	} else {
		r := &c.rep
		switch {
		case c.bit(&c.isRep1[c.state]) == 0:
			r[0], r[1] = r[1], r[0]
		case c.bit(&c.isRep2[c.state]) == 0:
			r[0], r[1], r[2] = r[2], r[0], r[1]
		default:
			r[0], r[1], r[2], r[3] = r[3], r[0], r[1], r[2]
		}
	}
	length := c.decodeLength(&c.repLength, pos)
	c.state = after(c.state, 8)
	return length
}

func (c *coder) decodeLiteral() error {
	previous := uint32(0)
	if c.all > 0 {
		previous = uint32(c.back(0))
	}
	context := (uint32(c.all)&(1<<c.lp-1))<<c.lc + previous>>(8-c.lc)
	probs := c.literal[0x300*context : 0x300*context+0x300]
	m := uint32(1)
	if c.state >= 7 {
		// Bits of the byte at the last distance choose the tree as long as they are right.
		match := uint32(c.back(c.rep[0])) << 1
		for ; m < 0x100; match <<= 1 {
			b := match & 0x100
			bit := c.bit(&probs[0x100+b+m])
			m = m<<1 | bit
			if bit == 1 != (b != 0) {
				break
			}
		}
	}
	m = c.branch(probs, m, 0x100)
	c.buf[c.at] = byte(m)
	c.put(1)
	switch {
	case c.state < 4:
		c.state = 0
	case c.state < 10:
		c.state -= 3
	default:
		c.state -= 6
	}
	return nil
}
