package result

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// decodeText returns a text body as valid UTF-8. Its charset is, in this order, what
// the byte order mark, the content type, the XML declaration or the meta element of a
// page say. A body that is UTF-8 already stays as it is, whatever its label says. note
// tells what could not be read; then every byte that is no UTF-8 is U+FFFD. A body
// that was cut loses the half of a character at its end.
func decodeText(body []byte, contentType string, truncated bool) (text []byte, note string) {
	if e, mark := byteOrderMark(body); mark > 0 {
		return decoded(e, body[mark:], truncated), ""
	}
	label := charsetOf(contentType)
	if label == "" {
		label = declared(body)
	}
	e := charsetOfLabel(label, body)
	switch whole := bytes.TrimSuffix(body, halfCharacter(body, truncated)); {
	case utf8.Valid(whole) && !isWide(e, body):
		return whole, ""
	case e != nil:
		return decoded(e, body, truncated), ""
	case label != "" && !isUTF8(label):
		note = "The response says that its charset is " + plaintext.Quote(label, 40) + ", which is not known: "
	case label != "":
		note = "The response says that it is UTF-8, and is not: "
	default:
		note = "The response does not say its charset, and is not UTF-8: "
	}
	return decoded(nil, body, truncated), note + "what could not be read is shown as \uFFFD."
}

// decoded converts a body; nil is UTF-8.
func decoded(e encoding.Encoding, body []byte, truncated bool) []byte {
	if e == nil {
		return bytes.ToValidUTF8(bytes.TrimSuffix(body, halfCharacter(body, truncated)), []byte("\uFFFD"))
	}
	out, err := e.NewDecoder().Bytes(body)
	if err != nil {
		return bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	if truncated {
		out = bytes.TrimSuffix(out, []byte("\uFFFD"))
	}
	return bytes.ToValidUTF8(out, []byte("\uFFFD"))
}

// halfCharacter is the beginning of a character of UTF-8 at the end of a body that was
// cut.
func halfCharacter(body []byte, truncated bool) []byte {
	for n := 1; truncated && n < utf8.UTFMax && n <= len(body); n++ {
		if tail := body[len(body)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return tail
			}
			break
		}
	}
	return nil
}

// byteOrderMark returns the encoding of the mark at the beginning, nil for UTF-8, and
// the mark's length: 0 without one.
func byteOrderMark(body []byte) (encoding.Encoding, int) {
	switch {
	case bytes.HasPrefix(body, []byte("\xEF\xBB\xBF")):
		return nil, 3
	case bytes.HasPrefix(body, []byte("\xFF\xFE\x00\x00")):
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), 4
	case bytes.HasPrefix(body, []byte("\x00\x00\xFE\xFF")):
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), 4
	case bytes.HasPrefix(body, []byte("\xFF\xFE")):
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), 2
	case bytes.HasPrefix(body, []byte("\xFE\xFF")):
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), 2
	}
	return nil, 0
}

// isWide reports an encoding whose text can be valid UTF-8 and mean something else:
// UTF-16 and UTF-32, which have zero bytes, and ISO-2022-JP, which has escapes.
func isWide(e encoding.Encoding, body []byte) bool {
	return e != nil && (bytes.IndexByte(body, 0) >= 0 || bytes.IndexByte(body, 0x1b) >= 0)
}

func isUTF8(label string) bool {
	return strings.EqualFold(label, "utf-8") || strings.EqualFold(label, "utf8")
}

// charsetOf returns the charset parameter of a content type, also of one that is not
// well formed.
func charsetOf(contentType string) string {
	lower := strings.ToLower(contentType)
	at := strings.Index(lower, "charset=")
	if at < 0 || len(lower) != len(contentType) {
		return ""
	}
	value := strings.TrimLeft(contentType[at+len("charset="):], " \t")
	if end := strings.IndexAny(value, ";, \t"); end >= 0 {
		value = value[:end]
	}
	return strings.Trim(value, `"'`)
}

// declared returns the charset that a document says of itself: in its XML declaration
// (XML 1.0 section 4.3.3), or in a meta element within the first 1,024 bytes (HTML,
// "prescan a byte stream to determine its encoding").
func declared(body []byte) string {
	head := body[:min(len(body), 1024)]
	trimmed := bytes.TrimLeft(head, " \t\r\n")
	if bytes.HasPrefix(trimmed, []byte("<?xml")) {
		if end := bytes.Index(trimmed, []byte("?>")); end > 0 {
			if m := regexp.MustCompile(`\sencoding\s*=\s*["']([A-Za-z][\w.:-]*)["']`).FindSubmatch(trimmed[:end]); m != nil {
				return string(m[1])
			}
		}
	}
	if len(trimmed) == 0 || trimmed[0] != '<' {
		return ""
	}
	head = regexp.MustCompile(`(?s)<!--.*?-->`).ReplaceAll(head, nil)
	if m := regexp.MustCompile(`(?is)<meta\s[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)`).FindSubmatch(head); m != nil {
		return string(m[1])
	}
	return ""
}

// charsetOfLabel returns the encoding that a label means (WHATWG Encoding, and the
// names that Windows and Java use); nil for UTF-8, for none and for one that is not
// known. Of UTF-16 without a byte order the text decides.
func charsetOfLabel(label string, body []byte) encoding.Encoding {
	label = strings.ToLower(label)
	switch label {
	case "", "utf-8", "utf8":
		return nil
	case "utf-16", "utf16", "ucs-2", "iso-10646-ucs-2", "csunicode", "unicode":
		if len(body) > 1 && body[1] == 0 && body[0] != 0 {
			return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
		}
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case "utf-32", "utf-32be", "utf32":
		if len(body) > 3 && body[0] != 0 {
			return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
		}
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	case "cp437", "ibm437", "437":
		return charmap.CodePage437
	case "cp850", "ibm850", "850":
		return charmap.CodePage850
	case "cp852", "ibm852":
		return charmap.CodePage852
	}
	e, err := htmlindex.Get(label)
	if err != nil {
		e, err = htmlindex.Get(otherName(label))
	}
	if err != nil || e == encoding.Replacement {
		return nil
	}
	if name, err := htmlindex.Name(e); err == nil && name == "replacement" {
		return nil
	}
	return e
}

// otherName returns the WHATWG name of an encoding that Windows, Java or Python call
// differently.
func otherName(label string) string {
	label = strings.ReplaceAll(label, "_", "-")
	switch label {
	case "cp936", "ms936", "windows-936", "euc-cn", "eucgb2312-cn", "gb2312-80":
		return "gbk"
	case "gb-18030", "gb18030-2000", "gb18030-2005", "cp54936":
		return "gb18030"
	case "cp950", "ms950", "windows-950", "big-5", "big5hkscs":
		return "big5"
	case "cp932", "ms932", "mskanji", "shiftjis", "s-jis", "csshiftjis":
		return "shift_jis"
	case "cp949", "ms949", "uhc", "euckr", "ks-c-5601-1987", "ksc5601":
		return "euc-kr"
	case "eucjp", "ujis", "cp51932":
		return "euc-jp"
	case "latin-1", "latin", "8859-1", "cp819":
		return "windows-1252"
	}
	for _, prefix := range []string{"windows", "cp-", "ms", "win-", "win"} {
		if rest, ok := strings.CutPrefix(label, prefix); ok {
			return "windows-" + strings.TrimPrefix(rest, "-")
		}
	}
	if rest, ok := strings.CutPrefix(label, "latin-"); ok {
		return "latin" + rest
	}
	return label
}
