package oci

import (
	"errors"
	"strconv"
)

// maxID is the longest file name: an id names folders and cgroups.
const maxID = 255

// ValidateID checks a container's id: letters, digits, '_', '+', '-' and '.', and neither "." nor "..".
func ValidateID(id string) error {
	switch {
	case id == "":
		return errors.New("container id cannot be empty")
	case len(id) > maxID:
		return errors.New("invalid container ID format: longer than " + strconv.Itoa(maxID) + " characters")
	case id == ".", id == "..":
		return errors.New("invalid container ID format: " + strconv.Quote(id))
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '+', c == '-', c == '.':
		default:
			return errors.New("invalid container ID format: " + strconv.Quote(id) + ": invalid character " + strconv.QuoteRune(rune(c)) + " in the container ID: it takes letters, digits, '_', '+', '-' and '.'")
		}
	}
	return nil
}
