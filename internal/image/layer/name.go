package layer

import (
	"errors"
	"path"
	"strconv"
	"strings"
)

var errOutside = errors.New("the name leads out of the layer")

// cleanName makes a name of the archive relative to the layer's root. The root
// itself is "". A name that climbs above the root is refused, as docker does,
// and is not bent to something else.
func cleanName(name string, l Limits) (string, error) {
	if name == "" {
		return "", errors.New("the name is empty")
	}
	if strings.IndexByte(name, 0) >= 0 {
		return "", errors.New("the name holds a NUL byte")
	}
	name = path.Clean(strings.TrimLeft(name, "/"))
	if name == "." {
		return "", nil
	}
	if name == ".." || strings.HasPrefix(name, "../") {
		return "", errOutside
	}
	if len(name) > maxPath {
		return "", errors.New("the name is longer than 4095 bytes")
	}
	if strings.Count(name, "/") >= l.Depth {
		return "", limitError("the name is nested deeper than the limit of " + strconv.Itoa(l.Depth))
	}
	for part := range strings.SplitSeq(name, "/") {
		if len(part) > maxName {
			return "", errors.New("a part of the name is longer than 255 bytes")
		}
	}
	return name, nil
}

func splitName(name string) (parent, base string) {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return "", name
}
