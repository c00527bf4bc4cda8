package result

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
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
			`"blob":"BA=="`, `"_meta":{"k":1}`} {
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
	} {
		text, err := json.Marshal(r)
		if err != nil || !json.Valid(text) {
			t.Errorf("%+v: %s, %v", r, text, err)
		}
		if strings.Contains(string(text), "broken") || strings.Contains(string(text), "[1]") {
			t.Errorf("%s", text)
		}
	}
}

func BenchmarkAppendMCP(b *testing.B) {
	r := &Result{Content: []Content{{Type: "text", Text: strings.Repeat("some text\n", 1000)}}}
	buffer := make([]byte, 0, 20_000)
	for b.Loop() {
		buffer = r.AppendMCP(buffer[:0], current)
	}
}
