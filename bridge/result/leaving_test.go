package result

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// answer is what an imported tool makes of one response.
func answer(status int, header http.Header, body []byte, o Options) *Result {
	return FromResponse(&tool.Tool{Name: "t", Imported: true}, Response{Status: status, Header: header, Body: body}, o)
}

func allText(r *Result) string {
	var out []string
	for _, c := range r.Content {
		out = append(out, c.Text)
	}
	return strings.Join(out, "\n")
}

func TestImagesByTheirBytes(t *testing.T) {
	png, jpeg, gif, webp := "\x89PNG\r\n\x1a\n\x00\x00", "\xFF\xD8\xFF\xE0\x00\x10JFIF", "GIF89a\x01\x00", "RIFF\x24\x00\x00\x00WEBPVP8 "
	wav, mp3, ogg := "RIFF\x24\x00\x00\x00WAVEfmt ", "ID3\x04\x00\x00", "OggS\x00\x02"
	for _, c := range []struct{ label, body, kind, mime string }{
		{"image/png", png, "image", "image/png"}, {"image/jpg", jpeg, "image", "image/jpeg"}, {"image/gif", gif, "image", "image/gif"},
		{"IMAGE/WEBP; q=1", webp, "image", "image/webp"}, {"image/png", jpeg, "image", "image/jpeg"}, {"image/*", gif, "image", "image/gif"},
		{"image/png", `{"error":"no thumbnail"}`, "text", ""}, {"image/jpeg", "<html>404</html>", "text", ""}, {"image/svg+xml", "<svg/>", "text", ""},
		{"image/heic", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "resource", "image/heic"}, {"image/tiff", "II*\x00\x08\x00\x00\x00", "resource", "image/tiff"},
		{"image/x-icon", "\x00\x00\x01\x00\x01\x00", "resource", "image/x-icon"}, {"image/bmp", "BM\x00\x01\x00\x00", "resource", "image/bmp"},
		{"image/png", "\x00\x01\x02\x03", "resource", "application/octet-stream"}, {"image/avif", "\x00\x00\x00\x1cftypavif\x00\x00", "resource", "image/avif"},
		{"image/png", "\x89PNG\r\n", "resource", "application/octet-stream"}, {"image/webp", "RIFF\x24\x00\x00\x00AVI LIST", "resource", "application/octet-stream"},
		{"audio/x-wav", wav, "audio", "audio/wav"}, {"audio/mpeg", mp3, "audio", "audio/mpeg"}, {"audio/ogg", ogg, "audio", "audio/ogg"},
		{"audio/mp3", "\xFF\xFB\x90\x64\x00", "audio", "audio/mpeg"}, {"audio/mpeg", `{"error":"quota"}`, "text", ""}, {"audio/wav", "\x00\x01\x02\x03", "resource", "audio/wav"},
		{"audio/mpeg", png, "image", "image/png"},
	} {
		for _, imported := range []bool{true, false} {
			r := FromResponse(&tool.Tool{Name: "t", Imported: imported}, Response{Status: 200, Header: http.Header{"Content-Type": {c.label}}, Body: []byte(c.body)}, Options{})
			got := r.Content[0]
			if mime, _, _ := strings.Cut(got.MIMEType, ";"); got.Type != c.kind || strings.ToLower(mime) != c.mime || r.IsError {
				t.Errorf("%s, %q: %s of %s, want %s of %s", c.label, c.body, got.Type, got.MIMEType, c.kind, c.mime)
			}
		}
	}
}

func TestCharsets(t *testing.T) {
	utf16 := func(e unicode.Endianness, bom unicode.BOMPolicy) encoding.Encoding { return unicode.UTF16(e, bom) }
	const chinese, japan, korea, russian = "名称：测试 数据", "こんにちは、世界", "안녕하세요 세계", "Привет, мир"
	for _, c := range []struct {
		name, kind, text string
		e                encoding.Encoding
	}{
		{"GBK", "text/plain; charset=GBK", chinese, simplifiedchinese.GBK}, {"gb2312", `application/json;charset="gb2312"`, chinese, simplifiedchinese.GBK},
		{"GB18030", "text/plain; charset=gb18030", chinese + "😀", simplifiedchinese.GB18030}, {"cp936", "text/plain; charset=CP936", chinese, simplifiedchinese.GBK},
		{"Big5", "text/html; charset=big5", "繁體中文", traditionalchinese.Big5}, {"Shift_JIS", "text/plain; charset=Shift_JIS", japan, japanese.ShiftJIS},
		{"MS932", "text/plain; charset=MS932", japan, japanese.ShiftJIS}, {"EUC-JP", "text/plain; charset=euc-jp", japan, japanese.EUCJP},
		{"ISO-2022-JP", "text/plain; charset=iso-2022-jp", japan, japanese.ISO2022JP}, {"EUC-KR", "text/plain; charset=euc-kr", korea, korean.EUCKR},
		{"CP949", "text/plain; charset=cp949", korea, korean.EUCKR}, {"windows-1251", "text/plain; charset=windows-1251", russian, charmap.Windows1251},
		{"cp1251", "text/plain; charset=CP1251", russian, charmap.Windows1251}, {"KOI8-R", "text/plain; charset=koi8-r", russian, charmap.KOI8R},
		{"ISO-8859-5", "text/plain; charset=iso-8859-5", russian, charmap.ISO8859_5}, {"ISO-8859-2", "text/plain; charset=ISO-8859-2", "Žluťoučký kůň", charmap.ISO8859_2},
		{"latin1", "text/plain; charset=ISO-8859-1", "Grüße, café", charmap.ISO8859_1}, {"ISO-8859-15", "text/plain; charset=iso-8859-15", "5 €", charmap.ISO8859_15},
		{"windows-1253", "text/plain; charset=windows-1253", "Γειά", charmap.Windows1253}, {"IBM850", "text/plain; charset=ibm850", "é", charmap.CodePage850},
		{"UTF-16 with a mark", "text/plain", "héllo " + chinese, utf16(unicode.LittleEndian, unicode.UseBOM)}, {"UTF-16BE with a mark", "text/csv", russian, utf16(unicode.BigEndian, unicode.UseBOM)},
		{"UTF-16LE without", "text/plain; charset=utf-16le", "plain text", utf16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"UTF-16 without", "application/json; charset=utf-16", `{"a":1}`, utf16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"UTF-32 with a mark", "text/plain", chinese, utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)}, {"UTF-32BE with a mark", "text/plain", russian, utf32.UTF32(utf32.BigEndian, utf32.UseBOM)},
		{"meta charset", "text/html", `<html><head><meta charset="gbk"><title>` + chinese + `</title>`, simplifiedchinese.GBK},
		{"meta http-equiv", "text/html", `<META http-equiv='Content-Type' content='text/html; charset=Shift_JIS'>` + japan, japanese.ShiftJIS},
		{"meta behind a comment", "text/html", `<!-- <meta charset=big5> --><html><meta charset=euc-kr>` + korea, korean.EUCKR},
		{"XML declaration", "application/xml", `<?xml version="1.0" encoding="windows-1251"?><a>` + russian + `</a>`, charmap.Windows1251},
		{"XML declaration, quotes", "text/xml", `<?xml version='1.0' encoding='GB2312' standalone="yes"?><a>` + chinese + `</a>`, simplifiedchinese.GBK},
		{"the header before the page", "text/html; charset=big5", `<meta charset="gbk">繁體`, traditionalchinese.Big5},
		{"UTF-8 whatever the label", "text/plain; charset=iso-8859-1", "Grüße " + chinese, encoding.Nop},
	} {
		body, err := c.e.NewEncoder().Bytes([]byte(c.text))
		if err != nil {
			t.Fatal(c.name, err)
		}
		if got := answer(200, http.Header{"Content-Type": {c.kind}}, body, Options{}); allText(got) != c.text {
			t.Errorf("%s: %q, want %q", c.name, allText(got), c.text)
		}
	}
}

// TestUnknownCharsetIsSaid: what cannot be read is never shown as if it could.
func TestUnknownCharsetIsSaid(t *testing.T) {
	for kind, want := range map[string]string{"text/plain; charset=x-klingon": `"x-klingon"`, "text/plain": "does not say its charset", "text/plain; charset=utf-8": "says that it is UTF-8",
		"text/plain; charset=utf-7": `"utf-7"`, "text/plain; charset=iso-2022-kr": `"iso-2022-kr"`, "text/plain; charset=": "does not say", "text/html": "does not say"} {
		got := allText(answer(200, http.Header{"Content-Type": {kind}}, []byte("na\xefve \xb2\xe2"), Options{}))
		if !strings.Contains(got, "na\uFFFDve") || !strings.Contains(got, want) {
			t.Errorf("%s: %q", kind, got)
		}
	}
	if got := allText(answer(200, http.Header{"Content-Type": {"text/plain; charset=x-klingon"}}, []byte("plain"), Options{})); got != "plain" {
		t.Errorf("%q", got)
	}
}

func TestHeadersThatTheNextCallNeeds(t *testing.T) {
	one := func(pairs ...string) http.Header {
		h := http.Header{"Content-Type": {"application/json"}}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	for _, c := range []struct {
		status int
		header http.Header
		body   string
		want   []string
		not    string
	}{
		{201, one("Location", "/users/77"), "", []string{"201 Created", "Location: /users/77"}, ""},
		{202, one("Operation-Location", "https://x.example.com/jobs/9", "Retry-After", "3"), "", []string{"Operation-Location: https://x.example.com/jobs/9", "Retry-After: 3 seconds"}, ""},
		{202, one("Azure-AsyncOperation", "https://x/op", "Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"), `{}`, []string{"https://x/op", "Retry-After: Wed, 21 Oct"}, ""},
		{204, one("Location", "/a", "Content-Location", "/b"), "", []string{"Location: /a", "Content-Location: /b"}, ""},
		{201, one("Location", "https://api/u/1"), `{"id":1}`, []string{`{"id":1}`, "Location: https://api/u/1"}, ""},
		{201, one("Location", "https://api/u/1"), `{"self":"https:\/\/api\/u\/1"}`, []string{"self"}, "Location:"},
		{200, one("Content-Disposition", `attachment; filename="report q3.csv"`), "a,b\n", []string{"a,b", "report q3.csv"}, ""},
		{200, one("Content-Disposition", "attachment; filename=a b.csv"), "x", []string{"a b.csv"}, ""},
		{200, one("Content-Disposition", "attachment; filename*=UTF-8''%E2%82%AC.txt"), "x", []string{"€.txt"}, ""},
		{200, one("Content-Location", "/same"), `{}`, []string{`{}`}, "Content-Location"},
		{304, one("Location", "/moved"), "", []string{"/moved"}, ""},
		{201, one("Location", "/k/"+url.PathEscape("sk+live/1234")), "", []string{"/k/" + secret.Mask}, "live"},
		{201, one("Location", "/a\u202e\u200bb"), "", []string{"/ab"}, "\u202e"},
	} {
		mask := secret.NewMasker(secret.New("sk+live/1234"))
		for _, imported := range []bool{true, false} {
			r := FromResponse(&tool.Tool{Name: "t", Imported: imported}, Response{Status: c.status, Header: c.header, Body: []byte(c.body)}, Options{Mask: mask.Bytes})
			text := allText(r)
			for _, want := range c.want {
				if !strings.Contains(text, want) && (imported || want != "201 Created") {
					t.Errorf("%d, %q: %q lacks %q", c.status, c.body, text, want)
				}
			}
			if c.not != "" && strings.Contains(text, c.not) {
				t.Errorf("%d, %q: %q has %q", c.status, c.body, text, c.not)
			}
			if !imported && c.status == 201 && c.body == "" && r.Content[0].Text != "success" {
				t.Errorf("the first text is %q", r.Content[0].Text)
			}
		}
	}
}

func TestHiddenCharactersOfResponses(t *testing.T) {
	for _, body := range []string{"say\u202e\u200b hi\U000e0041\U000e007f", `{"a":"say\u202e\u200b hi\udb40\udc41"}`, "<p>say&#8238;&#x200b; hi</p>", "{\"a\":\"say\u2066\u2060 hi\u00ad\"}"} {
		for _, status := range []int{200, 400} {
			o := tool.Tool{Imported: true}
			r := FromResponse(&o, Response{Status: status, Header: http.Header{"Content-Type": {"text/html"}}, Body: []byte(body)}, Options{})
			text := allText(r)
			if status == 200 && strings.HasPrefix(body, "<") {
				continue // the source of a page is ASCII
			}
			if !strings.Contains(text, "say hi") {
				t.Errorf("%d, %+q: %+q", status, body, text)
			}
		}
	}
	family := "👨\u200d👩\u200d👧 می\u200cخواهم"
	if got := allText(answer(200, nil, []byte(family), Options{})); got != family {
		t.Errorf("%+q", got)
	}
}

// echoes are ways in which a backend writes what it was sent.
var echoes = []func(string) string{
	func(s string) string { return s },
	html.EscapeString,
	func(s string) string { b, _ := json.Marshal(s); return string(b[1 : len(b)-1]) },
	url.QueryEscape,
	func(s string) string { return base64.StdEncoding.EncodeToString([]byte("u:" + s)) },
	func(s string) string { return hex.EncodeToString([]byte(s)) },
	func(s string) string { return strings.ReplaceAll(s, "/", `\/`) },
	func(s string) string {
		return strings.NewReplacer("+", "&#43;", "'", "&#39;", "/", "&#x2F;", "&", "&amp;").Replace(s)
	},
}

// shells are what it writes around that.
var shells = []string{"%s", `{"message":"%s"}`, `{"error":"{\"message\":\"%s\"}"}`, "<html><title>%s</title><p>%s", "<!doctype html><a href='%s'>", `["%s"]`, "%s: %s"}

// FuzzEcho: whatever a backend does with a credential, none that can be read, or that
// is one step of decoding away, leaves.
func FuzzEcho(f *testing.F) {
	for i := range echoes {
		for j := range shells {
			f.Add("sk+l&ve/'\"<1>==", uint8(i), uint8(0), uint8(j), 400, "text/html", false)
			f.Add("ada:pa&amp;ss/wörd+", uint8(i), uint8(1), uint8(j), 200, "application/json", true)
		}
	}
	f.Fuzz(func(t *testing.T, key string, one, two, shell uint8, status int, kind string, cut bool) {
		if len([]rune(key)) < 6 || strings.ContainsAny(key, "[]%") || strings.ToValidUTF8(key, "") != key || key != strings.TrimSpace(key) {
			return
		}
		m := secret.NewMasker(secret.New(key))
		said := echoes[int(two)%len(echoes)](echoes[int(one)%len(echoes)](key))
		body := fmt.Sprintf(strings.ReplaceAll(shells[int(shell)%len(shells)], "%s", "%[1]s"), said)
		if cut {
			body = body[:len(body)-len(body)%7]
		}
		if status %= 600; status < 200 {
			status = 400
		}
		r := FromResponse(&tool.Tool{Name: "t", Imported: true}, Response{Status: status, Header: http.Header{"Content-Type": {kind}, "Location": {said}, "X": {key}},
			Body: []byte(body), Truncated: cut}, Options{Mask: m.Bytes, MaskBeginning: m.Beginning})
		r.Mask(m.String)
		for _, c := range r.Content {
			for _, text := range []string{c.Text, c.MIMEType, c.URI} {
				if strings.Contains(text, key) || strings.Contains(html.UnescapeString(text), key) {
					t.Fatalf("%q, echoed as %q, leaves in %q", key, said, text)
				}
			}
		}
	})
}

func TestMaskIsTheLast(t *testing.T) {
	const key = "sk_live_canary"
	r := &Result{Content: []Content{{Text: "a " + key, MIMEType: "image/" + key, URI: "x://" + key, Meta: map[string]any{"a": key, "b": []any{map[string]string{key: key}}, "n": 1}}},
		Structured: json.RawMessage(`{"a":"` + key + `"}`), Meta: map[string]any{"m": struct{ A string }{key}}, Questions: []Question{{ID: key, Message: key, URL: "https://h/" + key}}}
	r.Mask(secret.NewMasker(secret.New(key)).String)
	out, err := json.Marshal(r)
	if err != nil || strings.Contains(string(out), key) || r.Questions[0].Message != secret.Mask || r.Questions[0].URL != "https://h/"+key {
		t.Errorf("%s %+v %v", out, r.Questions, err)
	}
	number := &Result{Structured: json.RawMessage(`{"a":1234567}`)}
	if number.Mask(secret.NewMasker(secret.New("1234567")).String); number.Structured != nil {
		t.Errorf("%s", number.Structured)
	}
}
