package openapi

import (
	"fmt"
	"strings"
	"testing"
)

// TestLarge holds that schemas which are too large are cut to what a model can read,
// with a note, and that small ones beside them are not.
func TestLarge(t *testing.T) {
	var b strings.Builder
	b.WriteString(head + "paths:\n")
	for i := range 60 {
		fmt.Fprintf(&b, "  /%d: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/E%d'}}}}}}\n", i, i)
	}
	b.WriteString("  /small: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}}}\ncomponents:\n  schemas:\n    S: {type: object, properties: {a: {type: object, properties: {b: {type: string}}}}}\n")
	for i := range 60 {
		fmt.Fprintf(&b, "    E%d: {type: object, properties: {", i)
		for j := range 10 {
			fmt.Fprintf(&b, "p%d: {type: string, description: the property %d}, n%d: {$ref: '#/components/schemas/E%d'}, ", j, j, j, (i*7+j*13+1)%60)
		}
		b.WriteString("}}\n")
	}
	d := read(t, Source{Name: "d", Data: []byte(b.String())}, Options{})
	for i := range d.Operations {
		o := &d.Operations[i]
		text := string(o.InputSchema)
		if o.Path == "/small" {
			if strings.Contains(text, deeper) || !strings.Contains(text, `"b":{"type":"string"}`) || strings.Contains(o.Description, "nested") {
				t.Errorf("a small one is cut: %s", text)
			}
			continue
		}
		if len(text) > maxCut+1024 || len(text) < 1000 || !strings.Contains(text, deeper) || !strings.Contains(o.Description, "nested more deeply") {
			t.Errorf("%s has %d bytes: %q", o.Path, len(text), o.Description)
		}
	}
	if n := len(d.Warnings); n != maxLarge+1 || !strings.Contains(d.Warnings[n-1].Message, "40 further operations") {
		t.Errorf("%d warnings: %v", n, d.Warnings[n-1])
	}
}

// TestCutAgain holds that a schema which is known whole is cut where it has no room.
func TestCutAgain(t *testing.T) {
	var b strings.Builder
	b.WriteString(head + "paths:\n")
	for i := range 2 {
		fmt.Fprintf(&b, "  /%d: {post: {requestBody: {content: {application/json: {schema: {type: object, properties: {", i)
		for j := range 60 {
			fmt.Fprintf(&b, "tabs%d: {type: array, items: {$ref: '#/components/schemas/Tab'}}, ", j)
		}
		b.WriteString("}}}}}}}\n")
	}
	b.WriteString("components:\n  schemas:\n    Tab: {type: object, properties: {")
	for j := range 60 {
		fmt.Fprintf(&b, "p%d: {$ref: '#/components/schemas/Meta'}, ", j)
	}
	b.WriteString("}}\n    Meta: {type: object, properties: {a: {type: string, description: something}, b: {type: string}}}\n")
	d := read(t, Source{Name: "d", Data: []byte(b.String())}, Options{})
	for i := range d.Operations {
		if n := len(d.Operations[i].InputSchema); n > maxCut+1024 || n < 1000 {
			t.Errorf("%d bytes", n)
		}
	}
}
