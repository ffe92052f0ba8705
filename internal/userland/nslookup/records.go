package nslookup

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet/dns"
)

// records prints the records of an answer; ok is false if one can't be read.
func (x *lookup) records(m *dns.Message) (ok bool) {
	for i := range m.Records {
		if r := &m.Records[i]; r.Section == 0 && !x.record(r) {
			return false
		}
	}
	return true
}

func (x *lookup) record(r *dns.Record) bool {
	out, name := x.Out, r.Name
	if name == "" {
		name = "."
	}
	target, ok := "", true
	switch r.Type {
	case dns.NS, dns.CNAME, dns.PTR, dns.MX, dns.SRV:
		if target, ok = r.Target(); !ok {
			return false
		}
	}
	switch r.Type {
	case dns.A, dns.AAAA:
		ip := r.IP()
		if ip.IsNone() {
			return false
		}
		out.Print("Name:\t", name, "\nAddress: ", ip.String(), "\n")
	case dns.NS:
		out.Print(name, "\tnameserver = ", target, "\n")
	case dns.CNAME:
		out.Print(name, "\tcanonical name = ", target, "\n")
	case dns.PTR:
		out.Print(name, "\tname = ", target, "\n")
	case dns.MX:
		n, _ := r.Numbers(1)
		out.Print(name, "\tmail exchanger = ", n[0], " ", target, "\n")
	case dns.SRV:
		n, _ := r.Numbers(3)
		out.Print(name, "\tservice = ", strings.Join(n, " "), " ", target, "\n")
	case dns.TXT:
		texts, ok := r.Texts()
		if !ok || len(texts) == 0 {
			return false
		}
		if texts[0] != "" {
			out.Print(name, "\ttext = \"", clean(texts[0]), "\"\n")
		}
	case dns.SOA:
		server, mailbox, n, ok := r.Authority()
		if !ok {
			return false
		}
		out.Print(name, "\n\torigin = ", server, "\n\tmail addr = ", mailbox, "\n")
		for i, what := range strings.Fields("serial refresh retry expire minimum") {
			out.Print("\t", what, " = ", strconv.FormatUint(uint64(n[i]), 10), "\n")
		}
	}
	return true
}

// clean replaces control characters: a stranger's text goes to a terminal.
func clean(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c < ' ' || c == 0x7f {
			b[i] = '?'
		}
	}
	return string(b)
}
