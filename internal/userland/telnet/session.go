package telnet

// The commands of RFC 854.
const (
	iac  = 255
	dont = 254
	do   = 253
	wont = 252
	will = 251
	sub  = 250
	se   = 240
)

// The options that are known.
const (
	optEcho       = 1
	optGoAhead    = 3
	optTerminal   = 24
	optWindow     = 31
	optNewEnviron = 39
)

// mode is who edits the line.
type mode uint8

const (
	unknown    mode = iota
	characters      // the server
	lines           // this end
)

// session is the protocol: what came becomes text and replies.
type session struct {
	terminal, user       string
	hasTerminal, hasUser bool
	columns, lines       int

	mode         mode
	echo, noWait bool // what the server does: ECHO, SUPPRESS GO AHEAD
	refused      bool // line mode was chosen by the server: it may not echo any more
	reply        []byte

	// Of the stream:
	state  state
	wish   byte
	option byte
	first  bool // of a subnegotiation
}

type state uint8

const (
	ordinary  state = iota
	afterCR         // CR NUL is CR
	command         // after IAC
	wished          // after IAC WILL and so on
	within          // in a subnegotiation
	withinIAC       // after an IAC in it
)

// receive returns the text in what came, and adds to reply.
func (s *session) receive(p []byte) (text []byte) {
	text = make([]byte, 0, len(p))
	for _, b := range p {
		switch s.state {
		case afterCR:
			s.state = ordinary
			if b == 0 {
				continue
			}
			fallthrough
		case ordinary:
			switch b {
			case iac:
				s.state = command
			case '\r':
				s.state = afterCR
				fallthrough
			default:
				text = append(text, b)
			}
		case command:
			s.state = ordinary
			switch b {
			case iac:
				text = append(text, b)
			case sub:
				s.state, s.first = within, true
			case do, dont, will, wont:
				s.wish, s.state = b, wished
			}
		case wished:
			s.state = ordinary
			s.negotiate(b)
		case within, withinIAC:
			s.subnegotiate(b)
		}
	}
	return text
}

func (s *session) say(verb, option byte) { s.reply = append(s.reply, iac, verb, option) }

// negotiate answers a wish about an option. A wish for what is so already has no
// answer, so that two ends don't go on for ever.
func (s *session) negotiate(option byte) {
	switch option {
	case optEcho:
		s.negotiateEcho()
	case optGoAhead:
		if s.wish == do || s.wish == dont || s.noWait == (s.wish == will) {
			return
		}
		s.noWait = !s.noWait
		s.say(pick(s.noWait, do, dont), optGoAhead)
	case optTerminal:
		s.say(pick(s.hasTerminal && s.wish == do, will, wont), option)
	case optNewEnviron:
		s.say(pick(s.hasUser && s.wish == do, will, wont), option)
	case optWindow:
		if s.wish == do {
			s.say(will, option)
			s.subOption(option, byte(s.columns>>8), byte(s.columns), byte(s.lines>>8), byte(s.lines))
		}
	default:
		switch s.wish {
		case will:
			s.say(dont, option)
		case do:
			s.say(wont, option)
		}
	}
}

func pick(yes bool, a, b byte) byte {
	if yes {
		return a
	}
	return b
}

// negotiateEcho: whoever echoes edits the line.
func (s *session) negotiateEcho() {
	switch {
	case s.wish == do:
		s.say(wont, optEcho)
		return
	case s.wish == dont, s.echo == (s.wish == will):
		return
	}
	if !s.refused {
		s.echo = !s.echo
	}
	s.say(pick(s.echo, do, dont), optEcho)
	s.setMode()
}

func (s *session) setMode() {
	switch {
	case !s.echo:
		s.mode, s.refused = lines, true
	case s.mode != characters:
		s.mode = characters
	}
}

// want asks for a mode of this end's choice.
func (s *session) want(character bool) {
	s.refused = false
	s.echo, s.noWait = character, character
	s.setMode()
	s.refused = false
	verb := pick(character, do, dont)
	s.say(verb, optEcho)
	s.say(verb, optGoAhead)
}

// subOption adds a subnegotiation, in which an IAC is doubled.
func (s *session) subOption(option byte, value ...byte) {
	s.reply = append(s.reply, iac, sub, option)
	for _, b := range value {
		if b == iac {
			s.reply = append(s.reply, iac)
		}
		s.reply = append(s.reply, b)
	}
	s.reply = append(s.reply, iac, se)
}

// subnegotiate reads a byte of a subnegotiation: the server asks for the terminal's type
// or the user's name.
func (s *session) subnegotiate(b byte) {
	if s.state == withinIAC {
		s.state = within
		if b == se {
			s.state = ordinary
			switch {
			case s.option == optTerminal && s.hasTerminal:
				s.subOption(optTerminal, append([]byte{0}, s.terminal...)...)
			case s.option == optNewEnviron && s.hasUser:
				// IS VAR "USER" VALUE name
				s.subOption(optNewEnviron, append([]byte("\x00\x00USER\x01"), s.user...)...)
			}
		}
		return
	}
	if b == iac {
		s.state = withinIAC
		return
	}
	if s.first {
		s.option, s.first = b, false
	}
}
