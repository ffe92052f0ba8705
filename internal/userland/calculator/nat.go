package calculator

import (
	"math"
	"strconv"
	"strings"
)

// nat is a natural number of any size: digits to the base 1e9, the lowest first,
// without zeros at the high end.
type nat []uint32

const (
	limb       = 1000000000
	limbDigits = 9
	// maxDigits bounds what a number may become: 9^9^9 is no denial of service.
	maxDigits = 1 << 22
)

var tens = [...]uint32{1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, limb}

//go:noinline
func (x nat) norm() nat {
	for len(x) > 0 && x[len(x)-1] == 0 {
		x = x[:len(x)-1]
	}
	return x
}

//go:noinline
func natOf(n uint64) nat {
	var x nat
	for ; n > 0; n /= limb {
		x = append(x, uint32(n%limb))
	}
	return x
}

// uint64 is the number if it is small enough.
func (x nat) uint64() (n uint64, ok bool) {
	if len(x) > 2 {
		return 0, false
	}
	for i := len(x) - 1; i >= 0; i-- {
		n = n*limb + uint64(x[i])
	}
	return n, true
}

func (x nat) compare(y nat) int {
	if len(x) != len(y) {
		return len(x) - len(y)
	}
	for i := len(x) - 1; i >= 0; i-- {
		if x[i] != y[i] {
			return int(x[i]) - int(y[i])
		}
	}
	return 0
}

func (x nat) add(y nat) nat {
	if len(x) < len(y) {
		x, y = y, x
	}
	z := make(nat, len(x), len(x)+1)
	carry := uint32(0)
	for i := range x {
		t := x[i] + carry
		if i < len(y) {
			t += y[i]
		}
		if carry = 0; t >= limb {
			t -= limb
			carry = 1
		}
		z[i] = t
	}
	if carry > 0 {
		z = append(z, carry)
	}
	return z
}

// sub is x - y, for x >= y.
func (x nat) sub(y nat) nat {
	z := make(nat, len(x))
	borrow := uint32(0)
	for i := range x {
		t := borrow
		if i < len(y) {
			t += y[i]
		}
		if borrow = 0; x[i] < t {
			borrow = 1
			z[i] = x[i] + limb - t
		} else {
			z[i] = x[i] - t
		}
	}
	return z.norm()
}

// small multiplies by a number below 1e9 and adds another.
func (x nat) small(y, plus uint32) nat {
	z := make(nat, len(x), len(x)+1)
	carry := uint64(plus)
	for i, d := range x {
		t := uint64(d)*uint64(y) + carry
		z[i] = uint32(t % limb)
		carry = t / limb
	}
	if carry > 0 {
		z = append(z, uint32(carry))
	}
	return z.norm()
}

// karatsuba is from how many digits on a product is made of three of half the size.
const karatsuba = 48

func (x nat) mul(y nat) nat {
	if len(x) < len(y) {
		x, y = y, x
	}
	if len(y) == 0 {
		return nil
	}
	if len(y) < karatsuba {
		z := make(nat, len(x)+len(y))
		for j, d := range y {
			carry := uint64(0)
			for i, e := range x {
				t := uint64(z[i+j]) + uint64(d)*uint64(e) + carry
				z[i+j] = uint32(t % limb)
				carry = t / limb
			}
			z[len(x)+j] = uint32(carry)
		}
		return z.norm()
	}
	half := (len(x) + 1) / 2
	x0, x1 := x[:half].norm(), x[half:]
	if len(y) <= half {
		return x0.mul(y).add(x1.mul(y).shift(half))
	}
	y0, y1 := y[:half].norm(), y[half:]
	low, high := x0.mul(y0), x1.mul(y1)
	middle := x0.add(x1).mul(y0.add(y1)).sub(low).sub(high)
	return low.add(middle.shift(half)).add(high.shift(2 * half))
}

// shift multiplies by 1e9 to the power of n.
//
//go:noinline
func (x nat) shift(n int) nat {
	if len(x) == 0 {
		return nil
	}
	z := make(nat, n+len(x))
	copy(z[n:], x)
	return z
}

// up multiplies by 10 to the power of n.
func (x nat) up(n int) nat {
	return x.small(tens[n%limbDigits], 0).shift(n / limbDigits)
}

// down divides by 10 to the power of n.
func (x nat) down(n int) nat {
	if n/limbDigits >= len(x) {
		return nil
	}
	q, _ := x[n/limbDigits:].divSmall(tens[n%limbDigits])
	return q
}

func (x nat) divSmall(y uint32) (q nat, r uint32) {
	q = make(nat, len(x))
	rest := uint64(0)
	for i := len(x) - 1; i >= 0; i-- {
		rest = rest*limb + uint64(x[i])
		q[i] = uint32(rest / uint64(y))
		rest %= uint64(y)
	}
	return q.norm(), uint32(rest)
}

// div is Knuth's algorithm D. y isn't 0.
func (x nat) div(y nat) (q, r nat) {
	if x.compare(y) < 0 {
		return nil, x
	}
	if len(y) == 1 {
		q, rest := x.divSmall(y[0])
		return q, natOf(uint64(rest))
	}
	scale := uint32(limb / (uint64(y[len(y)-1]) + 1))
	u, v := append(x.small(scale, 0), 0), y.small(scale, 0)
	for len(u) <= len(x) {
		u = append(u, 0)
	}
	n := len(v)
	q = make(nat, len(u)-n)
	top, second := uint64(v[n-1]), uint64(v[n-2])
	for j := len(u) - n - 1; j >= 0; j-- {
		t := uint64(u[j+n])*limb + uint64(u[j+n-1])
		guess, rest := t/top, t%top
		for guess >= limb || guess*second > rest*limb+uint64(u[j+n-2]) {
			guess--
			if rest += top; rest >= limb {
				break
			}
		}
		if subtract(u[j:j+n+1], v, guess) {
			guess--
			addBack(u[j:j+n+1], v)
		}
		q[j] = uint32(guess)
	}
	r, _ = u.norm().divSmall(scale)
	return q.norm(), r
}

// subtract takes v times guess off u and says whether that was too much.
func subtract(u, v nat, guess uint64) bool {
	carry, borrow := uint64(0), uint32(0)
	for i := range u {
		t := carry
		if i < len(v) {
			t += uint64(v[i]) * guess
		}
		carry = t / limb
		d := uint32(t%limb) + borrow
		if borrow = 0; u[i] < d {
			borrow = 1
			u[i] += limb
		}
		u[i] -= d
	}
	return borrow > 0
}

func addBack(u, v nat) {
	carry := uint32(0)
	for i := range u {
		t := u[i] + carry
		if i < len(v) {
			t += v[i]
		}
		if carry = 0; t >= limb {
			t -= limb
			carry = 1
		}
		u[i] = t
	}
}

// sqrt is the root without its fraction, by Newton's method from above.
func (x nat) sqrt() nat {
	if len(x) == 0 {
		return nil
	}
	// The first digits' root, rounded up.
	n := len(x)
	head := float64(x[n-1])*limb + 1
	if n > 1 {
		head = float64(x[n-1])*limb + float64(x[n-2]) + 1
	}
	var root nat
	if n%2 == 0 {
		root = natOf(uint64(math.Sqrt(head)*(1+1e-9)) + 1).shift((n - 2) / 2)
	} else {
		// head is to be taken times 1e-9 with an odd number of digits.
		root = natOf(uint64(math.Sqrt(head/limb*1e18)*(1+1e-9)) + 1).shift((n - 1) / 2)
		q, _ := root.divSmall(limb)
		root = q.add(nat{1})
	}
	for {
		q, _ := x.div(root)
		next, _ := root.add(q).divSmall(2)
		if next.compare(root) >= 0 {
			return root
		}
		root = next
	}
}

// digits is the number of decimal digits, 0 for 0.
func (x nat) digits() int {
	if len(x) == 0 {
		return 0
	}
	n := (len(x) - 1) * limbDigits
	for top := x[len(x)-1]; top > 0; top /= 10 {
		n++
	}
	return n
}

// string is the number in decimal, "" for 0.
func (x nat) string() string {
	if len(x) == 0 {
		return ""
	}
	b := make([]byte, 0, len(x)*limbDigits)
	b = strconv.AppendUint(b, uint64(x[len(x)-1]), 10)
	for i := len(x) - 2; i >= 0; i-- {
		for k := limbDigits - 1; k >= 0; k-- {
			b = append(b, byte('0'+x[i]/tens[k]%10))
		}
	}
	return string(b)
}

// natFrom reads decimal digits.
func natFrom(s string) nat {
	s = strings.TrimLeft(s, "0")
	x := make(nat, 0, len(s)/limbDigits+1)
	for len(s) > 0 {
		n := min(len(s), limbDigits)
		d, _ := strconv.ParseUint(s[len(s)-n:], 10, 32)
		x = append(x, uint32(d))
		s = s[:len(s)-n]
	}
	return x.norm()
}
