package bzip2

// scratch is what transform needs, kept for the next block.
type scratch struct {
	text  []byte
	order []int32
}

// transform is the Burrows-Wheeler transform: it puts the last bytes of the sorted
// rotations of p into last and returns which rotation is p itself. The rotations of the
// least rotation of p are sorted as its suffixes are, because no suffix of a Lyndon
// word begins another one (Lothaire, Combinatorics on Words), so that one algorithm
// for suffixes does in time that doesn't depend on the content.
func (s *scratch) transform(p, last []byte) (origin int) {
	n := len(p)
	start := leastRotation(p)
	t := append(append(s.text[:0], p[start:]...), p[:start]...)
	if cap(s.order) < n {
		s.order = make([]int32, n)
	}
	s.text = t
	order := s.order[:n]
	sortSuffixes(t, 256, order)
	at := 0 // of p in t
	if start > 0 {
		at = n - start
	}
	for i, v := range order {
		if int(v) == at {
			origin = i
		}
		if v == 0 {
			v = int32(n)
		}
		last[i] = t[v-1]
	}
	return origin
}

// leastRotation returns where the least rotation of p begins.
func leastRotation(p []byte) int {
	n := len(p)
	i, j, k := 0, 1, 0
	for i < n && j < n && k < n {
		a, b := i+k, j+k
		if a >= n {
			a -= n
		}
		if b >= n {
			b -= n
		}
		switch {
		case p[a] == p[b]:
			k++
			continue
		case p[a] > p[b]:
			i += k + 1
		default:
			j += k + 1
		}
		if i == j {
			j++
		}
		k = 0
	}
	return min(i, j)
}

// sorter sorts the suffixes of a text by induction from the sorted LMS suffixes: those
// that are less than the following one, while the one before is greater (Nong, Zhang
// and Chan, Two Efficient Algorithms for Linear Time Suffix Array Construction).
type sorter[T uint8 | int32] struct {
	text  []T
	order []int32
	// Where each letter's suffixes begin: those greater than the one that follows
	// (L), and behind them the others (S).
	large, small []int32
	at           []int32
}

// sortSuffixes puts the places of the sorted suffixes of text, whose letters are less
// than size, into order.
func sortSuffixes[T uint8 | int32](text []T, size int, order []int32) {
	n := len(text)
	if n < 2 {
		clear(order)
		return
	}
	s := sorter[T]{text: text, order: order, large: make([]int32, size+1), small: make([]int32, size), at: make([]int32, size+1)}
	lms := s.classify()
	s.induce(lms)
	if len(lms) > 0 {
		s.sortLMS(lms)
		s.induce(lms)
	}
}

// classify counts the letters and returns the places of the LMS suffixes.
func (s *sorter[T]) classify() []int32 {
	n := len(s.text)
	lms := make([]int32, 0, n/3+1)
	less := false // the suffix at i is less than the one that follows
	for i := n - 1; i >= 0; i-- {
		was := less
		if i == n-1 {
			less = false
		} else if s.text[i] != s.text[i+1] {
			less = s.text[i] < s.text[i+1]
		}
		if was && !less {
			lms = append(lms, int32(i+1))
		}
		if less {
			s.large[int(s.text[i])+1]++ // begins behind the small ones of the letter before
		} else {
			s.small[s.text[i]]++
		}
	}
	for i, j := 0, len(lms)-1; i < j; i, j = i+1, j-1 {
		lms[i], lms[j] = lms[j], lms[i]
	}
	for c := range s.small {
		s.small[c] += s.large[c]
		s.large[c+1] += s.small[c]
	}
	return lms
}

// induce sorts all suffixes, given the LMS suffixes in some order.
func (s *sorter[T]) induce(lms []int32) {
	text, order, at := s.text, s.order, s.at
	for i := range order {
		order[i] = -1
	}
	copy(at, s.small)
	for _, i := range lms {
		c := text[i]
		order[at[c]] = i
		at[c]++
	}
	copy(at, s.large)
	put := func(i int32) {
		c := text[i]
		order[at[c]] = i
		at[c]++
	}
	put(int32(len(text) - 1))
	for _, i := range order {
		if i >= 1 && text[i-1] >= text[i] {
			c := text[i-1]
			order[at[c]] = i - 1
			at[c]++
		}
	}
	copy(at, s.large)
	for place := len(order) - 1; place >= 0; place-- {
		i := order[place]
		if i < 1 {
			continue
		}
		// Of equal letters the suffix before is of the kind of this one, which is S if it
		// stands among those placed in this round.
		c, d := int(text[i-1]), int(text[i])
		if c < d || c == d && int32(place) >= at[d+1] {
			at[c+1]--
			order[at[c+1]] = i - 1
		}
	}
}

// sortLMS sorts the LMS suffixes: it names the pieces between them, which the first
// induction has sorted, and sorts the text of their names.
func (s *sorter[T]) sortLMS(lms []int32) {
	n := len(s.text)
	number := make([]int32, n+1)
	for i, place := range lms {
		number[place] = int32(i) + 1
	}
	sorted := make([]int32, 0, len(lms))
	for _, i := range s.order {
		if i >= 0 && number[i] > 0 {
			sorted = append(sorted, number[i]-1)
		}
	}
	names := make([]int32, len(lms))
	name := int32(0)
	for i := 1; i < len(sorted); i++ {
		if !s.same(lms, sorted[i-1], sorted[i]) {
			name++
		}
		names[sorted[i]] = name
	}
	if int(name)+1 == len(lms) {
		for i, k := range sorted {
			sorted[i] = lms[k]
		}
		copy(lms, sorted)
		return
	}
	sortSuffixes(names, int(name)+1, sorted)
	for i, k := range sorted {
		names[i] = lms[k]
	}
	copy(lms, names)
}

// same compares two pieces from one LMS suffix to the next.
func (s *sorter[T]) same(lms []int32, a, b int32) bool {
	n := int32(len(s.text))
	end := func(k int32) int32 {
		if int(k)+1 < len(lms) {
			return lms[k+1]
		}
		return n
	}
	i, j := lms[a], lms[b]
	length := end(a) - i
	if length != end(b)-j || end(a) == n || end(b) == n {
		return false
	}
	for k := range length + 1 {
		if s.text[i+k] != s.text[j+k] {
			return false
		}
	}
	return true
}
