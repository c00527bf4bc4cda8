package home

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestState(t *testing.T) {
	h := open(t)
	must(t, h.UpdateState(t.Context(), func(s *State) error {
		s.Current, s.Previous = "github", "petstore"
		s.Accounts["github"] = "work"
		return nil
	}))
	s, err := h.ReadState()
	must(t, err)
	if s.Current != "github" || s.Previous != "petstore" || s.Accounts["github"] != "work" || len(s.Accounts) != 1 {
		t.Errorf("%+v", s)
	}
	data, err := os.ReadFile(h.Join(StateFile))
	must(t, err)
	want := "{\n  \"accounts\": {\n    \"github\": \"work\"\n  },\n  \"current\": \"github\",\n  \"previous\": \"petstore\"\n}\n"
	if string(data) != want {
		t.Errorf("file:\n%s", data)
	}
}

func TestStateKeepsWhatItDoesNotKnow(t *testing.T) {
	h := open(t)
	must(t, h.WriteFile(StateFile, []byte(`{"future":{"n":12345678901234567890},"Current":"X","current":"a","<":1}`)))
	must(t, h.UpdateState(t.Context(), func(s *State) error {
		if s.Current != "a" {
			t.Errorf("current %q", s.Current)
		}
		s.Current = "b"
		return nil
	}))
	data, err := h.ReadFile(StateFile)
	must(t, err)
	for _, want := range []string{"12345678901234567890", `"Current": "X"`, `"current": "b"`, `"<": 1`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("%s is missing from\n%s", want, data)
		}
	}
}

func TestUpdateWritesOnlyChanges(t *testing.T) {
	h := open(t)
	must(t, h.UpdateState(t.Context(), func(s *State) error { s.Current = "a"; return nil }))
	before, err := os.Stat(h.Join(StateFile))
	must(t, err)
	must(t, h.UpdateState(t.Context(), func(s *State) error { s.Current = "a"; return nil }))
	after, err := os.Stat(h.Join(StateFile))
	must(t, err)
	if !os.SameFile(before, after) {
		t.Error("an unchanged state was written again")
	}
	mine := errors.New("mine")
	if err := h.UpdateState(t.Context(), func(s *State) error { s.Current = "b"; return mine }); !errors.Is(err, mine) {
		t.Errorf("got %v", err)
	}
	if s, _ := h.ReadState(); s.Current != "a" {
		t.Errorf("a failed change was written: %q", s.Current)
	}
}

func TestCorruptStateAndIndex(t *testing.T) {
	for _, text := range []string{"", "null", "[]", "{", `{"current":1}`, `{"accounts":["a"]}`, "{}x"} {
		h := open(t)
		must(t, h.WriteFile(StateFile, []byte(text)))
		_, err := h.ReadState()
		e := wantKind(t, err, Corrupt)
		if !strings.Contains(e.Error(), h.Join(StateFile)) || !strings.Contains(e.Hint(), "mcp-bridge use") {
			t.Errorf("%q: %q, hint %q", text, e.Error(), e.Hint())
		}
		wantKind(t, h.UpdateState(t.Context(), func(*State) error { return nil }), Corrupt)
		if data, _ := h.ReadFile(StateFile); string(data) != text {
			t.Errorf("%q was overwritten", text)
		}
	}
	for _, text := range []string{"", "[]", `{"entries":{}}`, `{"entries":[1]}`, `{"entries":[{}]}`, `{"entries":[{"key":"k","updated":"x"}]}`} {
		h := open(t)
		must(t, h.WriteFile(IndexFile, []byte(text)))
		_, err := h.ReadIndex()
		if e := wantKind(t, err, Corrupt); !strings.Contains(e.Hint(), "mcp-bridge login") {
			t.Errorf("hint %q", e.Hint())
		}
		wantKind(t, h.UpdateIndex(t.Context(), func(*Index) error { return nil }), Corrupt)
	}
}

func TestIndex(t *testing.T) {
	h := open(t)
	at := time.Date(2026, 11, 24, 12, 0, 0, 123, time.FixedZone("", 3600))
	must(t, h.UpdateIndex(t.Context(), func(x *Index) error {
		x.Put(Entry{Key: "k2", Profile: "z", Kind: KindStatic, Store: "os", Updated: at})
		x.Put(Entry{Key: "k1", Profile: "a", Scheme: "s", Record: "tool:t", Account: "work", Kind: KindOAuth, Store: "file",
			Origins: []string{"https://api.example.com:443"}, Updated: at, Extra: json.RawMessage(`{"issuer":"https://i"}`)})
		return nil
	}))
	x, err := h.ReadIndex()
	must(t, err)
	want := []Entry{
		{Key: "k1", Profile: "a", Scheme: "s", Record: "tool:t", Account: "work", Kind: KindOAuth, Store: "file",
			Origins: []string{"https://api.example.com:443"}, Updated: at.UTC().Truncate(time.Second)},
		{Key: "k2", Profile: "z", Kind: KindStatic, Store: "os", Updated: at.UTC().Truncate(time.Second)},
	}
	if len(x.Entries) != 2 || !json.Valid(x.Entries[0].Extra) || x.Entries[1].Extra != nil {
		t.Fatalf("%+v", x.Entries)
	}
	for i := range x.Entries {
		e := x.Entries[i]
		e.Extra, e.unknown = nil, nil
		if !reflect.DeepEqual(e, want[i]) {
			t.Errorf("got %+v, want %+v", e, want[i])
		}
	}
	if e, ok := x.Find("k2"); !ok || e.Profile != "z" {
		t.Errorf("Find: %+v, %v", e, ok)
	}
	if _, ok := x.Find("k3"); ok {
		t.Error("found what is not there")
	}
	if !x.Delete("k2") || x.Delete("k2") || len(x.Entries) != 1 {
		t.Errorf("after Delete: %+v", x.Entries)
	}
}

func TestIndexKeepsWhatItDoesNotKnow(t *testing.T) {
	h := open(t)
	must(t, h.WriteFile(IndexFile, []byte(`{"format":2,"entries":[{"key":"k","profile":"p","colour":"red"},{"key":"k","profile":"q"}]}`)))
	must(t, h.UpdateIndex(t.Context(), func(x *Index) error {
		if len(x.Entries) != 1 {
			t.Errorf("one key, %d entries", len(x.Entries))
		}
		x.Put(Entry{Key: "k", Profile: "r"})
		return nil
	}))
	data, err := h.ReadFile(IndexFile)
	must(t, err)
	if !strings.Contains(string(data), `"format": 2`) || !strings.Contains(string(data), `"profile": "r"`) {
		t.Errorf("%s", data)
	}
	if err := h.UpdateIndex(t.Context(), func(x *Index) error { x.Put(Entry{}); return nil }); err == nil {
		t.Error("an entry without a key was written")
	}
}

// The order of Put does not show in the file.
func TestIndexIsDeterministic(t *testing.T) {
	entries := []Entry{{Key: "3", Profile: "a"}, {Key: "1", Profile: "b"}, {Key: "2", Profile: "a", Scheme: "s"}}
	var texts [2][]byte
	for i := range texts {
		var x Index
		for j := range entries {
			x.Put(entries[(j+i)%len(entries)])
		}
		var err error
		texts[i], err = x.text()
		must(t, err)
	}
	if !bytes.Equal(texts[0], texts[1]) {
		t.Errorf("%s\n%s", texts[0], texts[1])
	}
}

func TestUpdateGivesUp(t *testing.T) {
	h := open(t)
	release, err := h.Lock(t.Context(), "file "+StateFile)
	must(t, err)
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	err = h.UpdateState(ctx, func(*State) error { t.Error("change ran without the lock"); return nil })
	wantKind(t, err, Busy)
	if _, err := h.ReadFile(StateFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// Law: what was read is written so that it reads the same, and members that this
// version does not know are still there.
func FuzzState(f *testing.F) {
	for _, s := range []string{`{}`, `{"current":"a","accounts":{"a":"b"},"x":[1,2e400]}`, `{"Current":1}`, `null`, `{"accounts":null}`, `{"a":"\ud800"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		one, err := parseState(data)
		if err != nil {
			return
		}
		text, err := one.text()
		must(t, err)
		two, err := parseState(text)
		must(t, err)
		again, err := two.text()
		must(t, err)
		if one.Current != two.Current || one.Previous != two.Previous || !reflect.DeepEqual(one.Accounts, two.Accounts) || !bytes.Equal(text, again) {
			t.Errorf("%q became %q", data, text)
		}
		if len(one.unknown) != len(two.unknown) {
			t.Errorf("members were lost: %q became %q", data, text)
		}
	})
}

// Law: as for the state; and keys stay unique.
func FuzzIndex(f *testing.F) {
	for _, s := range []string{`{}`, `{"entries":[{"key":"k","updated":"2026-01-02T03:04:05Z","extra":{"a":1},"new":1}]}`,
		`{"entries":[{"key":"k"},{"key":"k","origins":["https://a"]}],"z":null}`, `{"entries":null}`, `{"entries":[null]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		one, err := parseIndex(data)
		if err != nil {
			return
		}
		keys := map[string]bool{}
		for _, e := range one.Entries {
			if e.Key == "" || keys[e.Key] {
				t.Errorf("key %q twice or empty", e.Key)
			}
			keys[e.Key] = true
		}
		text, err := one.text()
		if err != nil {
			t.Fatalf("%q cannot be written: %v", data, err)
		}
		two, err := parseIndex(text)
		must(t, err)
		again, err := two.text()
		must(t, err)
		if !bytes.Equal(text, again) || len(one.Entries) != len(two.Entries) || len(one.unknown) != len(two.unknown) {
			t.Errorf("%q became %q, then %q", data, text, again)
		}
	})
}

// TestCopiedIndex: the records of a home that was copied are the original's.
func TestCopiedIndex(t *testing.T) {
	original, err := Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(h *Home, key string) {
		if err := h.UpdateIndex(t.Context(), func(x *Index) error { x.Put(Entry{Key: key}); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	put(original, "one")
	data, err := original.ReadFile(IndexFile)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	if err := other.WriteFile(IndexFile, data); err != nil {
		t.Fatal(err)
	}
	if x, err := other.ReadIndex(); err != nil || len(x.Entries) != 0 {
		t.Errorf("%+v, %v", x, err)
	}
	put(other, "two")
	if x, err := other.ReadIndex(); err != nil || len(x.Entries) != 1 || x.Entries[0].Key != "two" {
		t.Errorf("%+v, %v", x, err)
	}
	if x, err := original.ReadIndex(); err != nil || len(x.Entries) != 1 || x.Entries[0].Key != "one" {
		t.Errorf("%+v, %v", x, err)
	}
}
