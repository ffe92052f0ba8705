package find

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet/modes"
	"bantam/internal/userland/applet/regex"
	"bantam/internal/userland/applet/tree"
	"bantam/internal/userland/applet/users"
	"golang.org/x/sys/unix"
)

// parser reads an expression.
type parser struct {
	f     *finder
	args  []string
	wrong string
	usage bool // wrong in a way that the help is shown
}

// groups are joined by -o, the tests of a group by -a.
type groups [][]test

// test is a test or an action.
type test struct {
	kind   kind
	invert bool
	sign   byte // + - / or 0: how a number is compared
	number int64
	other  uint64
	text   string
	regex  *regex.Regexp
	inner  groups
	run    *command
}

// kind says what a test looks at.
type kind uint8

const (
	kPrint kind = iota
	kPrint0
	kName
	kIName
	kPath
	kIPath
	kRegex
	kType
	kExecutable
	kPerm
	kMtime
	kAtime
	kCtime
	kNewer
	kInum
	kSameFile
	kUser
	kGroup
	kSize
	kLinks
	kEmpty
	kPrune
	kQuit
	kDelete
	kExec
	kParen
)

func (p *parser) fail(text string) {
	if p.wrong == "" {
		p.wrong = text
	}
}

// take returns the value of an option or test.
func (p *parser) take(name string) string {
	if len(p.args) == 0 {
		p.fail(name + " requires an argument")
		return ""
	}
	value := p.args[0]
	p.args = p.args[1:]
	return value
}

// expression reads up to the end of the arguments.
func (p *parser) expression() groups {
	all := groups{nil}
	invert := false
	for len(p.args) > 0 && p.wrong == "" {
		word := p.take("")
		switch word {
		case "-a", "-and":
		case "-o", "-or":
			all = append(all, nil)
		case "!", "-not":
			invert = !invert
		default:
			if p.option(word) {
				continue
			}
			t := test{invert: invert}
			invert = false
			if !p.simple(word, &t) && !p.valued(word, &t) {
				p.fail("unrecognized: " + word)
				p.usage = true
			}
			if t.run != nil {
				t.run.invert = t.invert
			}
			last := &all[len(all)-1]
			*last = append(*last, t)
		}
	}
	return all
}

// option reads what holds for the whole search, wherever it stands.
func (p *parser) option(word string) bool {
	switch word {
	case "-follow":
		p.f.follow(tree.Always)
	case "-xdev":
		p.f.oneSystem = true
	case "-depth":
		p.f.depth = true
	case "-mindepth", "-maxdepth":
		n := int(p.count(p.take(word)))
		if word == "-mindepth" {
			p.f.least = n
		} else {
			p.f.most = n
		}
	default:
		return false
	}
	return true
}

// simple reads what has no value.
func (p *parser) simple(word string, t *test) bool {
	switch word {
	case "-print":
		t.kind, p.f.acts = kPrint, true
	case "-print0":
		t.kind, p.f.acts = kPrint0, true
	case "-prune":
		t.kind = kPrune
	case "-quit":
		t.kind = kQuit
	case "-delete":
		t.kind, p.f.acts, p.f.depth = kDelete, true, true
	case "-empty":
		t.kind = kEmpty
	case "-executable":
		t.kind = kExecutable
	case "-exec", "-ok":
		t.kind, p.f.acts = kExec, true
		t.run = p.command(word)
	case "(":
		t.kind = kParen
		p.paren(t)
	default:
		return false
	}
	return true
}

// paren reads up to the closing parenthesis.
func (p *parser) paren(t *test) {
	nested := 1
	for i, word := range p.args {
		switch word {
		case "(":
			nested++
		case ")":
			if nested--; nested == 0 {
				rest := p.args[i+1:]
				p.args = p.args[:i]
				t.inner = p.expression()
				p.args = rest
				return
			}
		}
	}
	p.fail("unpaired '('")
}

// valued reads a test with a value.
func (p *parser) valued(word string, t *test) bool {
	known := false
	for i, name := range [...]string{
		"-name", "-iname", "-path", "-ipath", "-regex", "-type", "-perm", "-mtime", "-atime", "-ctime",
		"-mmin", "-amin", "-cmin", "-newer", "-inum", "-samefile", "-user", "-group", "-size", "-links", "-wholename",
	} {
		if name == word {
			known = true
			t.kind = [...]kind{
				kName, kIName, kPath, kIPath, kRegex, kType, kPerm, kMtime, kAtime, kCtime,
				kMtime, kAtime, kCtime, kNewer, kInum, kSameFile, kUser, kGroup, kSize, kLinks, kPath,
			}[i]
		}
	}
	if !known {
		return false
	}
	t.text = p.take(word)
	if p.wrong == "" {
		p.value(word, t)
	}
	return true
}

// value makes of the text what the test compares with.
func (p *parser) value(word string, t *test) {
	number := t.text
	if number != "" && (number[0] == '+' || number[0] == '-') {
		t.sign, number = number[0], number[1:]
	}
	switch t.kind {
	case kRegex:
		re, err := regex.Compile(t.text, 0)
		if err != nil {
			p.fail("bad regex '" + t.text + "': " + err.Error())
		}
		t.regex = re
	case kType:
		i := strings.Index("p c d b f l s", t.text)
		if len(t.text) != 1 || i < 0 {
			p.fail("invalid argument '" + t.text + "' to '-type'")
			return
		}
		t.number = int64([...]uint8{
			syscall.DT_FIFO, 0, syscall.DT_CHR, 0, syscall.DT_DIR, 0, syscall.DT_BLK, 0,
			syscall.DT_REG, 0, syscall.DT_LNK, 0, syscall.DT_SOCK,
		}[i])
	case kPerm:
		if t.sign == 0 && strings.HasPrefix(number, "/") {
			t.sign, number = '/', number[1:]
		}
		mode, ok := modes.Parse(number, 0, modes.Umask)
		if !ok {
			p.fail("invalid mode '" + number + "'")
		}
		t.number = int64(mode)
	case kMtime, kAtime, kCtime:
		t.number = p.count(number)
		t.other = 24 * 3600
		if strings.HasSuffix(word, "min") {
			t.other = 60
		}
	case kLinks:
		t.number = p.count(number)
	case kInum:
		t.number = p.count(t.text)
	case kSize:
		t.number = p.size(number)
	case kUser, kGroup:
		p.owner(t)
	case kNewer, kSameFile:
		p.file(t)
	}
}

func (p *parser) count(text string) int64 {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		p.fail("invalid number '" + text + "'")
	}
	return int64(n)
}

func (p *parser) size(text string) int64 {
	unit := int64(512)
	if n := len(text); n > 0 {
		i := strings.IndexByte("cwbk", text[n-1])
		if i >= 0 {
			unit = [4]int64{1, 2, 512, 1024}[i]
			text = text[:n-1]
		}
	}
	n := p.count(text)
	if n > 1<<53 {
		p.fail("invalid number '" + text + "'")
	}
	return n * unit
}

func (p *parser) owner(t *test) {
	find, what := users.UID, "user "
	if t.kind == kGroup {
		find, what = users.GID, "group "
	}
	id, ok := find(t.text)
	if !ok {
		p.fail("unknown " + what + t.text)
	}
	t.number = int64(id)
}

func (p *parser) file(t *test) {
	var st unix.Stat_t
	look := unix.Stat
	if t.kind == kSameFile && p.f.walk.Follow == tree.Never {
		look = unix.Lstat
	}
	if err := look(t.text, &st); err != nil {
		p.fail("can't stat '" + t.text + "': " + reason(err))
	}
	if t.kind == kNewer {
		t.number = nanoseconds(&st)
		return
	}
	t.number, t.other = int64(st.Ino), uint64(st.Dev)
}
