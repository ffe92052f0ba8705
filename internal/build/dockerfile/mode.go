package dockerfile

import (
	"errors"

	"bantam/internal/userland/applet/modes"
)

// ParseMode reads --chmod: an octal number, or chmod(1)'s symbols as u=rwX,go=rX. The
// function gives the new permissions of a file of that mode and type (st_mode).
func ParseMode(text string) (func(mode uint32) uint32, error) {
	mask := func() uint32 { return 0o022 }
	if _, ok := modes.Parse(text, 0, mask); !ok || text == "" {
		return nil, errors.New("invalid mode: want an octal number or symbols as in u=rwX,go=rX")
	}
	return func(mode uint32) uint32 {
		m, _ := modes.Parse(text, mode, mask)
		return m & modes.All
	}, nil
}
