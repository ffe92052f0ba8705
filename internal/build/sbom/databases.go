package sbom

import (
	"bytes"
	"debug/buildinfo"
	"net/mail"
	"strings"
)

// paragraphs calls do for each block of "Key: value" lines, as dpkg's status has them
// (deb822(5)); continued lines are left out.
func paragraphs(b []byte, do func(field map[string]string)) {
	for block := range bytes.SplitSeq(b, []byte("\n\n")) {
		field := map[string]string{}
		for line := range strings.SplitSeq(string(block), "\n") {
			if k, v, ok := strings.Cut(line, ":"); ok && k != "" && k[0] != ' ' && k[0] != '\t' {
				field[k] = strings.TrimSpace(v)
			}
		}
		do(field)
	}
}

func (s *scanner) dpkg(path string) {
	paragraphs(s.read(path), func(f map[string]string) {
		if f["Package"] == "" || f["Version"] == "" || f["Status"] != "" && !strings.HasSuffix(f["Status"], " installed") {
			return
		}
		s.found = append(s.found, Package{
			Name: f["Package"], Version: f["Version"], Arch: f["Architecture"], Kind: "deb", Supplier: f["Maintainer"],
			Source: path, Distribution: s.distribution,
		})
	})
}

// apk reads Alpine's database: one letter, a colon, the value.
func (s *scanner) apk(path string) {
	for block := range bytes.SplitSeq(s.read(path), []byte("\n\n")) {
		p := Package{Kind: "apk", Source: path, Distribution: s.distribution}
		for line := range strings.SplitSeq(string(block), "\n") {
			if len(line) < 2 || line[1] != ':' {
				continue
			}
			switch v := line[2:]; line[0] {
			case 'P':
				p.Name = v
			case 'V':
				p.Version = v
			case 'A':
				p.Arch = v
			case 'L':
				p.License = v
			case 'm':
				p.Supplier = v
			}
		}
		if p.Name != "" && p.Version != "" {
			s.found = append(s.found, p)
		}
	}
}

// python reads the head of a distribution's metadata (PEP 566), which is a mail's.
func (s *scanner) python(path string) {
	m, err := mail.ReadMessage(bytes.NewReader(append(s.read(path), "\n\n"...)))
	if err != nil {
		return
	}
	h := m.Header
	if h.Get("Name") == "" || h.Get("Version") == "" {
		return
	}
	s.found = append(s.found, Package{
		Name: strings.ToLower(strings.ReplaceAll(h.Get("Name"), "_", "-")), Version: h.Get("Version"), Kind: "pypi", License: h.Get("License"), Source: path,
	})
}

// program looks for the modules that a Go program was built of.
func (s *scanner) program(path string) {
	f := s.open(path)
	if f == nil {
		return
	}
	defer f.Close()
	var magic [4]byte
	if _, err := f.ReadAt(magic[:], 0); err != nil || string(magic[:]) != "\x7fELF" {
		return
	}
	info, err := buildinfo.Read(f)
	if err != nil {
		return
	}
	add := func(name, version string) {
		if name != "" {
			s.found = append(s.found, Package{Name: name, Version: version, Kind: "golang", Source: path})
		}
	}
	add("stdlib", strings.TrimPrefix(info.GoVersion, "go"))
	add(info.Main.Path, info.Main.Version)
	for _, d := range info.Deps {
		if d.Replace != nil {
			d = d.Replace
		}
		add(d.Path, d.Version)
	}
}
