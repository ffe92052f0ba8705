package number

import "strconv"

// Signed reads a decimal number, negative ones too, that lies between low and high. If
// it is wrong, wrong says how in BusyBox's words.
func Signed(s string, low, high int64) (n int64, wrong string) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil && err.(*strconv.NumError).Err == strconv.ErrSyntax || s[0] == '+' {
		return 0, "invalid number '" + s + "'"
	}
	if err != nil || n < low || n > high {
		return 0, "number " + s + " is not in " + strconv.FormatInt(low, 10) + ".." + strconv.FormatInt(high, 10) + " range"
	}
	return n, ""
}
