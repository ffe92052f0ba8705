package crypt

// The tables of FIPS 46-3, one number a byte, counted from 1.
const (
	initial = "\x3a\x32\x2a\x22\x1a\x12\x0a\x02\x3c\x34\x2c\x24\x1c\x14\x0c\x04\x3e\x36\x2e\x26\x1e\x16\x0e\x06\x40\x38\x30\x28\x20\x18\x10\x08" +
		"\x39\x31\x29\x21\x19\x11\x09\x01\x3b\x33\x2b\x23\x1b\x13\x0b\x03\x3d\x35\x2d\x25\x1d\x15\x0d\x05\x3f\x37\x2f\x27\x1f\x17\x0f\x07"
	permuted = "\x10\x07\x14\x15\x1d\x0c\x1c\x11\x01\x0f\x17\x1a\x05\x12\x1f\x0a\x02\x08\x18\x0e\x20\x1b\x03\x09\x13\x0d\x1e\x06\x16\x0b\x04\x19"
	choice1  = "\x39\x31\x29\x21\x19\x11\x09\x01\x3a\x32\x2a\x22\x1a\x12\x0a\x02\x3b\x33\x2b\x23\x1b\x13\x0b\x03\x3c\x34\x2c\x24" +
		"\x3f\x37\x2f\x27\x1f\x17\x0f\x07\x3e\x36\x2e\x26\x1e\x16\x0e\x06\x3d\x35\x2d\x25\x1d\x15\x0d\x05\x1c\x14\x0c\x04"
	choice2 = "\x0e\x11\x0b\x18\x01\x05\x03\x1c\x0f\x06\x15\x0a\x17\x13\x0c\x04\x1a\x08\x10\x07\x1b\x14\x0d\x02" +
		"\x29\x34\x1f\x25\x2f\x37\x1e\x28\x33\x2d\x21\x30\x2c\x31\x27\x38\x22\x35\x2e\x2a\x32\x24\x1d\x20"
	shifts = "1122222212222221"
)

// substitution are the S-boxes: four rows of 16 hexadecimal digits each.
const substitution = "" +
	"e4d12fb83a6c5907" + "0f74e2d1a6cb9538" + "41e8d62bfc973a50" + "fc8249175b3ea06d" +
	"f18e6b34972dc05a" + "3d47f28ec01a69b5" + "0e7ba4d158c6932f" + "d8a13f42b67c05e9" +
	"a09e63f51dc7b428" + "d709346a285ecbf1" + "d6498f30b12c5ae7" + "1ad069874fe3b52c" +
	"7de3069a1285bc4f" + "d8b56f03472c1ae9" + "a690cb7df13e5284" + "3f06a1d8945bc72e" +
	"2c417ab6853fd0e9" + "eb2c47d150fa3986" + "421bad78f9c5630e" + "b8c71e2d6f09a453" +
	"c1af92680d34e75b" + "af427c9561de0b38" + "9ef528c3704a1db6" + "432c95fabe17608d" +
	"4b2ef08d3c975a61" + "d0b7491ae35c2f86" + "14bdc37eaf680592" + "6bd814a7950fe23c" +
	"d2846fb1a93e50c7" + "1fd8a374c56b0e92" + "7b419ce206adf358" + "21e74a8dfc90356b"

// bits are single bits, as the tables count them.
type bits [64]byte

// pick is the permutation of from by a table.
func pick(to, from *bits, table string) {
	var old bits
	if to == from {
		old = *from
		from = &old
	}
	for i := range len(table) {
		to[i] = from[table[i]-1]
	}
}

// desCrypt is the first crypt(3): 25 times DES of zeros with the password's eight first
// characters as the key. The salt's twelve bits swap entries of the expansion. It is
// slow bit by bit, as small as can be.
func desCrypt(password, setting string) (string, bool) {
	if len(setting) < 2 {
		return "", false
	}
	var keys [16][48]byte
	desKeys(&keys, password)
	var expansion [48]byte
	for i := range expansion {
		// Each six bits take one of the four before and after.
		expansion[i] = byte((i/6*4 + i%6 + 31) % 32)
	}
	for i := range 2 {
		c := value(setting[i])
		for j := range 6 {
			if c>>j&1 != 0 {
				k := 6*i + j
				expansion[k], expansion[k+24] = expansion[k+24], expansion[k]
			}
		}
	}
	var block bits
	for range 25 {
		desBlock(&block, &keys, &expansion)
	}
	out := []byte(setting[:2])
	for i := 0; i < 66; i += 6 {
		c := 0
		for j := range 6 {
			c <<= 1
			if i+j < 64 {
				c |= int(block[i+j])
			}
		}
		out = append(out, letters[c])
	}
	return string(out), true
}

// value is the number that a letter of a salt stands for; any byte stands for one.
func value(c byte) int {
	switch {
	case c >= 'a':
		return int(c-59) & 63
	case c >= 'A':
		return int(c-53) & 63
	}
	return int(c-46) & 63
}

func desKeys(keys *[16][48]byte, password string) {
	var key, cd, chosen bits
	for i := range min(len(password), 8) {
		for j := range 7 {
			key[8*i+j] = password[i] >> (6 - j) & 1
		}
	}
	pick(&cd, &key, choice1)
	for round := range keys {
		for range shifts[round] - '0' {
			c, d := cd[0], cd[28]
			copy(cd[:27], cd[1:28])
			copy(cd[28:55], cd[29:56])
			cd[27], cd[55] = c, d
		}
		pick(&chosen, &cd, choice2)
		copy(keys[round][:], chosen[:48])
	}
}

// desBlock encrypts the block.
func desBlock(block *bits, keys *[16][48]byte, expansion *[48]byte) {
	pick(block, block, initial)
	for round := range keys {
		var f bits
		for box := range 8 {
			n := 0
			for j := range 6 {
				i := 6*box + j
				n = n<<1 | int(block[32+int(expansion[i])]^keys[round][i])
			}
			// The first and the last bit choose the row.
			s := substitution[box*64+(n>>5<<1|n&1)*16+(n>>1&15)]
			if s >= 'a' {
				s -= 'a' - '0' - 10
			}
			for j := range 4 {
				f[4*box+j] = (s - '0') >> (3 - j) & 1
			}
		}
		pick(&f, &f, permuted)
		for i := range 32 {
			block[i], block[32+i] = block[32+i], block[i]^f[i]
		}
	}
	for i := range 32 {
		block[i], block[32+i] = block[32+i], block[i]
	}
	// The last permutation is the inverse of the first.
	old := *block
	for i := range len(initial) {
		block[initial[i]-1] = old[i]
	}
}
