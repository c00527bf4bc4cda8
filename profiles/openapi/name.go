package openapi

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// maxName is the longest name of an imported tool: what the strictest client leaves
// beside the server's name.
const maxName = 48

// namer gives every operation a name of its own.
type namer struct{ taken map[string]bool } // in lower case

// name gives names to all operations, those that are left out too: what a profile
// picks changes no name. The first operation of a name keeps it; the others, and
// what is too long, get a hash of method and path, which no other operation changes.
func (r *reader) name(all []found) {
	r.names.taken = map[string]bool{}
	for _, reserved := range profiles.MetaTools() {
		r.names.taken[reserved] = true
	}
	for i := range all { // what a person chose comes first
		f := &all[i]
		for j := range r.options.Overrides {
			if o := &r.options.Overrides[j]; o.Name != "" && o.Matches(f.method, f.path, f.id) {
				f.name = r.names.take(legalName(o.Name, false), f)
				break
			}
		}
	}
	for i := range all {
		f := &all[i]
		if f.name != "" {
			continue
		}
		wanted := f.op.get("x-speakeasy-mcp").get("name").str()
		if legalName(wanted, true) == "" {
			wanted = f.id
		}
		if legalName(wanted, true) == "" {
			wanted = f.method + " " + f.path
		}
		f.name = r.names.take(legalName(wanted, true), f)
	}
}

// take returns the name, or a variant of it when it is too long or taken.
func (n *namer) take(name string, f *found) string {
	if len(name) > maxName || name == "" || n.taken[strings.ToLower(name)] {
		sum := sha256.Sum256([]byte(f.method + " " + f.path))
		hash := hex.EncodeToString(sum[:])
		for digits := 6; ; digits++ {
			suffix := "_" + hash[:digits]
			short := strings.TrimRight(name[:min(len(name), maxName-len(suffix))], "_-") + suffix
			if short = strings.TrimLeft(short, "_"); !n.taken[strings.ToLower(short)] || digits == 40 {
				name = short
				break
			}
		}
	}
	n.taken[strings.ToLower(name)] = true
	return name
}

// legalName makes a name of A-Z a-z 0-9 _ - from any text; with snake in lower case
// with words apart: issues/listForRepo becomes issues_list_for_repo.
func legalName(s string, snake bool) string {
	var b strings.Builder
	runes := []rune(schema.Latin(s))
	for i, c := range runes {
		switch {
		case c == '-' && !snake, c < utf8.RuneSelf && (unicode.IsLetter(c) || unicode.IsDigit(c)):
			if snake && unicode.IsUpper(c) && startsWord(runes, i) && b.Len() > 0 && !strings.HasSuffix(b.String(), "_") {
				b.WriteByte('_')
			}
			if snake {
				c = unicode.ToLower(c)
			}
			b.WriteRune(c)
		case c == '_' && !snake:
			b.WriteByte('_')
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
		if b.Len() > 4*maxName {
			break
		}
	}
	return strings.Trim(b.String(), "_")
}

// startsWord reports a capital that begins a word: behind a small letter or a digit,
// or before a small letter at the end of an abbreviation, as in getURLPath.
func startsWord(runes []rune, i int) bool {
	if i == 0 {
		return false
	}
	before := runes[i-1]
	if unicode.IsLower(before) || unicode.IsDigit(before) {
		return true
	}
	return unicode.IsUpper(before) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
}
