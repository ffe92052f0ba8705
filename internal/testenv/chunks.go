package testenv

// Chunks joins what a decompressor gives piece by piece; nil is the end.
func Chunks(chunk func() ([]byte, error)) ([]byte, error) {
	var got []byte
	for {
		p, err := chunk()
		got = append(got, p...)
		if err != nil || p == nil {
			return got, err
		}
	}
}
