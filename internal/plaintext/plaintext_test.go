package plaintext

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "a b\tc\r\nd", "a b\tc\r\nd"},
		{"controls", "a\x00b\x1b[31mc\x07\x7fd\u009be", "ab[31mcde"},
		{"bidirectional", "a\u202eb\u2066c\u2069d\u200fe\u061cf", "abcdef"},
		{"zero width", "pass\u200bword \ufeffx\u2060y\u2063z", "password xyz"},
		{"soft hyphen", "sec\u00adret", "secret"},
		{"tags", "hello\U000e0041\U000e0042\U000e007f!", "hello!"},
		{"selectors that smuggle bytes", "x\ufe0f\ufe01y\U000e0101\U000e0102 😀\ufe0f\ufe0f\ufe00", "xy 😀\ufe0f"},
		{"annotation", "a\ufff9b\ufffac\ufffbd", "abcd"},
		{"fillers", "a\u3164b\u115fc\uffa0d\u17b4e", "abcde"},
		{"other format characters", "a\u206ab\U0001d173c\U000e0001d\u180ee", "abcde"},
		{"noncharacters", "a\ufffeb\ufdd0c\U0010ffffd", "abcd"},
		{"separators are blanks", "a\u2028b\u2029c", "a b c"},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
		{"joiners in Latin words", "a\u200db\u200cc", "abc"},
		{"a run of joiners", "می\u200c\u200d\u200c\u200cخواهم", "می\u200cخواهم"},
		{"a joiner between digits", "12\u200d34", "1234"},
		{"an emoji joined to nothing", "👨\u200d x", "👨 x"},
		{"a flag with other tags", "🏴\U000e0075\U000e0073\U000e0074\U000e0078\U000e007f", "🏴"},
	} {
		if got := Clean(c.in); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if got := Clean(c.want); got != c.want {
			t.Errorf("%s: a second time %q", c.name, got)
		}
	}
}

// TestCleanKeepsScripts: what people write stays as it is.
func TestCleanKeepsScripts(t *testing.T) {
	for _, s := range []string{
		"می\u200cخواهم کتاب\u200cها", "ه\u200d", "بِ\u200cکسرہ", // Persian, an abbreviation with a joiner, Urdu with a vowel sign
		"क्\u200dष र्\u200dय क्\u200cष", "ശ്രീ ന്\u200d", "ශ්\u200dරී ලංකාව", "বাংলা র\u200d্যাব", "ක්\u200dෂ", // Devanagari, Malayalam, Sinhala, Bengali
		"ᠮᠣᠩᠭᠣᠯ ᠠ\u180b ᠨ\u180eᠠ", "ខ្មែរ", "မြန်မာ",
		"👨\u200d👩\u200d👧\u200d👦 👩🏽\u200d🚀 🏳️\u200d🌈 🏴\u200d☠️ ❤️\u200d🔥 🧔🏻\u200d♂️ 👁️\u200d🗨️", "1️⃣ #️⃣ *️⃣ ©️ ☎︎ ☎️", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", "🇩🇪🇯🇵",
		"שלום עולם", "مرحبا ٠١٢ \u06dd", "Ünïcödé ﬁ Å", "日本語 한국어 中文", "x\u00a0y\u2003z\u3000", "∑ ∫ ⠠⠃", "\ue000", "\ufffd \ufffc",
	} {
		if got := Clean(s); got != s {
			t.Errorf("%+q became %+q", s, got)
		}
		if got := Show(s); got != s && s != "\ue000" {
			t.Errorf("%+q is shown as %+q", s, got)
		}
	}
}

func TestShow(t *testing.T) {
	for in, want := range map[string]string{
		"a\tb\nc":               "a\tb\nc",
		"done\rERROR":           "done\ufffdERROR",
		"a\r\nb":                "a\nb",
		"\x1b]0;title\x07":      "\ufffd]0;title\ufffd",
		"rm \u202etxt\u2066":    "rm \ufffdtxt\ufffd",
		"x\U000e0041\ue000\x80": "x\ufffd\ufffd\ufffd",
		"a\u2028b":              "a b",
	} {
		if got := Show(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

func TestCleanJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":"x\u202ey","n":1.50}`:                    `{"a":"xy","n":1.50}`,
		`{"\u200bk" : ["\udb40\udc41x", "\u001b[0m"]}`: `{"k" : ["x", "[0m"]}`,
		`["\ud83d\udc68\u200d\ud83d\udc69"]`:           `["\ud83d\udc68\u200d\ud83d\udc69"]`,
		`["\u0645\u06cc\u200c\u062e"]`:                 `["\u0645\u06cc\u200c\u062e"]`,
		`["a\\u202e","b\"\u202e\""]`:                   `["a\\u202e","b\"\""]`,
		`["a\u2028b"]`:                                 `["a b"]`,
		"[\"a\u2028b\u202e\"]":                         `["a b"]`,
		`no JSON "\u202e`:                              `no JSON "\u202e`,
		`["\b\f\n"]`:                                   `["\n"]`,
		``:                                             ``,
	} {
		if got := CleanJSON(in); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		got, want string
	}{
		{Shorten("short", 5), "short"}, {Shorten("longer", 5), "longe…"}, {Shorten("äöüäö", 5), "äöüäö"}, {Shorten("äöüäöü", 5), "äöüäö…"},
		{Shorten("x", 0), "…"}, {Shorten("", 0), ""}, {First("äöü", 2), "äö"}, {First("x", -1), ""},
		{ShortenBytes("äöü", 6), "äöü"}, {ShortenBytes("äöü", 5), "äö…"}, {ShortenBytes("a b c", 2), "a…"}, {ShortenBytes("abc", 0), ""},
		{Quote("a\nb", 10), `"a\nb"`}, {Quote("a\u202eb", 10), "\"a\ufffdb\""}, {Quote(`C:\a`, 10), `"C:\a"`}, {Quote("abcdef", 3), `"abc…"`},
		{OneLine("  a\u200b \n\t b\r\n"), "a b"}, {JSONString("a\"\\\n\x01é\xff"), `"a\"\\\n\u0001é` + "\ufffd\""},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"timeout", "retries", "headers", "proxy", "caFile"}
	for word, want := range map[string]string{
		"timout": "timeout", "TIMEOUT": "timeout", "porxy": "proxy", "header": "headers", "cafile": "caFile", "retrise": "retries",
		"": "", "x": "", "nothing": "", strings.Repeat("timeout", 10): "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("%q is near to %q, want %q", word, got, want)
		}
	}
	keys := []string{"name", "description", "securitySchemes", "url", "in", "id", "argsToJsonBody"}
	for word, want := range map[string]string{
		"nmae": "name", "desciption": "description", "SecuritySchemas": "securitySchemes", "security_schemes": "securitySchemes",
		"ulr": "url", "ip": "in", "zz": "", "somethingelse": "", "argstojsonbody": "argsToJsonBody",
	} {
		if got := Nearest(word, keys); got != want {
			t.Errorf("%q is near to %q, want %q", word, got, want)
		}
	}
	if got := Nearest("täg", []string{"tags", "tag"}); got != "tag" {
		t.Error(got)
	}
	if got := Nearest("仓库们", []string{"用户", "仓库"}); got != "仓库" {
		t.Error(got)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		most int
		want int
	}{
		{"", "", 2, 0}, {"a", "", 2, 1}, {"ab", "ba", 2, 1}, {"kitten", "sitting", 5, 3}, {"kitten", "sitting", 2, 3}, {"abc", "xyz", 1, 2},
		{"ö", "o", 1, 1}, {strings.Repeat("x", 65), "x", 99, 100}, {"ca", "abc", 5, 3}, {"abcd", "badc", 2, 2}, {"book", "boko", 2, 1}, {"book", "shelf", 2, 3},
	} {
		if got := Distance(c.a, c.b, c.most); got != c.want {
			t.Errorf("%q and %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// FuzzClean: nothing hidden is left, a second time changes nothing, what a JSON text
// holds is clean once it is decoded, and Nearest ends.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"a\u202eb", "👨\u200d👩", "🏴\U000e0067\U000e0062", "می\u200c", "\xff\x00", `{"a":"\u202e"}`, "x\ufe0f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, clean := range map[string]func(string) string{"Clean": Clean, "Show": Show, "OneLine": OneLine, "CleanJSON": CleanJSON} {
			got := clean(s)
			if again := clean(got); again != got {
				t.Fatalf("%s: %+q became %+q and then %+q", name, s, got, again)
			}
			if !utf8.ValidString(got) {
				t.Fatalf("%s: %+q is not UTF-8", name, got)
			}
			if strings.ContainsFunc(got, func(r rune) bool { return IsHidden(r) && !joiner(r) }) {
				t.Fatalf("%s: %+q has something hidden", name, got)
			}
		}
		var v any
		if json.Valid([]byte(s)) {
			if err := json.Unmarshal([]byte(CleanJSON(s)), &v); err != nil {
				t.Fatalf("%+q is no JSON any more: %v", s, err)
			}
			if got := fmt.Sprint(v); strings.ContainsFunc(got, func(r rune) bool { return IsHidden(r) && !joiner(r) }) {
				t.Fatalf("%+q holds %+q", s, got)
			}
		}
		_ = Nearest(s, []string{s, "timeout"})
	})
}

// joiner holds for what may stay in its place.
func joiner(r rune) bool {
	return r == zwj || r == zwnj || r == textStyle || r == emojiStyle || r >= 0x180b && r <= 0x180f || r > 0xe0000 && r < 0xe0080
}
