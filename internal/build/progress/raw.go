package progress

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"bantam/internal/image/digest"
)

// Raw writes BuildKit's --progress=rawjson: one client.SolveStatus a line.
type Raw struct{ out *json.Encoder }

// NewRaw writes to w.
func NewRaw(w io.Writer) *Raw { return &Raw{json.NewEncoder(w)} }

type rawStatus struct {
	Vertexes []rawVertex  `json:"vertexes,omitempty"`
	Statuses []rawNote    `json:"statuses,omitempty"`
	Logs     []rawLog     `json:"logs,omitempty"`
	Warnings []rawWarning `json:"warnings,omitempty"`
}

type rawVertex struct {
	Digest    digest.Digest   `json:"digest"`
	Inputs    []digest.Digest `json:"inputs,omitempty"`
	Name      string          `json:"name"`
	Started   *time.Time      `json:"started,omitempty"`
	Completed *time.Time      `json:"completed,omitempty"`
	Cached    bool            `json:"cached,omitempty"`
	Error     string          `json:"error,omitempty"`
}

type rawNote struct {
	ID        string        `json:"id"`
	Vertex    digest.Digest `json:"vertex"`
	Name      string        `json:"name"`
	Current   int64         `json:"current"`
	Total     int64         `json:"total,omitempty"`
	Timestamp time.Time     `json:"timestamp"`
	Completed *time.Time    `json:"completed,omitempty"`
}

type rawLog struct {
	Vertex    digest.Digest `json:"vertex"`
	Stream    int           `json:"stream"`
	Data      []byte        `json:"data"`
	Timestamp time.Time     `json:"timestamp"`
}

type rawWarning struct {
	Vertex digest.Digest `json:"vertex"`
	Level  int           `json:"level"`
	Short  []byte        `json:"short"`
}

// id names a step: BuildKit's vertices have digests.
func (s *Step) id() digest.Digest {
	return digest.FromBytes([]byte(strconv.Itoa(s.Number) + " " + s.Name + s.Begin.String()))
}

// Event writes one event.
func (r *Raw) Event(e *Event) {
	id := e.Step.id()
	var st rawStatus
	switch e.Kind {
	case Output:
		st.Logs = []rawLog{{id, e.Stream, e.Text, e.Time}}
	case Noted:
		n := rawNote{ID: string(e.Text), Vertex: id, Name: string(e.Text), Current: e.Current, Total: e.Total, Timestamp: e.Time}
		if e.Finished {
			n.Completed = &e.Time
		}
		st.Statuses = []rawNote{n}
	case Warned:
		st.Warnings = []rawWarning{{id, 1, e.Text}}
	default:
		v := rawVertex{Digest: id, Name: e.Step.Name, Started: &e.Step.Begin, Cached: e.Kind == Cached}
		for _, i := range e.Step.Inputs {
			v.Inputs = append(v.Inputs, i.id())
		}
		if e.Kind != Started {
			v.Completed = &e.Time
		}
		switch e.Kind {
		case Failed:
			v.Error = string(e.Text)
		case Canceled:
			v.Error = "context canceled"
		}
		st.Vertexes = []rawVertex{v}
	}
	_ = r.out.Encode(st) // a progress that can't be shown is no reason to end the build
}

// Close has nothing to do.
func (r *Raw) Close() {}
