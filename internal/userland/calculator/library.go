package calculator

// library is the functions of bc -l. Each calculates with more digits than it gives, s, c
// and a with no more than other bcs, in the same steps: where that is too few for the last digit, or
// of pi for a large argument, they give what everybody's give.
const library = `
define e(x) {
	auto f, i, m, n, r, s, t
	s = scale
	if (x < 0) { m = 1; x = -x }
	scale = 0
	n = 44 * x / 100
	scale = s + 6 + n
	while (x > 1) { f += 1; x /= 2 }
	r = 1 + x
	t = x
	for (i = 2; 1; i++) {
		t = t * x / i
		if (t == 0) break
		r += t
	}
	while (f--) r *= r
	scale = s
	if (m) return (1 / r)
	return (r / 1)
}
define l(x) {
	auto f, i, n, r, s, t, u
	s = scale
	if (x <= 0) return ((1 - 10 ^ s) / 1)
	scale = s + 6
	f = 2
	while (x >= 2) { f *= 2; x = sqrt(x) }
	while (x <= .5) { f *= 2; x = sqrt(x) }
	t = r = (x - 1) / (x + 1)
	u = t * t
	for (i = 3; 1; i += 2) {
		t *= u
		n = t / i
		if (n == 0) break
		r += n
	}
	r = f * r
	scale = s
	return (r / 1)
}
define s(x) {
	auto f, i, n, r, s, t, u, v
	s = scale
	if (x < 0) { f = 1; x = -x }
	scale = 1.1 * s + 2
	v = a(1)
	scale = 0
	n = (x / v + 2) / 4
	x -= 4 * n * v
	if (n % 2) f = !f
	if (x < 0) { f = !f; x = -x }
	scale = s + 2
	r = t = x
	u = -x * x
	for (i = 3; 1; i += 2) {
		t = t * u / (i * (i - 1))
		if (t == 0) break
		r += t
	}
	scale = s
	if (f) return (-r / 1)
	return (r / 1)
}
define c(x) {
	auto r, s
	s = scale
	scale *= 1.2
	r = s(x + 2 * a(1))
	if (r < 0) r -= 10 ^ -(s + 3)
	if (r > 0) r += 10 ^ -(s + 3)
	scale = s
	return (r / 1)
}
define a(x) {
	auto f, i, n, r, s, t, u, v
	s = scale
	if (x < 0) return (-a(-x))
	if (x > .2) { scale = s + 5; v = a(.2) }
	scale = s + 3
	while (x > .2) { f += 1; x = (x - .2) / (1 + .2 * x) }
	r = t = x
	u = -x * x
	for (i = 3; 1; i += 2) {
		t *= u
		n = t / i
		if (n == 0) break
		r += n
	}
	scale = s
	return ((f * v + r) / 1)
}
define j(n, x) {
	auto f, i, k, r, s, t, u
	s = scale
	scale = 0
	n = n / 1
	if (n < 0) { n = -n; if (n % 2 == 1) f = 1 }
	k = x / 1
	if (k < 0) k = -k
	scale = s + 10 + length(k) + k
	t = 1
	for (i = 1; i <= n; i++) t *= x / 2 / i
	r = t
	u = -x * x / 4
	for (i = 1; 1; i++) {
		t = t * u / (i * (n + i))
		if (t == 0) break
		r += t
	}
	scale = s
	if (f) return (-r / 1)
	return (r / 1)
}
`
