package secret

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"testing"
	"text/template"
)

const canary = "canary/p w+ü&<x>\"q"

// holder has a value in every place that a printer may reach.
type holder struct {
	V      Value
	P      *Value
	inner  Value // fmt calls no method of this one
	list   []Value
	byName map[string]Value
	any    any
}

// TestValueCannotBePrinted tries every way in which a value reaches a text.
func TestValueCannotBePrinted(t *testing.T) {
	v := New(canary)
	h := holder{v, &v, v, []Value{v}, map[string]Value{"a": v}, v}
	ways := map[string]func(out *bytes.Buffer){
		"verbs": func(out *bytes.Buffer) {
			for verb := 'A'; verb <= 'z'; verb++ {
				for _, flags := range []string{"", "+", "#", "-", " ", "0", "40", ".3", "+.40", "# 9"} {
					for _, x := range []any{v, &v, h, &h, []Value{v}, []*Value{&v}, map[string]Value{"a": v}, map[Value]int{v: 1}, struct{ v any }{v}, [1]holder{h}} {
						fmt.Fprintf(out, "%"+flags+string(verb), x)
					}
				}
			}
		},
		"print": func(out *bytes.Buffer) { fmt.Fprintln(out, v, &v, h, &h); fmt.Fprint(out, v, h) },
		"errors": func(out *bytes.Buffer) {
			fmt.Fprintln(out, errors.Join(fmt.Errorf("x: %v %+v", v, h), fmt.Errorf("%#v", h)))
		},
		"log": func(out *bytes.Buffer) { log.New(out, "", 0).Printf("%v %v", v, h) },
		"slog": func(out *bytes.Buffer) {
			for _, l := range []*slog.Logger{slog.New(slog.NewTextHandler(out, nil)), slog.New(slog.NewJSONHandler(out, nil))} {
				l.Info("m", "v", v, "p", &v, "h", h, slog.Group("g", "v", v), slog.Any("l", []Value{v}))
			}
		},
		"json": func(out *bytes.Buffer) {
			for _, x := range []any{v, &v, h, []Value{v}, map[string]Value{"a": v}, map[Value]int{v: 1}} {
				text, err := json.Marshal(x)
				if err != nil {
					t.Error(err)
				}
				out.Write(text)
			}
		},
		"template": func(out *bytes.Buffer) {
			if err := template.Must(template.New("").Parse(`{{.V}}{{printf "%s %#v" .V .}}{{.}}`)).Execute(out, h); err != nil {
				t.Error(err)
			}
		},
		"panic": func(out *bytes.Buffer) {
			defer func() { fmt.Fprint(out, recover()) }()
			panic(h)
		},
		"gob": func(out *bytes.Buffer) { _ = gob.NewEncoder(out).Encode(struct{ V Value }{v}) }, // refused or masked, both are right
	}
	for name, print := range ways {
		var out bytes.Buffer
		print(&out)
		s := out.String()
		for _, part := range []string{"canary", fmt.Sprintf("%x", "canary"), fmt.Sprintf("%X", "canary"), fmt.Sprintf("% x", "canary"), fmt.Sprint([]byte("canary"))[1:20]} {
			if strings.Contains(s, part) {
				t.Errorf("%s prints it: %.300s", name, s[max(0, strings.Index(s, part)-100):])
			}
		}
		if name != "gob" && !strings.Contains(s, Mask) {
			t.Errorf("%s prints no mask: %.300s", name, s)
		}
	}
	if v.Reveal() != canary || v.IsZero() || !New("").IsZero() || New("").String() != "" || New("") != (Value{}) {
		t.Error("the value itself is wrong")
	}
	if a, b := New("a"), New("a"); a != b || a == New("b") {
		t.Error("values do not compare as their texts")
	}
}
