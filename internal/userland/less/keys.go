package less

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/term"
)

// press does what a key is for.
func (p *pager) press(key rune) {
	page, half := int64(p.rows), int64(p.rows/2)
	switch key {
	case term.Down, 'e', 'j', '\r', '\n':
		p.down(1)
	case term.Up, 'y', 'k':
		p.up(1)
	case term.PageDown, ' ', 'z', 'f':
		p.down(page)
	case term.PageUp, 'w', 'b':
		p.up(page)
	case 'd':
		p.down(half)
	case 'u':
		p.up(half)
	case term.Home, 'g', 'p', '<', '%':
		p.jump(0)
	case term.End, 'G', '>':
		p.last()
	case 'q', 'Q':
		p.quit(0)
	case 'r', 'R', 'L' & 0x1f:
		p.measure()
		p.show()
	case '=':
		p.longStatus()
		p.flush()
	default:
		p.other(key)
	}
}

// other are the keys that ask for something.
func (p *pager) other(key rune) {
	switch {
	case key == 'm' || key == '\'':
		p.mark(key)
	case key == 's':
		p.save()
	case key == 'E':
		p.examine()
	case key == '/' || key == '?':
		p.newSearch(key)
	case key == 'n':
		p.again(1, true)
	case key == 'N':
		p.again(1, false)
	case key == '-':
		p.flag()
	case key == ':':
		p.colon()
	case key > 0 && key < 128 && strings.IndexByte("{([", byte(key)) >= 0:
		p.bracket(byte(key), true)
	case key > 0 && key < 128 && strings.IndexByte("})]", byte(key)) >= 0:
		p.bracket(byte(key), false)
	case key >= '0' && key <= '9':
		p.number(key)
	}
}

// ask reads a line in the last row.
func (p *pager) ask(prompt string) (answer string, ok bool) {
	for {
		p.write("\r\x1b[K" + prompt + answer)
		p.flush()
		switch key := p.key(); {
		case p.done || key == term.Escape:
			return "", false
		case key == '\r' || key == '\n':
			return answer, true
		case key == '\b' || key == 127:
			if answer == "" {
				return "", false
			}
			r := []rune(answer)
			answer = string(r[:len(r)-1])
		case key >= ' ' && key < term.Byte && len(answer) < 1000:
			answer += string(key)
		}
	}
}

// number is a number and then a key.
func (p *pager) number(digit rune) {
	n := int64(0)
	for digit >= '0' && digit <= '9' {
		n = min(n*10+int64(digit-'0'), 1<<50)
		p.write("\r\x1b[K:" + strconv.FormatInt(n, 10))
		p.flush()
		digit = p.key()
	}
	if n == 0 {
		p.show()
		return
	}
	switch digit {
	case term.Down, 'z', 'd', 'e', 'j', ' ', '\r':
		p.down(n)
	case term.Up, 'b', 'w', 'y', 'k', 'u':
		p.up(n)
	case 'g', '<', 'G', '>':
		p.jump(p.src.line(n))
	case 'p', '%':
		p.jump(p.src.line(p.src.count()*min(n, 100)/100 + 1))
	case 'n':
		p.again(n, true)
	case 'N':
		p.again(n, false)
	case '/', '?':
		p.newSearch(digit)
	default:
		p.show()
	}
}

// mark sets or goes to a mark.
func (p *pager) mark(key rune) {
	if key == 'm' {
		p.say("Mark: ")
	} else {
		p.say("Go to mark: ")
	}
	letter := p.key()
	i := -1
	switch {
	case letter >= 'a' && letter <= 'z':
		i = int(letter - 'a')
	case letter >= 'A' && letter <= 'Z':
		i = int(letter-'A') + 26
	}
	switch {
	case i < 0:
		p.say("Invalid mark letter")
	case key == 'm':
		p.marks[i], p.marked[i] = p.top, true
		p.show()
	case !p.marked[i]:
		p.say("Mark not set")
	default:
		p.jump(p.marks[i])
	}
}

// flag is - and an option.
func (p *pager) flag() {
	p.write("\r\x1b[K-")
	p.flush()
	switch p.key() {
	case 'M', 'm':
		p.long = !p.long
	case 'E':
		p.quitAtEnd = !p.quitAtEnd
	case '~':
		p.noTildes = !p.noTildes
	case 'I':
		p.ignoreCase = !p.ignoreCase
	case 'S':
		p.chop = !p.chop
		p.top = p.src.begin(p.top)
	case 'N':
		p.numbers = !p.numbers
		p.top = p.src.begin(p.top)
	case 'R':
		p.plain = !p.plain
	}
	p.show()
}

func (p *pager) colon() {
	p.say(" :")
	switch p.key() {
	case 'n':
		p.change(p.at + 1)
	case 'p':
		p.change(p.at - 1)
	case 'x':
		p.change(0)
	case 'd':
		p.drop()
	case 'e':
		p.examine()
	case 'f':
		p.longStatus()
		p.flush()
	case 'q', 'Q':
		p.quit(0)
	default:
		p.show()
	}
}

// change goes to another file.
func (p *pager) change(to int) {
	switch {
	case to >= len(p.files):
		p.say("No next file")
		return
	case to < 0:
		p.say("No previous file")
		return
	}
	old := p.at
	if p.at = to; !p.open() {
		p.at = old
		return
	}
	p.show()
}

// drop takes the present file off the list.
func (p *pager) drop() {
	if len(p.files) < 2 {
		p.show()
		return
	}
	gone := p.at
	to := gone - 1
	if to < 0 {
		to = 1
	}
	p.change(to)
	p.files = append(append([]string(nil), p.files[:gone]...), p.files[gone+1:]...)
	if p.at > gone {
		p.at--
	}
	p.show()
}

func (p *pager) examine() {
	name, ok := p.ask("Examine: ")
	if !ok || name == "" {
		p.show()
		return
	}
	if syscall.Access(name, 4) != nil {
		p.say("Cannot read this file")
		return
	}
	p.files, p.at = []string{name}, 0
	if p.open() {
		p.show()
	}
}

// save writes what was read of the text into a file.
func (p *pager) save() {
	name, ok := p.ask("Log file: ")
	if !ok || name == "" {
		p.show()
		return
	}
	out, err := applet.Create(name, 0o666)
	if err != nil {
		p.say("Error opening log file")
		return
	}
	for off := int64(0); ; {
		part := p.src.at(off, chunk)
		if len(part) == 0 {
			break
		}
		out.Write(part)
		off += int64(len(part))
	}
	if err := out.Close(); err != nil {
		p.say("Error writing log file: " + applet.Reason(err))
		return
	}
	p.say("Done")
}
