package openapi

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// TestCrowded sees that a document of more values than any real one is refused before
// memory is spent on them, in every form.
func TestCrowded(t *testing.T) {
	for name, text := range map[string]string{
		"JSON":                     `{"openapi":"3.0.0","x":[` + strings.Repeat("0,", maxEntries) + `0]}`,
		"JSON with a comma behind": `{"openapi":"3.0.0","x":[` + strings.Repeat("0,", 2_000_001) + `]}`,
		"YAML":                     head + "x:\n" + strings.Repeat("- a\n", 1_000_000),
		"YAML on a line":           head + "x: [" + strings.Repeat("a,", 1_600_000) + "]\n",
	} {
		if e := failure(t, memory("d.json", text, nil), Options{}); !strings.Contains(e.Error(), "too many values") {
			t.Errorf("%s: %v", name, e)
		}
	}
}

// TestManyOperations sees that those beyond the bound are skipped and counted.
func TestManyOperations(t *testing.T) {
	var b strings.Builder
	for i := range maxOperations + 5 {
		fmt.Fprintf(&b, `"/%d":{"get":{}},`, i)
	}
	d := read(t, memory("d.json", `{"openapi":"3.0.0","paths":{`+b.String()+`"/é":{"get":{}}}}`, nil), Options{})
	if len(d.Operations) != maxOperations || len(d.Skipped) != 6 || d.Total != maxOperations+6 {
		t.Errorf("%d tools, %d skipped of %d", len(d.Operations), len(d.Skipped), d.Total)
	}
	// Positions on one long line count characters.
	at := d.Skipped[len(d.Skipped)-1].At
	if want := fmt.Sprintf("d.json:1:%d", 35+utf8.RuneCountInString(b.String())); at != want {
		t.Errorf("the last operation is at %s, not %s", at, want)
	}
}

// TestOverlayBombs sees that overlays that grow without end are refused.
func TestOverlayBombs(t *testing.T) {
	action := func(n int, one string) string {
		return `{"overlay":"1.0.0","actions":[` + strings.Repeat(one+",", n) + one + `]}`
	}
	for name, text := range map[string]string{
		"doubles":   action(60, `{"target":"$..*","update":{"k":{"a":{"b":1}}}}`),
		"descends":  action(0, `{"target":"$`+strings.Repeat("..*", 200)+`","update":1}`),
		"big steps": action(9, `{"target":"$..*","update":{"x":[`+strings.Repeat("1,", 1000)+`1]}}`),
	} {
		d, err := Read(t.Context(), memory("d.json", post("{type: object, properties: {a: {type: string}}}", ""), nil),
			Options{Overlays: []Source{{Name: "o.json", Data: []byte(text)}}})
		if err == nil {
			holds(t, d) // it selects nothing any more
		} else if !strings.Contains(err.Error(), "too ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHidden sees that what a person cannot see does not reach a model.
func TestHidden(t *testing.T) {
	const odd = `\u0000\u001b[2J\u202eword\u2066\udb40\udc41\r\nnext\u0007`
	d := read(t, memory("d.json", `{"openapi":"3.0.0","info":{"title":"`+odd+`"},"servers":[{"url":"https://api.example.com"}],"paths":{"/x":{"post":{"summary":"`+odd+`","description":"`+odd+`",
"parameters":[{"name":"a","in":"query","description":"`+odd+`","schema":{"type":"string"}}],"requestBody":{"description":"`+odd+`","content":{"application/json":{"schema":{"type":"object","description":"`+odd+`",
"properties":{"b":{"type":"string","description":"`+odd+`"}}}}}}}},"/\u001b[2Jy":{"get":{}}}}`, nil), Options{})
	for _, o := range d.Operations {
		for _, text := range []string{d.Title, o.Title, o.Summary, o.Description, string(o.InputSchema)} {
			if i := strings.IndexFunc(text, plaintext.IsHidden); i >= 0 || strings.Contains(text, `\u00`) {
				t.Errorf("%q", text)
			}
		}
	}
	if d.Title != "[2Jword next" {
		t.Errorf("%q", d.Title)
	}
}
