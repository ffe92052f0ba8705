// Package sbom lists the software in an image's files as an SPDX 2.3 document
// (spdx.github.io/spdx-spec/v2.3): packages of dpkg and apk, Go programs with their
// modules, and Python distributions. It reads the databases that are in the image and runs
// nothing.
package sbom

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"bantam/internal/build/tree"
	"bantam/internal/image/digest"

	"golang.org/x/sys/unix"
)

// PredicateType is SPDX's in an in-toto statement.
const PredicateType = "https://spdx.dev/Document"

// Package is a piece of software.
type Package struct {
	Name, Version, Arch string
	Kind                string // deb, apk, golang, pypi
	License, Supplier   string
	Source              string // the file that says so
	Distribution        string // debian, alpine: a part of the package URL
}

// URL is the package URL (github.com/package-url/purl-spec).
func (p *Package) URL() string {
	u := "pkg:" + p.Kind + "/"
	if p.Distribution != "" {
		u += p.Distribution + "/"
	}
	u += p.Name + "@" + strings.ReplaceAll(p.Version, "+", "%2B")
	if p.Arch != "" {
		u += "?arch=" + p.Arch
	}
	return u
}

// maxFile bounds a database and maxPackages the list: they are a stranger's.
const (
	maxFile     = 64 << 20
	maxPackages = 100_000
)

// Scan lists what is in a tree, sorted.
func Scan(t *tree.Tree) ([]Package, error) {
	s := &scanner{tree: t}
	s.distribution = s.release()
	err := t.Walk("", s.visit)
	slices.SortFunc(s.found, func(a, b Package) int { return strings.Compare(a.URL()+a.Source, b.URL()+b.Source) })
	s.found = slices.CompactFunc(s.found, func(a, b Package) bool { return a == b })
	return s.found, err
}

type scanner struct {
	tree         *tree.Tree
	distribution string
	found        []Package
}

// release is the ID of /etc/os-release.
func (s *scanner) release() string {
	for _, name := range [...]string{"etc/os-release", "usr/lib/os-release"} {
		for line := range strings.SplitSeq(string(s.read(name)), "\n") {
			if id, ok := strings.CutPrefix(line, "ID="); ok {
				return strings.Trim(strings.TrimSpace(id), `"'`)
			}
		}
	}
	return ""
}

// read returns a file's content, nothing where it can't be had.
func (s *scanner) read(name string) []byte {
	f := s.open(name)
	if f == nil {
		return nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil
	}
	return b
}

func (s *scanner) open(name string) *os.File {
	fd, err := s.tree.Open(name, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil
	}
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		unix.Close(fd)
		return nil
	}
	return os.NewFile(uintptr(fd), name)
}

func (s *scanner) visit(e *tree.Entry) error {
	if !e.IsRegular() {
		return nil
	}
	switch {
	case e.Path == "var/lib/dpkg/status", strings.HasPrefix(e.Path, "var/lib/dpkg/status.d/") && !strings.HasSuffix(e.Path, ".md5sums"):
		s.dpkg(e.Path)
	case e.Path == "lib/apk/db/installed", e.Path == "usr/lib/apk/db/installed":
		s.apk(e.Path)
	case strings.HasSuffix(e.Path, ".dist-info/METADATA"), strings.HasSuffix(e.Path, ".egg-info/PKG-INFO"):
		s.python(e.Path)
	case e.Stat.Mode&0o111 != 0 && e.Stat.Size > 1<<10:
		s.program(e.Path)
	}
	if len(s.found) > maxPackages {
		return fmt.Errorf("there are more than %d packages", maxPackages)
	}
	return nil
}

// Document is the SPDX document of packages, as JSON.
func Document(name string, list []Package, created time.Time) ([]byte, error) {
	doc := document{
		SPDXVersion: "SPDX-2.3", DataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT", Name: name,
		CreationInfo: creation{Created: created.UTC().Format(time.RFC3339), Creators: []string{"Tool: bantam"}},
		Packages:     []spdxPackage{}, Relationships: []relationship{},
	}
	doc.Namespace = "https://bantam.invalid/spdx/" + digest.FromBytes(fmt.Append(nil, name, list)).Hex()
	for i, p := range list {
		id := fmt.Sprintf("SPDXRef-Package-%d", i+1)
		doc.Packages = append(doc.Packages, p.spdx(id))
		doc.Relationships = append(doc.Relationships, relationship{"SPDXRef-DOCUMENT", "DESCRIBES", id})
	}
	return json.Marshal(doc)
}

type document struct {
	SPDXVersion   string         `json:"spdxVersion"`
	DataLicense   string         `json:"dataLicense"`
	SPDXID        string         `json:"SPDXID"`
	Name          string         `json:"name"`
	Namespace     string         `json:"documentNamespace"`
	CreationInfo  creation       `json:"creationInfo"`
	Packages      []spdxPackage  `json:"packages"`
	Relationships []relationship `json:"relationships"`
}

type creation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

type spdxPackage struct {
	Name             string        `json:"name"`
	SPDXID           string        `json:"SPDXID"`
	Version          string        `json:"versionInfo,omitempty"`
	Supplier         string        `json:"supplier,omitempty"`
	DownloadLocation string        `json:"downloadLocation"`
	FilesAnalyzed    bool          `json:"filesAnalyzed"`
	SourceInfo       string        `json:"sourceInfo,omitempty"`
	LicenseConcluded string        `json:"licenseConcluded"`
	LicenseDeclared  string        `json:"licenseDeclared"`
	LicenseComments  string        `json:"licenseComments,omitempty"`
	CopyrightText    string        `json:"copyrightText"`
	ExternalRefs     []externalRef `json:"externalRefs"`
}

type externalRef struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type relationship struct {
	Element string `json:"spdxElementId"`
	Type    string `json:"relationshipType"`
	Related string `json:"relatedSpdxElement"`
}

func (p *Package) spdx(id string) spdxPackage {
	x := spdxPackage{
		Name: p.Name, SPDXID: id, Version: p.Version, DownloadLocation: "NOASSERTION", SourceInfo: "acquired package info from: /" + p.Source,
		LicenseConcluded: "NOASSERTION", LicenseDeclared: "NOASSERTION", CopyrightText: "NOASSERTION",
		ExternalRefs: []externalRef{{"PACKAGE-MANAGER", "purl", p.URL()}},
	}
	if p.License != "" {
		x.LicenseComments = "the package says: " + p.License
	}
	if p.Supplier != "" {
		x.Supplier = "Organization: " + p.Supplier
	}
	return x
}
