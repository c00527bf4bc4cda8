package result

import (
	"bytes"
	"encoding/binary"
	"mime"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeText returns a text body as valid UTF-8. A body that was cut loses the
// half of a character at its end; every other byte that is no UTF-8 is replaced.
func decodeText(body []byte, contentType string, truncated bool) []byte {
	body = toUTF8(body, contentType)
	if utf8.Valid(body) {
		return body
	}
	for n := 1; truncated && n < utf8.UTFMax && n <= len(body); n++ {
		if tail := body[len(body)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				body = body[:len(body)-n]
			}
			break
		}
	}
	return bytes.ToValidUTF8(body, []byte("\uFFFD"))
}

// toUTF8 converts by the byte order mark, or by the charset of the content type.
// A body that is UTF-8 already stays as it is, whatever its label says, and an
// unknown charset is read as UTF-8.
func toUTF8(body []byte, contentType string) []byte {
	switch {
	case bytes.HasPrefix(body, []byte("\xEF\xBB\xBF")):
		return body[3:]
	case bytes.HasPrefix(body, []byte("\xFF\xFE")):
		return fromUTF16(body[2:], binary.LittleEndian)
	case bytes.HasPrefix(body, []byte("\xFE\xFF")):
		return fromUTF16(body[2:], binary.BigEndian)
	}
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return body
	}
	switch strings.ToLower(params["charset"]) {
	case "utf-16le":
		return fromUTF16(body, binary.LittleEndian)
	case "utf-16be", "utf-16":
		return fromUTF16(body, binary.BigEndian)
	case "iso-8859-1", "iso8859-1", "latin1", "latin-1", "windows-1252", "cp1252", "us-ascii":
		if !utf8.Valid(body) {
			return fromWindows1252(body)
		}
	}
	return body
}

func fromUTF16(b []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}

// fromWindows1252 reads latin1 as browsers do (WHATWG Encoding, windows-1252).
func fromWindows1252(b []byte) []byte {
	high := []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")
	var out bytes.Buffer
	out.Grow(len(b) + len(b)/8)
	for _, c := range b {
		if c >= 0x80 && c < 0xA0 {
			out.WriteRune(high[c-0x80])
			continue
		}
		out.WriteRune(rune(c))
	}
	return out.Bytes()
}
