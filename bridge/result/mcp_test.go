package result

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppendMCP(t *testing.T) {
	r := &Result{
		Content: []Content{
			{Type: "text", Text: "a\xff<b>", Meta: map[string]any{"k": 1}},
			{Type: "image", Data: []byte{1, 2}, MIMEType: "image/png"},
			{Type: "audio", Data: []byte{3}, MIMEType: "audio/wav"},
			{Type: "resource", Data: []byte{4}, MIMEType: "application/zip", URI: "https://h/x"},
		},
		Structured: json.RawMessage(`{"n":12345678901234567890}`),
		IsError:    true, Kind: HTTPStatus, Meta: map[string]any{"mcp-bridge/http": map[string]int{"status": 404}},
	}
	for version, want := range map[string]struct{ has, hasNot string }{
		"2024-11-05": {`"type":"resource","resource":{"uri":"mcp-bridge://result","mimeType":"audio/wav","blob":"Aw=="}`, "structuredContent"},
		"2025-03-26": {`"type":"audio","data":"Aw==","mimeType":"audio/wav"`, "structuredContent"},
		"2025-06-18": {`"structuredContent":{"n":12345678901234567890}`, "resultType"},
		"2025-11-25": {`"isError":true`, "resultType"},
		"2026-07-28": {`"resultType":"complete"`, `"type":"none"`},
	} {
		got := string(r.AppendMCP([]byte("x"), version))
		if !json.Valid([]byte(got[1:])) || got[0] != 'x' || !strings.Contains(got, want.has) || strings.Contains(got, want.hasNot) {
			t.Errorf("%s: %s", version, got)
		}
		for _, always := range []string{`"mcp-bridge/error":{"kind":"http-status"}`, `"mcp-bridge/http":{"status":404}`, `{"type":"image","data":"AQI=","mimeType":"image/png"}`,
			`"blob":"BA=="`, `"_meta":{"k":1}`, "\"a\ufffd<b>\""} {
			if !strings.Contains(got, always) {
				t.Errorf("%s: no %s in %s", version, always, got)
			}
		}
	}
	if len(r.Meta) != 1 {
		t.Error("the result was changed")
	}
}

func TestAppendMCPIsAlwaysJSON(t *testing.T) {
	for _, r := range []*Result{
		{},
		{Structured: json.RawMessage(`{broken`)},
		{Structured: json.RawMessage(`[1]`)},
		{Meta: map[string]any{"x": math.NaN()}},
		{Content: []Content{{}, {Type: "\xff"}}},
		{Structured: json.RawMessage("{\n \"a\xff\": 1\r\n}"), Meta: map[string]any{"\xfe": json.RawMessage("\"\xff\"")}},
	} {
		text, err := json.Marshal(r)
		if direct := r.AppendMCP(nil, "2026-07-28"); !json.Valid(direct) || !utf8.Valid(direct) || bytes.ContainsAny(direct, "\r\n") {
			t.Errorf("%+v: %q", r, direct)
		}
		if err != nil || !json.Valid(text) {
			t.Errorf("%+v: %s, %v", r, text, err)
		}
		if strings.Contains(string(text), "broken") || strings.Contains(string(text), "[1]") {
			t.Errorf("%s", text)
		}
	}
}

// TestBadMetaKeepsKind: a host reads the kind even when another member is no JSON.
func TestBadMetaKeepsKind(t *testing.T) {
	r := Errorf(Timeout, "", "late")
	r.Meta = map[string]any{"bad": math.NaN(), "good": 1}
	if got := string(r.AppendMCP(nil, current)); !strings.HasSuffix(got, `"_meta":{"good":1,"mcp-bridge/error":{"kind":"timeout"}}}`) {
		t.Error(got)
	}
}

// FuzzAppendMCP holds that a text comes back as it was, apart from bytes that are
// not UTF-8, and that whatever is given becomes one line of JSON.
func FuzzAppendMCP(f *testing.F) {
	for _, s := range []string{"", "a\"\\\n\r\t\x00\x1f\x7f<>&", "\u2028\u2029\ufffd", "\xff\xc0\xaf", "é\xe2\x80", `{"a":[1,{}]}`, "{\n}", "[1]", "\ud7ff\U0010ffff"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, text, structured string) {
		for _, version := range []string{"2024-11-05", "2025-03-26", "2025-06-18", current, modernSince} {
			r := &Result{Content: []Content{{Type: "text", Text: text}, {Type: text, MIMEType: text, URI: text}, {Type: "resource", Data: []byte(text), MIMEType: text, URI: text}},
				Structured: json.RawMessage(structured), IsError: true, Kind: Kind(text), Meta: map[string]any{text: text, structured: json.RawMessage(structured)}}
			got := r.AppendMCP(nil, version)
			var back struct {
				Content []struct {
					Type, Text string
					Resource   *struct{ Blob []byte }
				}
				StructuredContent json.RawMessage
			}
			if err := json.Unmarshal(got, &back); err != nil || !utf8.Valid(got) || bytes.ContainsAny(got, "\r\n") {
				t.Fatalf("%q: %v", got, err)
			}
			if want := string([]rune(text)); back.Content[0].Text != want {
				t.Fatalf("%q came back as %q", text, back.Content[0].Text)
			}
			if string(back.Content[2].Resource.Blob) != text {
				t.Fatalf("the bytes changed: %q", back.Content[2].Resource.Blob)
			}
			if back.StructuredContent != nil && (version < structuredSince || version < modernSince && back.StructuredContent[0] != '{') {
				t.Fatalf("%s: %s", version, got)
			}
		}
	})
}

func BenchmarkAppendMCP(b *testing.B) {
	r := &Result{Content: []Content{{Type: "text", Text: strings.Repeat("some text\n", 1000)}}}
	buffer := make([]byte, 0, 20_000)
	for b.Loop() {
		buffer = r.AppendMCP(buffer[:0], current)
	}
}
