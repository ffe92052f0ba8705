package diff

// sequences are what is left to compare when lines that the other side
// doesn't have are taken out.
type sequences struct {
	a, b     []int32
	ia, ib   []int32 // the lines that they are
	sa, sb   *side
	forward  []int32 // x of the furthest path on each diagonal x - y
	backward []int32
	zero     int // the place of diagonal 0
	limit    int // of the effort for a minimal result
}

// match marks the lines that changed.
func (d *differ) match(a, b *side) {
	most := int32(0)
	for _, s := range [...]*side{a, b} {
		for _, k := range s.class {
			most = max(most, k+1)
		}
	}
	s := sequences{sa: a, sb: b, limit: 256}
	if d.minimal {
		s.limit = 1<<31 - 1
	}
	s.a, s.ia = common(a, b, most)
	s.b, s.ib = common(b, a, most)
	size := len(s.a) + len(s.b) + 3
	s.forward, s.backward = make([]int32, size), make([]int32, size)
	s.zero = len(s.b) + 1
	s.compare(0, len(s.a), 0, len(s.b))
}

// common returns the lines that the other side has as well. The rest has changed.
func common(s, other *side, classes int32) (kept, lines []int32) {
	has := make([]bool, classes)
	for _, k := range other.class {
		has[k] = true
	}
	for i, k := range s.class {
		if has[k] {
			kept, lines = append(kept, k), append(lines, int32(i))
		} else {
			s.changed[i] = true
		}
	}
	return kept, lines
}

// compare marks what changed between two parts of the sequences.
func (s *sequences) compare(x0, x1, y0, y1 int) {
	for {
		for x0 < x1 && y0 < y1 && s.a[x0] == s.b[y0] {
			x0++
			y0++
		}
		for x0 < x1 && y0 < y1 && s.a[x1-1] == s.b[y1-1] {
			x1--
			y1--
		}
		if x0 == x1 || y0 == y1 {
			break
		}
		x, y := s.middle(x0, x1, y0, y1)
		s.compare(x0, x, y0, y)
		x0, y0 = x, y
	}
	for ; x0 < x1; x0++ {
		s.sa.changed[s.ia[x0]] = true
	}
	for ; y0 < y1; y0++ {
		s.sb.changed[s.ib[y0]] = true
	}
}

// middle finds a point on a shortest path, by walking from both ends until the paths
// meet. When that takes too long it is the furthest point reached.
func (s *sequences) middle(x0, x1, y0, y1 int) (x, y int) {
	const never = -1
	f, b := s.forward, s.backward
	low, high := x0-y1+s.zero, x1-y0+s.zero
	start, end := x0-y0+s.zero, x1-y1+s.zero
	odd := (start-end)&1 != 0
	f[start], b[end] = int32(x0), int32(x1)
	fmin, fmax, bmin, bmax := start, start, end, end
	for cost := 1; ; cost++ {
		fmin, fmax = widen(f, fmin, fmax, low, high, never)
		for k := fmax; k >= fmin; k -= 2 {
			x := f[k+1]
			if f[k-1] >= x {
				x = f[k-1] + 1
			}
			to := s.ahead(int(x), x1, k, y1)
			f[k] = int32(to)
			if odd && k >= bmin && k <= bmax && int(b[k]) <= to {
				return to, to - k + s.zero
			}
		}
		bmin, bmax = widen(b, bmin, bmax, low, high, 1<<31-1)
		for k := bmax; k >= bmin; k -= 2 {
			x := b[k-1]
			if b[k+1] <= x {
				x = b[k+1] - 1
			}
			to := s.back(int(x), x0, k, y0)
			b[k] = int32(to)
			if !odd && k >= fmin && k <= fmax && to <= int(f[k]) {
				return to, to - k + s.zero
			}
		}
		if cost >= s.limit {
			return s.furthest(x0, x1, y0, y1, fmin, fmax, bmin, bmax)
		}
	}
}

// widen adds a diagonal at both ends, or takes one off where the box ends.
func widen(v []int32, least, most, low, high int, outside int32) (int, int) {
	if least > low {
		least--
		v[least-1] = outside
	} else {
		least++
	}
	if most < high {
		most++
		v[most+1] = outside
	} else {
		most--
	}
	return least, most
}

// ahead follows equal lines on a diagonal.
func (s *sequences) ahead(x, x1, k, y1 int) int {
	y := x - k + s.zero
	for x < x1 && y < y1 && s.a[x] == s.b[y] {
		x++
		y++
	}
	return x
}

func (s *sequences) back(x, x0, k, y0 int) int {
	y := x - k + s.zero
	for x > x0 && y > y0 && s.a[x-1] == s.b[y-1] {
		x--
		y--
	}
	return x
}

// furthest returns the point that one of the two searches got furthest to.
func (s *sequences) furthest(x0, x1, y0, y1, fmin, fmax, bmin, bmax int) (x, y int) {
	best := -1
	for k := fmin; k <= fmax; k += 2 {
		fx := min(int(s.forward[k]), x1)
		fy := fx - k + s.zero
		if fy > y1 {
			fx, fy = y1+k-s.zero, y1
		}
		if done := fx - x0 + fy - y0; done > best {
			best, x, y = done, fx, fy
		}
	}
	for k := bmin; k <= bmax; k += 2 {
		bx := max(int(s.backward[k]), x0)
		by := bx - k + s.zero
		if by < y0 {
			bx, by = y0+k-s.zero, y0
		}
		if done := x1 - bx + y1 - by; done > best {
			best, x, y = done, bx, by
		}
	}
	return x, y
}

// settle moves each run of changed lines down as far as the lines behind it are like
// those it begins with: an added function rather shows its own closing brace.
func (s *side) settle() {
	n := len(s.changed)
	for end := 0; end < n; {
		if !s.changed[end] {
			end++
			continue
		}
		start := end
		for end < n && s.changed[end] {
			end++
		}
		for end < n && s.class[start] == s.class[end] {
			s.changed[start], s.changed[end] = false, true
			start++
			for end++; end < n && s.changed[end]; end++ {
			}
		}
	}
}
