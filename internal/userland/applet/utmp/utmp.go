// Package utmp reads who is logged in: see utmp(5).
package utmp

import (
	"bytes"

	"bantam/internal/userland/applet"
)

// Path is the file of the present logins.
const Path = "/var/run/utmp"

// UserProcess is the Type of a user's login.
const UserProcess = 7

// size of a record of glibc on 64-bit machines with 32-bit times in it.
const size = 384

// Entry is a record.
type Entry struct {
	Type             int
	Pid              int
	Line, User, Host string
	Time             int64
}

// Each calls f for all records of the file that are whole. A file that isn't there has none.
func Each(path string, f func(*Entry)) {
	in, err := applet.Open(path)
	if err != nil {
		return
	}
	defer in.Close()
	for {
		for len(in.Buffered()) < size {
			if in.Fill() != nil {
				return
			}
		}
		e := parse(in.Buffered()[:size])
		f(&e)
		in.Discard(size)
	}
}

func parse(p []byte) Entry {
	return Entry{
		Type: int(p[0]) | int(p[1])<<8, Pid: int(little(p[4:])),
		Line: field(p[8:40]), User: field(p[44:76]), Host: field(p[76:332]), Time: int64(little(p[340:])),
	}
}

func little(p []byte) uint32 {
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

// field is a string that ends with a 0 or with its room.
func field(p []byte) string {
	if i := bytes.IndexByte(p, 0); i >= 0 {
		p = p[:i]
	}
	return string(p)
}
