package markup

import (
	"html"
	"strings"
	"testing"
)

func TestAdd(t *testing.T) {
	for _, c := range []struct {
		markup HTML
		texts  []string
		want   string
	}{
		{"", nil, ""},
		{"<p>#</p>", []string{"a"}, "<p>a</p>"},
		{"<p>#</p>", []string{`<b>&"'`}, "<p>&lt;b&gt;&amp;&#34;&#39;</p>"},
		{`<a b="#" c="#">`, []string{`1" d="`, "2"}, `<a b="1&#34; d=&#34;" c="2">`},
		{"#-#", []string{"#", "x"}, "#-x"}, // a text is not looked into
		{"#-#", []string{"x"}, "x-#"},
		{"-", []string{"x"}, "-"},
	} {
		var w Writer
		w.Add(c.markup, c.texts...)
		if got := w.String(); got != c.want {
			t.Errorf("%s with %q: %s, want %s", c.markup, c.texts, got, c.want)
		}
	}
}

func TestIf(t *testing.T) {
	var w Writer
	w.If("<p>#</p>", "")
	w.If("<b>#</b>", "<")
	w.If("<i>no text</i>", "x")
	if got := w.String(); got != "<b>&lt;</b><i>no text</i>" {
		t.Error(got)
	}
}

// FuzzAdd: no text leaves its place, and a browser reads it as it was.
func FuzzAdd(f *testing.F) {
	f.Add("a")
	f.Add(`"'><script>&amp;#`)
	f.Fuzz(func(t *testing.T, text string) {
		var w Writer
		w.Add(`<p title="#">#</p>`, text, text)
		got := w.String()
		inner := strings.TrimSuffix(strings.TrimPrefix(got, `<p title="`), "</p>")
		attribute, between, ok := strings.Cut(inner, `">`)
		if !ok || strings.ContainsAny(attribute+between, `<>"'`) || html.UnescapeString(attribute) != text || html.UnescapeString(between) != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}
