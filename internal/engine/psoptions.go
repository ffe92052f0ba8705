package engine

import (
	"errors"
	"slices"
	"strings"
)

// The formats of ps that its letters choose.
const (
	psPlain = "pid,tty=TTY,time,cmd"
	psFull  = "user=UID,pid,ppid,c,stime,tty=TTY,time,cmd"
	psLong  = "f,s,uid,pid,ppid,c,pri,ni,tty=TTY,time,cmd"
	psJobs  = "pid,pgid,sid,tty=TTY,time,cmd"
	psUser  = "user,pid,%cpu,%mem,vsz,rss,tty=TTY,stat,bsdstart,bsdtime,args"
	psBSD   = "pid,tty=TTY,stat,bsdtime,args"
)

// psColumns reads the options of ps that choose columns. Those that choose processes are
// taken and change nothing, for the container's own are chosen.
func psColumns(options []string) ([]column, error) {
	format := ""
	if len(options) == 0 {
		format = psFull
	}
	var list []string
	for len(options) > 0 {
		o := options[0]
		options = options[1:]
		letters := strings.TrimPrefix(o, "-")
		if long, ok := strings.CutPrefix(o, "--"); ok {
			name, value, has := strings.Cut(long, "=")
			if name != "format" || !has {
				return nil, badPs(o)
			}
			list = append(list, value)
			continue
		}
		if at := strings.IndexByte(letters, 'o'); at >= 0 {
			value := letters[at+1:]
			if value == "" && len(options) > 0 {
				value, options = options[0], options[1:]
			}
			if value == "" {
				return nil, errors.New("ps: format specification must follow -o")
			}
			list, letters = append(list, value), letters[:at]
		}
		f, err := psFormat(letters, o[0] == '-', o)
		if err != nil {
			return nil, err
		}
		if f != "" {
			format = f
		}
	}
	switch {
	case len(list) > 0:
		format = strings.Join(list, ",")
	case format == "":
		format = psPlain
	}
	return psList(format)
}

// psFormat is the format that an option's letters choose; dashed letters mean other things.
func psFormat(letters string, dashed bool, whole string) (format string, err error) {
	if !dashed && letters != "" {
		format = psBSD
	}
	for _, c := range letters {
		switch {
		case strings.ContainsRune("eAadNwxTrcgn", c), c == 'H', c == 'y':
		case dashed && c == 'f':
			format = psFull
		case dashed && c == 'F':
			format = "user=UID,pid,ppid,c,vsz=SZ,rss,psr,stime,tty=TTY,time,cmd"
		case c == 'l':
			format = psLong
		case c == 'j':
			format = psJobs
		case !dashed && c == 'u':
			format = psUser
		case !dashed && c == 'f':
		default:
			return "", badPs(whole)
		}
	}
	return format, nil
}

func badPs(option string) error {
	return errors.New("ps: option " + option + " is not there: -ef, aux, -l, -j and -o COLUMN,... are")
}

// psList reads what -o takes: NAME[=TITLE] with commas or blanks. A pid must be among them,
// as docker has it.
func psList(format string) (list []column, err error) {
	pid := false
	for _, word := range strings.FieldsFunc(format, func(r rune) bool { return r == ',' || r == ' ' }) {
		name, title, titled := strings.Cut(word, "=")
		c, err := psColumn(strings.ToLower(name))
		if err != nil {
			return nil, err
		}
		if titled {
			c.title = title
		}
		pid = pid || c.title == "PID"
		list = append(list, c)
	}
	if !pid {
		return nil, errors.New("Couldn't find PID field in ps output")
	}
	return slices.Clip(list), nil
}
