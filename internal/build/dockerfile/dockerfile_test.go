package dockerfile

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the expected results of testdata anew")

// evaluate parses a text and evaluates its target; base images are as the map has them.
func evaluate(text string, opt Options, bases map[string]*Image) (*File, *Stage, error) {
	f, err := Parse([]byte(text), opt)
	if err != nil {
		return nil, nil, err
	}
	target, err := f.Target()
	if err != nil {
		return f, nil, err
	}
	for round := 0; ; round++ {
		needed, err := f.Needed(target)
		if err != nil {
			return f, target, err
		}
		again := false
		for _, s := range needed {
			if !s.Unbased() || s.Scratch() {
				continue
			}
			again = true
			img := bases[s.Base]
			if img == nil {
				img = &Image{}
			}
			s.Ref = s.Base
			if err := s.SetBase(img); err != nil {
				return f, target, err
			}
		}
		if !again || round > 50 {
			for _, s := range needed {
				if err := s.Evaluate(); err != nil {
					return f, target, err
				}
			}
			return f, target, nil
		}
	}
}

// dump is what came out, for people.
func dump(f *File, target *Stage) string {
	var b strings.Builder
	needed, _ := f.Needed(target)
	for _, s := range needed {
		fmt.Fprintf(&b, "stage %q from %s on %s\n", s.title, s.Base, s.Wants())
		for _, x := range s.Steps {
			fmt.Fprintf(&b, "  %s\n", x.Name)
		}
	}
	for _, h := range target.Image.History {
		fmt.Fprintf(&b, "history %q empty %v\n", h.CreatedBy, h.EmptyLayer)
	}
	config, _ := json.Marshal(target.Image.Config)
	fmt.Fprintf(&b, "config %s\n", config)
	var list []string
	for _, w := range f.Warnings {
		list = append(list, fmt.Sprintf("warning %s line %d: %s\n", w.Rule, Line(w.Lines), w.Text))
	}
	slices.Sort(list) // rules over a map have no order
	return b.String() + strings.Join(slices.Compact(list), "")
}

// Each case of testdata/cases.txtar is NAME.df, its build arguments NAME.args, and what
// comes out, NAME.want, which -update writes.
func TestCases(t *testing.T) {
	a, err := txtar.ParseFile("testdata/cases.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range a.Files {
		files[f.Name] = string(f.Data)
	}
	trigger := &Image{}
	trigger.Config.OnBuild = []string{"RUN echo triggered", "COPY --from=tools /x /y"}
	out := &txtar.Archive{Comment: a.Comment}
	for _, x := range a.Files {
		name, ok := strings.CutSuffix(x.Name, ".df")
		if !ok {
			continue
		}
		opt := Options{Build: Platform{OS: "linux", Arch: "amd64"}, Args: map[string]string{}}
		for l := range strings.SplitSeq(strings.TrimSpace(files[name+".args"]), "\n") {
			if k, v, ok := strings.Cut(l, "="); ok {
				opt.Args[k] = v
			}
		}
		f, target, err := evaluate(string(x.Data), opt, map[string]*Image{"trigger": trigger})
		got := ""
		if err != nil {
			got = Explain("Dockerfile", x.Data, err) + "error " + err.Error() + "\n"
		} else {
			got = dump(f, target)
		}
		if want := files[name+".want"]; got != want && !*update {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
		out.Files = append(out.Files, x)
		if args, ok := files[name+".args"]; ok {
			out.Files = append(out.Files, txtar.File{Name: name + ".args", Data: []byte(args)})
		}
		out.Files = append(out.Files, txtar.File{Name: name + ".want", Data: []byte(got)})
	}
	if *update {
		if err := os.WriteFile("testdata/cases.txtar", txtar.Format(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPlatforms(t *testing.T) {
	for text, want := range map[string]string{
		"linux/amd64": "linux/amd64", "amd64": "linux/amd64", "x86_64": "linux/amd64", "linux/arm64/v8": "linux/arm64", "arm": "linux/arm/v7", "linux/arm/6": "linux/arm/v6",
		"linux/386": "linux/386", "Linux/ARM64": "linux/arm64",
	} {
		if p, err := ParsePlatform(text); err != nil || p.String() != want {
			t.Errorf("%s: %s, %v", text, p, err)
		}
	}
	for _, text := range []string{"", "/", "linux/", "a/b/c/d", "frob", "linux/amd 64"} {
		if p, err := ParsePlatform(text); err == nil {
			t.Errorf("%q: %s", text, p)
		}
	}
}

func TestGit(t *testing.T) {
	for text, want := range map[string]string{
		"https://host/a/b.git#main:sub/dir": "https://host/a/b.git main sub/dir", "git@host:a/b.git#v1": "git@host:a/b.git v1 ",
		"git://host/x": "git://host/x  ", "https://host/a.git?tag=v2&subdir=d": "https://host/a.git refs/tags/v2 d", "ssh://git@host/x#:up/../d": "ssh://git@host/x  d",
	} {
		g, is, err := ParseGit(text)
		if err != nil || !is || g.Remote+" "+g.Ref+" "+g.Folder != want {
			t.Errorf("%s: %+v, %v, %v", text, g, is, err)
		}
	}
	for _, text := range []string{"https://host/a.tar.gz", "dir/file", "a:b", "./git@host:x", "http://host/"} {
		if _, is, _ := ParseGit(text); is {
			t.Errorf("%s is taken for a repository", text)
		}
	}
	for _, text := range []string{"ssh://host/x#-oProxy", "https://h/a.git?frob=1", "https://h/a.git?ref=a&tag=b", "https://h/a.git?keep-git-dir=maybe"} {
		if _, _, err := ParseGit(text); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

// Whatever the text, it is refused or gives steps whose paths are clean.
func FuzzParse(f *testing.F) {
	a, err := txtar.ParseFile("testdata/cases.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, x := range a.Files {
		if strings.HasSuffix(x.Name, ".df") {
			f.Add(string(x.Data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, target, err := evaluate(text, Options{Build: Host()}, nil)
		if err != nil {
			_ = Explain("Dockerfile", []byte(text), err)
			return
		}
		needed, err := file.Needed(target)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range needed {
			for _, x := range s.Steps {
				if x.Copy != nil && (x.Copy.Dest == "" || x.Copy.Dest[0] != '/' || strings.Contains(x.Copy.Dest+"/", "/../")) {
					t.Errorf("destination %q", x.Copy.Dest)
				}
				if x.Run != nil && len(x.Run.Args) == 0 {
					t.Error("a RUN without a command")
				}
				if x.History >= len(s.Image.History) || s.Image.History[x.History].EmptyLayer {
					t.Errorf("%s has no entry in the history", x.Name)
				}
			}
		}
		if _, err := json.Marshal(target.Image); err != nil {
			t.Error(err)
		}
	})
}
