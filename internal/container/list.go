package container

import (
	"strconv"

	"bantam/internal/container/record"
)

// List returns the containers below the root. A broken record does not hide the others: it is
// listed without what it does not say.
func (rt *Runtime) List() ([]Entry, error) {
	ids, err := record.List(rt.Root)
	if err != nil {
		return nil, err
	}
	list := make([]Entry, 0, len(ids))
	for _, id := range ids {
		f, err := record.Open(rt.Root, id)
		switch {
		case err == record.ErrNotExist:
			continue // deleted meanwhile
		case err != nil:
			list = append(list, Entry{Record: &record.Record{ID: id}, State: record.StateStopped})
			continue
		}
		list = append(list, entry(f.Record))
		f.Close()
	}
	return list, nil
}

// JSON writes the list as `list --format json` does.
func JSON(list []Entry) []byte {
	if len(list) == 0 {
		return []byte("null\n")
	}
	b := []byte{'['}
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendEntry(append(b, "\n  "...), &list[i], "  ")
	}
	return append(b, "\n]\n"...)
}

// Table writes the list in columns.
func Table(list []Entry) []byte {
	rows := [][]string{{"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}}
	for i := range list {
		e := &list[i]
		rows = append(rows, []string{e.ID, strconv.Itoa(e.Pid), e.State.String(), e.Bundle, e.created(), e.owner()})
	}
	return columns(rows)
}

// columns pads every column but the last to its widest cell.
func columns(rows [][]string) []byte {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b []byte
	for _, row := range rows {
		for i, cell := range row {
			b = append(b, cell...)
			for pad := len(cell); i < len(row)-1 && pad < widths[i]+3; pad++ {
				b = append(b, ' ')
			}
		}
		b = append(b, '\n')
	}
	return b
}
