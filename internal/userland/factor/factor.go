// Package factor is the applet factor.
package factor

import (
	"bytes"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
)

// Applet is factor.
var Applet = applet.Applet{
	Names: "factor",
	Usage: "[NUMBER]...",
	About: "Print the prime factors of NUMBERs, or of those in standard input.",
	Dir:   "/usr/bin",
	Quick: true,
	Run:   run,
}

func run(c *applet.Call) int {
	for _, word := range c.Args {
		if !factor(c, word) {
			return 1
		}
	}
	if len(c.Args) > 0 {
		return 0
	}
	for {
		line, ok := c.In.Line()
		if !ok {
			break
		}
		for _, word := range bytes.Fields(line) {
			if !factor(c, string(word)) {
				return 1
			}
		}
	}
	if err := c.In.Err(); err != nil {
		return c.Warn("read error", err)
	}
	return 0
}

// factor prints a line.
func factor(c *applet.Call, word string) bool {
	n, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(word), "+"), 10, 64)
	if err != nil {
		c.Complain("invalid number '" + word + "'")
		return false
	}
	c.Out.Print(strconv.FormatUint(n, 10), ":")
	for _, p := range primes(n) {
		c.Out.Print(" ", strconv.FormatUint(p, 10))
	}
	c.Out.Print("\n")
	return true
}

// primes returns the prime factors in order: small ones by trial, large ones by
// Pollard's rho method.
func primes(n uint64) (found []uint64) {
	for p := uint64(2); p < 1000 && n > 1; p++ {
		for n%p == 0 {
			found = append(found, p)
			n /= p
		}
	}
	rest := []uint64{n}
	for len(rest) > 0 {
		m := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		if m < 2 {
			continue
		}
		if isPrime(m) {
			found = append(found, m)
			continue
		}
		d := divisor(m)
		rest = append(rest, d, m/d)
	}
	slices.Sort(found)
	return found
}

func multiply(a, b, m uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return bits.Rem64(high, low, m)
}

func power(base, exponent, m uint64) uint64 {
	result := uint64(1)
	for base %= m; exponent > 0; exponent >>= 1 {
		if exponent&1 == 1 {
			result = multiply(result, base, m)
		}
		base = multiply(base, base, m)
	}
	return result
}

// isPrime is Miller and Rabin's test; these witnesses suffice for 64 bits.
func isPrime(n uint64) bool {
	shift := bits.TrailingZeros64(n - 1)
	for _, a := range [...]uint64{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37} {
		if n == a {
			return true
		}
		x := power(a, (n-1)>>shift, n)
		composite := x != 1 && x != n-1
		for i := 1; i < shift && composite; i++ {
			x = multiply(x, x, n)
			composite = x != n-1
		}
		if composite {
			return false
		}
	}
	return n > 1
}

// divisor finds one of a number that is not prime.
func divisor(n uint64) uint64 {
	if n%2 == 0 {
		return 2
	}
	for add := uint64(1); ; add++ {
		x, y, d := uint64(2), uint64(2), uint64(1)
		for d == 1 {
			x = next(x, add, n)
			y = next(next(y, add, n), add, n)
			d = gcd(max(x, y)-min(x, y), n)
		}
		if d != n {
			return d
		}
	}
}

func next(x, add, n uint64) uint64 {
	x = multiply(x, x, n)
	if x >= n-add {
		return x - (n - add)
	}
	return x + add
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
