package doc

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// inside fails the test when a position of the tree is not in a text of that many
// lines, or when a key of a table stands twice.
func inside(t *testing.T, n *Node, lines int) {
	t.Helper()
	budget := 200_000
	var check func(n *Node)
	place := func(p Pos) {
		if p.Line < 1 || p.Line > lines || p.Col < 1 {
			t.Fatalf("a position outside the document of %d lines: %v", lines, p)
		}
	}
	check = func(n *Node) {
		if budget--; budget < 0 {
			return
		}
		place(n.Pos)
		for _, i := range n.Items {
			check(i)
		}
		seen := map[string]bool{}
		for _, m := range n.Members {
			if seen[m.Key] {
				t.Fatalf("the key %q stands twice", m.Key)
			}
			seen[m.Key] = true
			place(m.KeyPos)
			check(m.Value)
		}
	}
	check(n)
}

// positioned fails the test unless err is an *Error inside a text of that many lines.
func positioned(t *testing.T, err error, lines int) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("not an *Error: %v", err)
	}
	if e.Message == "" || e.Pos.Line < 1 || e.Pos.Line > lines || e.Pos.Col < 1 {
		t.Fatalf("an error without a place in the document of %d lines: %v", lines, err)
	}
	if !utf8.ValidString(err.Error()) {
		t.Fatalf("an error that is not text: %q", err)
	}
}

func lineCount(data []byte) int { return bytes.Count(data, []byte("\n")) + 1 }

// sameJSON reports whether two JSON texts mean the same, numbers as written.
func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	read := func(data []byte) any {
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%v in %q", err, data)
		}
		return v
	}
	return reflect.DeepEqual(read(a), read(b))
}

type parser func(string, []byte) (*Node, []Warning, error)

// outcome returns a tree's JSON, or the error, and the warnings.
func outcome(n *Node, w []Warning, err error) string {
	var b strings.Builder
	if err != nil {
		b.WriteString("error " + err.Error())
	} else {
		b.Write(n.JSON())
	}
	for _, one := range w {
		b.WriteString("\nwarning " + one.String())
	}
	return b.String()
}

type readCase struct{ name, in, want string }

func readCases(t *testing.T, parse parser, cases []readCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := outcome(parse("f", []byte(c.in))); got != c.want {
				t.Errorf("%q\n got %s\nwant %s", c.in, got, c.want)
			}
		})
	}
}
