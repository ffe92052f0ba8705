package event

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestLineRoundTrip(t *testing.T) {
	for _, e := range []Event{
		{Time: time.Unix(3, 4), Type: "container", Action: "start", ID: "ab", Attributes: map[string]string{"name": "hen", "a \"b\"\n\\": "\xff\x00 ."}},
		{Time: time.Unix(0, 0), Attributes: map[string]string{}},
	} {
		line := strings.Trim(string(e.encode()), "\n")
		got, ok := decode([]byte(line))
		if !ok || !reflect.DeepEqual(*got, e) {
			t.Errorf("%s became %+v", line, got)
		}
		for cut := range len(line) {
			if got, ok := decode([]byte(line[:cut])); ok {
				t.Errorf("%s is no whole line but was read as %+v", line[:cut], got)
			}
		}
	}
}

func TestLongAttributesAreLeftOut(t *testing.T) {
	e := Event{ID: strings.Repeat("i", 2*maxLine), Attributes: map[string]string{"name": "hen", "long": strings.Repeat("\x00", maxLine)}}
	for i := range 5000 {
		e.Attributes["label"+strconv.Itoa(i)] = strings.Repeat("x", 100)
	}
	b := e.encode()
	if len(b) > maxLine {
		t.Fatalf("%d bytes", len(b))
	}
	if got, ok := decode([]byte(strings.Trim(string(b), "\n"))); !ok || got.Attributes["long"] != "" {
		t.Errorf("%v", ok)
	}
}

var errEnough = errors.New("enough")

// Writers in parallel and a reader that follows: nothing is lost over rotations, though one
// writer was killed in the middle of a line.
func TestConcurrentWritersAndRotation(t *testing.T) {
	root := t.TempDir()
	const writers, each = 8, 200
	pad := strings.Repeat("p", maxSize*2/writers/each) // three files in all
	seen := map[string]int{}
	started := make(chan struct{})
	done := make(chan error)
	if err := Append(root, &Event{Time: time.Unix(1, 0), ID: "first"}); err != nil {
		t.Fatal(err)
	}
	go func() {
		done <- Read(t.Context(), root, time.Unix(1, 0), time.Time{}, func(e *Event) error {
			if e.ID == "first" {
				close(started)
				return nil
			}
			if seen[e.ID]++; len(seen) == writers*each {
				return errEnough
			}
			return nil
		})
	}()
	<-started
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				if i == each/2 {
					tear(t, root)
				}
				e := Event{Time: time.Now(), Type: "container", Action: "start", ID: strconv.Itoa(w) + "/" + strconv.Itoa(i), Attributes: map[string]string{"pad": pad}}
				if err := Append(root, &e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if err := <-done; err != errEnough {
		t.Fatal(err)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was seen %d times", id, n)
		}
	}
	files, err := os.ReadDir(dir(root))
	if err != nil || len(files) != 2 {
		t.Errorf("%v, %v", files, err)
	}
	for _, f := range files {
		if st, err := f.Info(); err != nil || st.Size() > 2*maxSize {
			t.Errorf("%s has %d bytes, %v", f.Name(), st.Size(), err)
		}
	}
}

// tear writes what a writer leaves that is killed in the middle.
func tear(t *testing.T, root string) {
	f, err := os.OpenFile(dir(root)+"/log", os.O_WRONLY|os.O_APPEND, 0)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	_, _ = f.WriteString("\n12 \"container\" \"sta")
}

func TestTimes(t *testing.T) {
	root := t.TempDir()
	at := time.Now().Add(-time.Hour)
	for i := range 10 {
		if err := Append(root, &Event{Time: at.Add(time.Duration(i) * time.Minute), ID: strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	keep := func(e *Event) error { got = append(got, e.ID); return nil }
	if err := Read(t.Context(), root, at.Add(2*time.Minute), at.Add(4*time.Minute), keep); err != nil || !reflect.DeepEqual(got, []string{"2", "3", "4"}) {
		t.Errorf("%v, %v", got, err)
	}
	got = nil
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Read(ctx, root, time.Time{}, time.Time{}, keep); err != nil || got != nil {
		t.Errorf("without a since: %v, %v", got, err)
	}
}

func FuzzLine(f *testing.F) {
	f.Add([]byte(`12 "container" "start" "ab" "k" "v" .`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, ok := decode(b)
		if !ok || len(b) > 1000 {
			return
		}
		again, ok := decode([]byte(strings.Trim(string(e.encode()), "\n")))
		if !ok || !again.Time.Equal(e.Time) || again.ID != e.ID || len(again.Attributes) != len(e.Attributes) {
			t.Errorf("%q became %+v", b, again)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	root := b.TempDir()
	e := Event{Time: time.Now(), Type: "container", Action: "start", ID: strings.Repeat("ab", 32), Attributes: map[string]string{"image": "box", "name": "hen"}}
	for b.Loop() {
		if err := Append(root, &e); err != nil {
			b.Fatal(err)
		}
	}
}
