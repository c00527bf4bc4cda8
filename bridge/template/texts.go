package template

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/adler32"
	"strconv"
	"strings"
	"unicode"
)

// textFunctions are those that make a text of a text. What they work on comes last,
// so that it can come by a pipe.
func textFunctions() map[string]any {
	trimAll := func(set, s string) string { return strings.Trim(s, set) }
	return map[string]any{
		"trim": strings.TrimSpace, "upper": strings.ToUpper, "lower": strings.ToLower, "trimAll": trimAll, "trimall": trimAll,
		"trimPrefix": func(prefix, s string) string { return strings.TrimPrefix(s, prefix) },
		"trimSuffix": func(suffix, s string) string { return strings.TrimSuffix(s, suffix) },
		"contains":   func(part, s string) bool { return strings.Contains(s, part) },
		"hasPrefix":  func(prefix, s string) bool { return strings.HasPrefix(s, prefix) },
		"hasSuffix":  func(suffix, s string) bool { return strings.HasSuffix(s, suffix) },
		"repeat":     func(n int, s string) string { return strings.Repeat(s, n) },
		"replace":    func(old, by, s string) string { return strings.ReplaceAll(s, old, by) },
		"nospace":    func(s string) string { return strings.Join(strings.Fields(s), "") },
		"trunc":      trunc, "substr": substring, "abbrev": abbrev, "abbrevboth": abbrevBoth,
		"indent":  indent,
		"nindent": func(n int, s string) string { return "\n" + indent(n, s) },
		"wrap":    func(n int, s string) string { return wrapLines(n, "\n", s, false) },
		"wrapWith": func(n int, separator, s string) string {
			return wrapLines(n, separator, s, true)
		},
		"split": func(separator, s string) map[string]string { return numbered(strings.Split(s, separator)) },
		"splitn": func(separator string, n int, s string) map[string]string {
			return numbered(strings.SplitN(s, separator, n))
		},
		"splitList": func(separator, s string) []string { return strings.Split(s, separator) },
		"b64enc":    func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"b32enc":    func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) },
		"b64dec":    func(s string) string { return decoded(base64.StdEncoding.DecodeString(s)) },
		"b32dec":    func(s string) string { return decoded(base32.StdEncoding.DecodeString(s)) },
		"sha1sum":   func(s string) string { sum := sha1.Sum([]byte(s)); return hex.EncodeToString(sum[:]) },
		"sha256sum": func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:]) },
		"sha512sum": func(s string) string { sum := sha512.Sum512([]byte(s)); return hex.EncodeToString(sum[:]) },
		"adler32sum": func(s string) string {
			return strconv.FormatUint(uint64(adler32.Checksum([]byte(s))), 10)
		},
		"toPrettyJson":     func(x any) string { b, _ := json.MarshalIndent(x, "", "  "); return string(b) },
		"mustToPrettyJson": func(x any) (string, error) { b, err := json.MarshalIndent(x, "", "  "); return string(b), err },
		"fromJson":         func(s string) any { x, _ := readJSON(s); return x },
		"mustFromJson":     readJSON,
	}
}

func readJSON(s string) (x any, err error) {
	err = json.Unmarshal([]byte(s), &x)
	return x, err
}

// decoded is what was decoded or, as in sprig, what is wrong with it.
func decoded(b []byte, err error) string {
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// numbered names parts _0, _1 and so on.
func numbered(parts []string) map[string]string {
	out := make(map[string]string, len(parts))
	for j, part := range parts {
		out["_"+strconv.Itoa(j)] = part
	}
	return out
}

// written is how sprig writes anything as text.
func written(x any) string {
	switch x := x.(type) {
	case string:
		return x
	case []byte:
		return string(x)
	}
	return fmt.Sprint(x)
}

// trunc keeps the first n bytes, the last -n when n is negative.
func trunc(n int, s string) string {
	switch {
	case n < 0 && len(s)+n > 0:
		return s[len(s)+n:]
	case n >= 0 && n < len(s):
		return s[:n]
	}
	return s
}

// substring is s[from:to]; a negative position is no position.
func substring(from, to int, s string) string {
	switch {
	case from < 0:
		return s[:to]
	case to < 0 || to > len(s):
		return s[from:]
	}
	return s[from:to]
}

const ellipsis = "..."

func abbrev(width int, s string) string {
	if width < 4 || len(s) <= width {
		return s
	}
	return s[:width-3] + ellipsis
}

// abbrevBoth shows width bytes from about from on.
func abbrevBoth(from, width int, s string) string {
	if width < 4 || from > 0 && width < 7 || len(s) <= width {
		return s
	}
	from = min(from, len(s)-(width-3))
	switch {
	case from <= 4:
		return s[:width-3] + ellipsis
	case width < 7:
		return ""
	case from+width-3 < len(s):
		return ellipsis + abbrev(width-3, s[from:])
	}
	return ellipsis + s[len(s)-(width-3):]
}

func indent(n int, s string) string {
	pad := strings.Repeat(" ", n)
	return pad + strings.ReplaceAll(s, "\n", "\n"+pad)
}

// wrapLines breaks a text into lines of width bytes, at spaces; a longer word is
// broken when cut says so.
func wrapLines(width int, separator, s string, cut bool) string {
	if separator == "" {
		separator = "\n"
	}
	width = max(width, 1)
	var b strings.Builder
	for len(s) > width {
		if s[0] == ' ' {
			s = s[1:]
			continue
		}
		end, rest := strings.LastIndexByte(s[:width+1], ' '), 1
		switch {
		case end >= 0:
		case cut:
			end, rest = width, 0
		default:
			if end = strings.IndexByte(s[width:], ' '); end < 0 {
				return b.String() + s
			}
			end += width
		}
		b.WriteString(s[:end])
		b.WriteString(separator)
		s = s[end+rest:]
	}
	return b.String() + s
}

// title begins each word with a capital.
func title(s string) string {
	last := ' '
	return strings.Map(func(r rune) rune {
		begins := unicode.IsSpace(last)
		if last <= unicode.MaxASCII {
			begins = last != '_' && !unicode.IsLetter(last) && !unicode.IsDigit(last)
		}
		if last = r; begins {
			return unicode.ToTitle(r)
		}
		return r
	}, s)
}

// untitle begins each word with a small letter.
func untitle(s string) string {
	begins := true
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			begins = true
		case begins:
			begins = false
			return unicode.ToLower(r)
		}
		return r
	}, s)
}

// swapCase makes capitals small and other letters capitals.
func swapCase(s string) string {
	begins := true
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsUpper(r) || unicode.IsTitle(r):
			begins = false
			return unicode.ToLower(r)
		case unicode.IsLower(r) && begins:
			begins = false
			return unicode.ToTitle(r)
		case unicode.IsLower(r):
			return unicode.ToUpper(r)
		}
		begins = unicode.IsSpace(r)
		return r
	}, s)
}

// initials returns the first letter of each word.
func initials(s string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(s) {
		for _, r := range word {
			b.WriteRune(r)
			break
		}
	}
	return b.String()
}
