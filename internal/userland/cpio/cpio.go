// Package cpio is the applet cpio. It reads archives of the formats newc and crc and
// writes newc.
package cpio

import (
	"errors"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/archive"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/glob"
	"bantam/internal/userland/applet/users"
	"golang.org/x/sys/unix"
)

// Applet is cpio.
var Applet = applet.Applet{
	Names: "cpio",
	Usage: "[-dmvu] [-F FILE] [-R USER[:GRP]] [-ti] [EXTR_FILE]...\n" +
		"-o -H newc [-0L] [-F FILE] [-R USER[:GRP]]\n-p [-0dmvuL] [-R USER[:GRP]] DIR",
	About: "Extract (-i) or list (-t) files from a cpio archive on stdin, create one (-o) of the files named on stdin,\nor copy these to DIR (-p).",
	Options: `
-t, --list	list the content
-i, --extract	extract
-o, --create	create; requires -H newc
-p, --pass-through	copy files to DIR
-H, --format FORMAT	the archive's format: newc
-d	make leading directories
-m	restore mtime
-v, --verbose	verbose
-u	overwrite
-F FILE	input (-t,-i,-p) or output (-o) file
-R, --owner USER[:GRP]	owner of what is created
-L	dereference symlinks
-0, --null	NUL terminated input
--quiet	don't print the number of blocks
--to-stdout	extract to standard output
--ignore-devno	store zeros for the devices' numbers
--renumber-inodes	store numbers of inodes from 1 on
`,
	Dir: "/usr/bin",
	Run: run,
}

const trailer = "TRAILER!!!"

// Errors, in BusyBox's words.
var (
	errFormat  = errors.New("unsupported cpio format, use newc or crc")
	errDamaged = errors.New("damaged cpio file")
)

// owner is what -R says.
type owner struct{ uid, gid uint32 }

func run(c *applet.Call) int {
	own := owner{users.Unchanged, users.Unchanged}
	if text, given := c.Given("R"); given {
		var unknown string
		if own.uid, own.gid, unknown = users.Owner(text); unknown != "" {
			return c.Complain(unknown)
		}
	}
	switch {
	case c.Has("p"):
		return pass(c, own)
	case c.Has("o"):
		return create(c, own)
	case !c.Has("t") && !c.Has("i"):
		return c.UsageError("")
	}
	in := c.In
	if file, given := c.Given("F"); given {
		var err error
		if in, err = applet.Open(file); err != nil {
			return c.CantOpen(file, err)
		}
		defer in.Close()
	}
	return extract(c, own, in, ".", c.Args)
}

// extraction is a run that reads an archive.
type extraction struct {
	c         *applet.Call
	own       owner
	source    *archive.Source
	extractor *archive.Extractor // nil for a list and for stdout
	zone      *time.Location
	patterns  []string
	created   map[inode]string // the names of files that may have more
	pending   []pending        // names that have no data of their own
	complete  bool             // the trailer was there
}

// inode tells the file of several names.
type inode struct{ major, minor, number uint32 }

type pending struct {
	inode
	entry archive.Entry
}

// extract extracts or lists.
func extract(c *applet.Call, own owner, in *applet.In, dir string, patterns []string) int {
	x := &extraction{c: c, own: own, source: archive.NewSource(in), zone: dates.Local(c), patterns: patterns, created: map[inode]string{}}
	if !c.Has("t") && !c.Has("to-stdout") {
		x.extractor = &archive.Extractor{
			Call: c, Newer: !c.Has("u"), NoTime: !c.Has("m"), NoParents: !c.Has("d"), Numbers: true,
		}
		if err := x.extractor.Open(dir); err != nil {
			return c.Warn("can't change directory to '"+dir+"'", err)
		}
	}
	status := 0
	err := x.members()
	if err == nil {
		err = x.links()
	}
	if x.extractor != nil {
		status = x.extractor.Close()
	}
	if err != nil {
		return c.Complain(applet.Reason(err))
	}
	if x.complete && !c.Has("quiet") {
		c.Out.Flush()
		c.Err.Print(strconv.FormatInt((x.source.Offset+511)/512, 10), " blocks\n")
	}
	return status
}

func (x *extraction) members() error {
	for x.c.Out.Err() == nil {
		e, id, links, err := readHeader(x.source)
		if e == nil || err != nil {
			return err
		}
		if e.Name == trailer {
			x.complete = true
			return nil
		}
		if err := x.member(e, id, links); err != nil {
			return err
		}
	}
	return nil
}

// readHeader reads the next header; nil at the end without a trailer.
func readHeader(s *archive.Source) (e *archive.Entry, id inode, links uint32, err error) {
	if err := s.Align(4); err != nil {
		return nil, id, 0, nil
	}
	var h [110]byte
	n, err := s.Read(h[:])
	if n == 0 || err != nil {
		return nil, id, 0, err
	}
	if n < len(h) {
		return nil, id, 0, archive.ErrShort
	}
	if magic := string(h[:6]); magic != "070701" && magic != "070702" {
		return nil, id, 0, errFormat
	}
	var v [13]uint32
	for i := range v {
		n, err := strconv.ParseUint(strings.TrimLeft(string(h[6+8*i:14+8*i]), " "), 16, 32)
		if err != nil {
			return nil, id, 0, errDamaged
		}
		v[i] = uint32(n)
	}
	id = inode{v[7], v[8], v[0]}
	e = &archive.Entry{
		Mode: v[1], UID: v[2], GID: v[3], Time: unix.Timespec{Sec: int64(v[5])}, Size: int64(v[6]),
		Device: unix.Mkdev(v[9], v[10]),
	}
	const most = 64 << 10
	if v[11] == 0 || v[11] > most {
		return nil, id, 0, errDamaged
	}
	name := make([]byte, v[11])
	if err := s.ReadFull(name); err != nil {
		return nil, id, 0, err
	}
	text, _, _ := strings.Cut(string(name), "\x00")
	e.Name = strings.TrimLeft(text, "/")
	err = s.Align(4)
	if e.Type() == unix.S_IFLNK && err == nil {
		if e.Size > most {
			return nil, id, 0, errDamaged
		}
		target := make([]byte, e.Size)
		if err := s.ReadFull(target); err != nil {
			return nil, id, 0, err
		}
		e.Target, e.Size = string(target), 0
	}
	return e, id, v[4], err
}

// member takes one member. Those without data that are links are made at the end,
// when the one with the data is there.
func (x *extraction) member(e *archive.Entry, id inode, links uint32) error {
	if x.own.uid != users.Unchanged {
		e.UID = x.own.uid
	}
	if x.own.gid != users.Unchanged {
		e.GID = x.own.gid
	}
	end := x.source.Offset + e.Size
	if x.wanted(e.Name) {
		if x.extractor != nil && links > 1 && e.Type() == unix.S_IFREG {
			if e.Size == 0 {
				x.pending = append(x.pending, pending{id, *e})
				return nil
			}
			x.created[id] = e.Name
		}
		if err := x.content(e); err != nil {
			return err
		}
		x.tell(e)
	}
	return x.source.Skip(end - x.source.Offset)
}

func (x *extraction) wanted(name string) bool {
	for _, p := range x.patterns {
		if glob.Match(p, name, 0) {
			return true
		}
	}
	return len(x.patterns) == 0
}

func (x *extraction) content(e *archive.Entry) (fatal error) {
	if x.extractor != nil {
		x.extractor.Put(e, func(write func([]byte) error) {
			_, fatal = x.source.Copy(e.Size, write)
		})
		return fatal
	}
	if x.c.Has("to-stdout") && !x.c.Has("t") {
		_, fatal = x.source.Copy(e.Size, func(p []byte) error {
			x.c.Out.Write(p)
			return nil
		})
	}
	return fatal
}

// tell lists the member.
func (x *extraction) tell(e *archive.Entry) {
	switch list, verbose := x.c.Has("t"), x.c.Has("v"); {
	case list && verbose:
		e.List(x.c.Out, x.zone)
	case list || verbose:
		x.c.Out.Print(e.Name, "\n")
	}
}

// links makes the members that were put off.
func (x *extraction) links() error {
	for i := range x.pending {
		p := &x.pending[i]
		if first, ok := x.created[p.inode]; ok {
			p.entry.Hard, p.entry.Target = true, first
		} else {
			x.created[p.inode] = p.entry.Name
		}
		if err := x.content(&p.entry); err != nil {
			return err
		}
		p.entry.Target = ""
		x.tell(&p.entry)
	}
	return nil
}

// pass copies files: what creates an archive and what extracts it work at the same time.
func pass(c *applet.Call, own owner) int {
	if len(c.Args) == 0 {
		return c.UsageError("")
	}
	dir := c.Args[0]
	if c.Has("d") {
		if err := folders(dir); err != nil {
			return c.Warn("can't create directory '"+dir+"'", err)
		}
	}
	var pipe [2]int
	if err := syscall.Pipe2(pipe[:], syscall.O_CLOEXEC); err != nil {
		return c.Warn("pipe", err)
	}
	k := newCreation(c, own, applet.NewOut(pipe[1]))
	// Only one of both may write messages.
	var failures []string
	k.warn = func(name string, err error) { failures = append(failures, name+": "+applet.Reason(err)) }
	done := make(chan bool)
	go func() {
		k.all()
		syscall.Close(pipe[1])
		done <- true
	}()
	status := extract(c, own, applet.NewIn(pipe[0]), dir, c.Args[1:])
	syscall.Close(pipe[0])
	<-done
	for _, text := range failures {
		status = c.Complain(text)
	}
	return status
}

// folders makes a folder and those that it is in.
func folders(path string) error {
	for i := 1; i <= len(path); i++ {
		if i == len(path) || path[i] == '/' {
			if err := syscall.Mkdir(path[:i], 0o777); err != nil && err != syscall.EEXIST {
				return err
			}
		}
	}
	return nil
}
