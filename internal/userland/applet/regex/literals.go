package regex

import "slices"

// literals makes the tree for texts that are themselves: one that branches at each
// byte, so that a hundred thousand of them are one small set of instructions to begin with.
func (p *parser) literals(patterns []string) *node {
	if len(patterns) == 1 {
		return p.text(patterns[0])
	}
	sorted := slices.Clone(patterns)
	slices.Sort(sorted)
	return p.trie(slices.Compact(sorted), 0)
}

func (p *parser) text(s string) *node {
	n := &node{kind: kCat}
	for i := 0; i < len(s); i++ {
		n.subs = append(n.subs, p.byte(s[i]))
	}
	switch len(n.subs) {
	case 0:
		n.kind = kEmpty
	case 1:
		return n.subs[0]
	}
	return n
}

// trie makes the tree for sorted texts, which are alike up to a depth.
func (p *parser) trie(sorted []string, depth int) *node {
	var branches []*node
	if len(sorted) > 0 && len(sorted[0]) == depth {
		branches = append(branches, &node{kind: kEmpty})
		sorted = sorted[1:]
	}
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && sorted[n][depth] == sorted[0][depth] {
			n++
		}
		if n == 1 {
			branches = append(branches, p.text(sorted[0][depth:]))
		} else {
			rest := p.trie(sorted[:n], depth+1)
			branches = append(branches, &node{kind: kCat, subs: []*node{p.byte(sorted[0][depth]), rest}})
		}
		sorted = sorted[n:]
	}
	if len(branches) == 1 {
		return branches[0]
	}
	return &node{kind: kAlt, subs: branches}
}
