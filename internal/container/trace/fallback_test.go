package trace

import (
	"errors"
	"testing"
)

type fake struct{ err error }

type fakeSession struct {
	Session
	of fake
}

func (f fake) Start() (Session, error) { return fakeSession{of: f}, f.err }

func TestFallback(t *testing.T) {
	no, other := errors.New("not permitted"), errors.New("neither")
	for _, c := range []struct {
		first, then, told, want error
	}{{nil, other, nil, nil}, {no, nil, no, nil}, {no, other, no, other}} {
		var told error
		f := &Fallback{First: fake{c.first}, Then: fake{c.then}, Tell: func(err error) { told = err }}
		if _, err := f.Start(); err != c.want || told != c.told {
			t.Errorf("%v, %v: told %v, error %v", c.first, c.then, told, err)
		}
	}
}
