package logging

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// journalSocket takes systemd's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL):
// one datagram an entry, of lines NAME=VALUE; a value with a newline is NAME, newline, its
// length (eight bytes, little endian), the value, newline.
const journalSocket = "/run/systemd/journal/socket"

type journald struct {
	fd      int
	to      unix.Sockaddr
	fields  []byte // those of every entry
	epoch   string
	ordinal uint64
	buf     []byte
}

func openJournald(in Info) (Log, error) {
	if unix.Access(journalSocket, unix.W_OK) != nil {
		return nil, errors.New("journald is not enabled on this host: there is no " + journalSocket)
	}
	return newJournald(in, journalSocket)
}

func newJournald(in Info, socket string) (*journald, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket for journald: %w", err)
	}
	j := &journald{fd: fd, to: &unix.SockaddrUnix{Name: socket}, epoch: strconv.FormatInt(time.Now().UnixNano(), 10)}
	r := in.Record
	for _, f := range [...][2]string{
		{"CONTAINER_ID", r.ID[:12]}, {"CONTAINER_ID_FULL", r.ID}, {"CONTAINER_NAME", r.Name}, {"CONTAINER_TAG", r.Host.LogConfig.Tag},
		{"IMAGE_NAME", r.Config.Image}, {"SYSLOG_IDENTIFIER", r.Host.LogConfig.Tag}, {"CONTAINER_LOG_EPOCH", j.epoch},
	} {
		j.fields = appendField(j.fields, f[0], []byte(f[1]))
	}
	for k, v := range r.Host.LogConfig.Attrs {
		j.fields = appendField(j.fields, fieldName(k), []byte(v))
	}
	return j, nil
}

// fieldName makes a label's or variable's name one that journald takes, as docker does.
func fieldName(name string) string {
	name = strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return '_'
	}, strings.ToUpper(name))
	return strings.TrimLeft(name, "_")
}

func appendField(b []byte, name string, value []byte) []byte {
	if name == "" {
		return b
	}
	b = append(b, name...)
	for _, c := range value {
		if c == '\n' {
			b = append(b, '\n')
			b = binary.LittleEndian.AppendUint64(b, uint64(len(value)))
			return append(append(b, value...), '\n')
		}
	}
	return append(append(append(b, '='), value...), '\n')
}

func (j *journald) Add(e *Entry) error {
	priority := "6" // info
	if e.Stream == "stderr" {
		priority = "3" // error
	}
	line, whole := cutNewline(e.Line)
	j.ordinal++
	j.buf = append(j.buf[:0], j.fields...)
	j.field("PRIORITY", priority)
	j.field("SYSLOG_TIMESTAMP", e.Time.UTC().Format(time.RFC3339Nano))
	j.field("CONTAINER_LOG_ORDINAL", strconv.FormatUint(j.ordinal, 10))
	if !whole {
		j.field("CONTAINER_PARTIAL_MESSAGE", "true")
	}
	if p := e.Part; p != nil {
		j.field("CONTAINER_PARTIAL_ID", p.ID)
		j.field("CONTAINER_PARTIAL_ORDINAL", strconv.Itoa(p.Ordinal))
		j.field("CONTAINER_PARTIAL_LAST", strconv.FormatBool(p.Last))
	}
	j.buf = appendField(j.buf, "MESSAGE", line)
	return j.send()
}

func (j *journald) field(name, value string) { j.buf = appendField(j.buf, name, []byte(value)) }

// send sends the datagram, or a sealed file with it where it is too long for one.
func (j *journald) send() error {
	err := sendRetry(j.fd, j.buf, nil, j.to)
	if err == unix.EMSGSIZE || err == unix.ENOBUFS {
		return j.sendFile()
	}
	if err != nil {
		return os.NewSyscallError("send to journald", err)
	}
	return nil
}

func (j *journald) sendFile() error {
	fd, err := unix.MemfdCreate("journal", unix.MFD_ALLOW_SEALING|unix.MFD_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("memfd_create", err)
	}
	defer unix.Close(fd)
	if err := writeAll(fd, j.buf); err != nil {
		return os.NewSyscallError("write", err)
	}
	const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return os.NewSyscallError("seal", err)
	}
	return os.NewSyscallError("send to journald", sendRetry(j.fd, nil, unix.UnixRights(fd), j.to))
}

func sendRetry(fd int, b, oob []byte, to unix.Sockaddr) error {
	for {
		if err := unix.Sendmsg(fd, b, oob, to, unix.MSG_NOSIGNAL); err != unix.EINTR {
			return err
		}
	}
}

func (j *journald) Flush() error { return nil }
func (j *journald) Close() error { return unix.Close(j.fd) }
