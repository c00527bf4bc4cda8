package result

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

func TestSafe(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"short", 10, "short"},
		{"a first line\nanother one here", 14, "a first line\n"},
		{"one two three four five six", 24, "one two three four five "},
		{"A sentence ends. Another goes on and on", 20, "A sentence ends. "},
		{strings.Repeat("x", 100), 50, strings.Repeat("x", 50)},
		{`[{"a":1,"b":2},{"a":1,"b":2},{"a":1,"b":2},{"a":1,"b":2}]`, 46, `[{"a":1,"b":2},{"a":1,"b":2},{"a":1,"b":2},`},
		{"[\n  1,\n  2,\n  3,\n  4,\n  5,\n  6\n]", 20, "[\n  1,\n  2,\n  3,\n"},
		{"ééééééééééééé", 3, "ééé"},
		{`{"a":"` + strings.Repeat("x", 20) + `\u00e9"}`, 29, `{"a":"` + strings.Repeat("x", 20)},
		{`{"a":"` + strings.Repeat("x", 20) + `\\\\"}`, 27, `{"a":"` + strings.Repeat("x", 20)},
		{`{"a":"` + strings.Repeat("x", 20) + `\\yyyy"}`, 29, `{"a":"` + strings.Repeat("x", 20) + `\\y`},
		{`\\\\`, 1, `\`},
	} {
		if got := safe(c.text, c.n); got != c.want {
			t.Errorf("safe(%q, %d) = %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

func TestOutline(t *testing.T) {
	for text, want := range map[string]string{
		`[1,2,3]`: "an array of 3", `[]`: "an array of 0", "text": "", "": "", `{"a":`: "", `"x"`: "",
		` {"total":9,"items":[1,2],"next":"n"}`: "an object of items (an array of 2), next, total",
		`{"a\u0000b":1}`:                        "an object of ab",
	} {
		if got := Outline(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	many := map[string]int{}
	for i := range 1000 {
		many[fmt.Sprint("member", i)] = i
	}
	text, err := json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	if got := Outline(string(text)); runes(got) > outlineChars+1 || !strings.HasSuffix(got, "…") {
		t.Error(got)
	}
}

func TestDocument(t *testing.T) {
	for text, want := range map[string]string{`[1]`: `[1]`, "404 Not Found: gone\n{\"a\":1}": `{"a":1}`, "text\nmore": "", "": ""} {
		if got := string(Document(text)); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// pages reads a text to its end, as a model does.
func pages(t *testing.T, whole string, limit int) string {
	t.Helper()
	var b strings.Builder
	for offset, rounds := 0, 0; ; rounds++ {
		next := -1
		r := Page(whole, offset, limit, func(n int) string { next = n; return "go on" })
		text := r.Content[0].Text
		if r.IsError || runes(text) > limit || rounds > len(whole)+1 {
			t.Fatalf("offset %d, limit %d: %+v", offset, limit, r)
		}
		if next < 0 {
			part, ok := strings.CutSuffix(text, fmt.Sprintf("\n[characters %d to %d of %d: this is the end]", offset, runes(whole), runes(whole)))
			if !ok {
				t.Fatalf("the end: %q", text)
			}
			return b.String() + part
		}
		if next <= offset {
			t.Fatalf("offset %d is followed by %d", offset, next)
		}
		b.WriteString(plaintext.First(text, next-offset))
		offset = next
	}
}

// FuzzPage: the parts of a text are the text.
func FuzzPage(f *testing.F) {
	for _, s := range []string{"", "a", "line\nline\n", `[{"a":1},{"b":"\\\u00e9"}]`, strings.Repeat("é", 3000), strings.Repeat(`\`, 900)} {
		f.Add(s, 600)
		f.Add(s, 200)
	}
	f.Fuzz(func(t *testing.T, whole string, limit int) {
		if limit < 100 || limit > 10_000 || len(whole) > 50_000 {
			t.Skip("not a limit")
		}
		whole = plaintext.Clean(whole)
		if got := pages(t, whole, limit); got != whole {
			t.Fatalf("%q became %q", whole, got)
		}
	})
}

func TestPageRefuses(t *testing.T) {
	for _, offset := range []int{-1, 3, 1 << 40} {
		if r := Page("abc", offset, 0, nil); r.Kind != InvalidArguments || !strings.Contains(r.Content[0].Text, "0 to 2") {
			t.Errorf("%d: %+v", offset, r)
		}
	}
}

func TestSelected(t *testing.T) {
	var kept string
	o := Options{MaxChars: 1000, Mask: func(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), "S3CRET", "[secret]")) },
		More: func(whole string, _ int) string { kept = whole; return "more" }}
	r := Selected(context.Background(), `.a | @base64d`, []byte(`{"a":"UzNDUkVU"}`), 0, o)
	if r.Content[0].Text != `"[secret]"` {
		t.Errorf("%+v", r)
	}
	if r = Selected(context.Background(), `.[]`, []byte(`[1,2,3]`), 2, o); r.Content[0].Text != "2\n3" {
		t.Errorf("%+v", r)
	}
	if r = Selected(context.Background(), `.[]`, []byte(`[1,2,3]`), 50, o); r.Kind != InvalidArguments {
		t.Errorf("%+v", r)
	}
	if r = Selected(context.Background(), `empty`, []byte(`[1,2,3]`), 0, o); r.Content[0].Text != "select gave no output" {
		t.Errorf("%+v", r)
	}
	if r = Selected(context.Background(), `.[`, []byte(`[1]`), 0, o); r.Kind != InvalidArguments {
		t.Errorf("%+v", r)
	}
	r = Selected(context.Background(), `[range(1000)]`, []byte(`[1]`), 0, o)
	if n := runes(r.Content[0].Text); n > 1000 || !strings.HasSuffix(r.Content[0].Text, "; more]") || !strings.HasSuffix(kept, ",999]") {
		t.Errorf("%d %q", n, r.Content[0].Text)
	}
}

// TestLimits: what a client is known to take, unless the profile says otherwise.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		client string
		chars  int
		want   Limits
	}{
		{"claude-code", 0, Limits{Chars: 50_000}}, {"claude-ai", 0, Limits{100_000, 700 << 10}}, {"other", 0, Limits{Chars: 100_000}}, {"", 0, Limits{Chars: 100_000}},
		{"claude-code", 7000, Limits{Chars: 7000}}, {"claude-ai", 300_000, Limits{300_000, 700 << 10}},
	} {
		if got := LimitsOf(c.client, c.chars); got != c.want {
			t.Errorf("%s: %+v", c.client, got)
		}
	}
	big := Response{Status: 200, Header: http.Header{"Content-Type": {"image/png"}}, Body: append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 1992)...)}
	r := FromResponse(&tool.Tool{Name: "pic", Imported: true}, big, Options{MaxBlob: 1999})
	if r.Kind != TooLarge || !strings.Contains(r.Content[1].Text, "mcp-bridge call pic > FILE") {
		t.Errorf("%+v", r)
	}
	if r = FromResponse(&tool.Tool{Imported: true}, big, Options{MaxBlob: 2000}); r.IsError || r.Content[0].Type != "image" {
		t.Errorf("%+v", r)
	}
}
