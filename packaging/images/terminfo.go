package main

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// terminal is an entry of the terminfo database, for the programs of others that
// a container brings: the userland's own know the terminals that they meet.
type terminal struct {
	name, about string
	text        string // capabilities as infocmp -1 prints them, separated by commas and blanks
}

const ansi = `am msgr xenl cols#80 it#8 lines#24 bel=^G cr=\r cub1=\b cud1=\n ind=\n ht=\t cuf1=\E[C cuu1=\E[A home=\E[H clear=\E[H\E[2J
 el=\E[K el1=\E[1K ed=\E[J cup=\E[%i%p1%d;%p2%dH cub=\E[%p1%dD cud=\E[%p1%dB cuf=\E[%p1%dC cuu=\E[%p1%dA
 csr=\E[%i%p1%d;%p2%dr ri=\EM sc=\E7 rc=\E8 bold=\E[1m rev=\E[7m blink=\E[5m smul=\E[4m rmul=\E[24m smso=\E[7m rmso=\E[27m
 kbs=\177 kdch1=\E[3~ kich1=\E[2~ knp=\E[6~ kpp=\E[5~ `

const vt220 = ansi + `sgr0=\E[m\017 dch1=\E[P dch=\E[%p1%dP dl1=\E[M dl=\E[%p1%dM il1=\E[L il=\E[%p1%dL ich=\E[%p1%d@ ech=\E[%p1%dX smir=\E[4h rmir=\E[4l `

const colours = `colors#8 pairs#64 op=\E[39;49m setaf=\E[3%p1%dm setab=\E[4%p1%dm civis=\E[?25l cnorm=\E[?25h `

const colours256 = `colors#256 pairs#32767 op=\E[39;49m setaf=\E[%?%p1%{8}%<%t3%p1%d%e%p1%{16}%<%t9%p1%{8}%-%d%e38;5;%p1%d%;m
 setab=\E[%?%p1%{8}%<%t4%p1%d%e%p1%{16}%<%t10%p1%{8}%-%d%e48;5;%p1%d%;m civis=\E[?25l cnorm=\E[?25h `

const xterm = vt220 + `smcup=\E[?1049h rmcup=\E[?1049l smkx=\E[?1h\E= rmkx=\E[?1l\E>
 kcub1=\EOD kcud1=\EOB kcuf1=\EOC kcuu1=\EOA khome=\EOH kend=\EOF kf1=\EOP kf2=\EOQ kf3=\EOR kf4=\EOS kf5=\E[15~ kf6=\E[17~ kf7=\E[18~ kf8=\E[19~ kf9=\E[20~ kf10=\E[21~ `

const screen = vt220 + `smcup=\E[?1049h rmcup=\E[?1049l smkx=\E[?1h\E= rmkx=\E[?1l\E>
 kcub1=\EOD kcud1=\EOB kcuf1=\EOC kcuu1=\EOA khome=\E[1~ kend=\E[4~ kf1=\EOP kf2=\EOQ kf3=\EOR kf4=\EOS kf5=\E[15~ kf6=\E[17~ kf7=\E[18~ kf8=\E[19~ kf9=\E[20~ kf10=\E[21~ `

var terminals = []terminal{
	{"dumb", "80-column dumb tty", `am cols#80 bel=^G cr=\r cud1=\n ind=\n`},
	{"linux", "Linux console", vt220 + colours + `kcub1=\E[D kcud1=\E[B kcuf1=\E[C kcuu1=\E[A khome=\E[1~ kend=\E[4~`},
	{"screen", "GNU Screen", screen + colours},
	{"screen-256color", "GNU Screen with 256 colors", screen + colours256},
	{"tmux", "tmux terminal multiplexer", screen + colours},
	{"tmux-256color", "tmux with 256 colors", screen + colours256},
	{"vt100", "DEC VT100", ansi + `sgr0=\E[m\017 kcub1=\EOD kcud1=\EOB kcuf1=\EOC kcuu1=\EOA smkx=\E[?1h\E= rmkx=\E[?1l\E>`},
	{"vt220", "DEC VT220", vt220 + `kcub1=\E[D kcud1=\E[B kcuf1=\E[C kcuu1=\E[A`},
	{"xterm", "X11 terminal emulator", xterm + colours},
	{"xterm-256color", "X11 terminal emulator with 256 colors", xterm + colours256},
}

// The places of the capabilities in an entry (term(5), <term.h>).
var (
	booleans = map[string]int{"am": 1, "xenl": 4, "msgr": 14}
	numbers  = map[string]int{"cols": 0, "it": 1, "lines": 2, "colors": 13, "pairs": 14}
	texts    = map[string]int{
		"bel": 1, "cr": 2, "csr": 3, "clear": 5, "el": 6, "ed": 7, "cup": 10, "cud1": 11, "home": 12, "civis": 13, "cub1": 14, "cnorm": 16, "cuf1": 17, "cuu1": 19,
		"dch1": 21, "dl1": 22, "blink": 26, "bold": 27, "smcup": 28, "smir": 31, "rev": 34, "smso": 35, "smul": 36, "ech": 37, "sgr0": 39, "rmcup": 40, "rmir": 42, "rmso": 43, "rmul": 44,
		"il1": 53, "kbs": 55, "kdch1": 59, "kcud1": 61, "kf1": 66, "kf10": 67, "kf2": 68, "kf3": 69, "kf4": 70, "kf5": 71, "kf6": 72, "kf7": 73, "kf8": 74, "kf9": 75,
		"khome": 76, "kich1": 77, "kcub1": 79, "knp": 81, "kpp": 82, "kcuf1": 83, "kcuu1": 87, "rmkx": 88, "smkx": 89, "dch": 105, "dl": 106, "cud": 107, "ich": 108, "il": 110, "cub": 111, "cuf": 112, "cuu": 114,
		"rc": 126, "sc": 128, "ind": 129, "ri": 130, "ht": 134, "kend": 164, "el1": 269, "op": 297, "setaf": 359, "setab": 360,
	}
)

// compile makes the binary entry (term(5), legacy storage format).
func (t terminal) compile() ([]byte, error) {
	flags := make([]byte, 15)
	values := slices.Repeat([]int16{-1}, 15)
	offsets := slices.Repeat([]int16{-1}, 361)
	var table []byte
	for _, word := range strings.Fields(t.text) {
		if name, text, ok := strings.Cut(word, "="); ok {
			i, known := texts[name]
			if !known {
				return nil, fmt.Errorf("unknown capability %s", name)
			}
			offsets[i] = int16(len(table))
			table = append(append(table, unescape(text)...), 0)
			continue
		}
		name, number, isNumber := strings.Cut(word, "#")
		if !isNumber {
			i, known := booleans[name]
			if !known {
				return nil, fmt.Errorf("unknown capability %s", name)
			}
			flags[i] = 1
			continue
		}
		i, known := numbers[name]
		if _, err := fmt.Sscan(number, &values[i]); err != nil || !known {
			return nil, fmt.Errorf("capability %s", word)
		}
	}
	names := t.name + "|" + t.about + "\x00"
	b := make([]byte, 0, 2048)
	for _, n := range []int{0o432, len(names), len(flags), len(values), len(offsets), len(table)} {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
	}
	b = append(append(b, names...), flags...)
	if len(b)%2 == 1 {
		b = append(b, 0)
	}
	for _, v := range append(values, offsets...) {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return append(b, table...), nil
}

var escapes = strings.NewReplacer(`\E`, "\x1b", `\r`, "\r", `\n`, "\n", `\t`, "\t", `\b`, "\b", `\017`, "\x0f", `\177`, "\x7f", "^G", "\a")

func unescape(s string) string { return escapes.Replace(s) }
