package plaintext

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Shell is a family of command interpreters that read a command alike.
type Shell int

// The families.
const (
	POSIX   Shell = iota // sh, bash, zsh and their like
	Windows              // cmd.exe and PowerShell: what both of them read alike
)

// ShellOf returns the shells of an operating system, named as runtime.GOOS does.
func ShellOf(goos string) Shell {
	if goos == "windows" {
		return Windows
	}
	return POSIX
}

// Word returns s as one word of a command that a person types or pastes into a shell of
// the family. It is false when no writing of s is read as s by all of them, or when s has
// control or hidden characters, so that a person would not see what they type.
func (sh Shell) Word(s string) (word string, ok bool) {
	if !utf8.ValidString(s) || Show(s) != s || strings.ContainsFunc(s, unicode.IsControl) {
		return "", false
	}
	if sh == Windows {
		return windowsWord(s)
	}
	const bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@+=,"
	if s != "" && strings.Trim(s, bare) == "" {
		return s, true
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'", true
}

// windowsWord quotes by what cmd.exe and PowerShell have in common, and what programs make
// of their command line (CommandLineToArgvW). Inside of double quotes cmd.exe still
// expands %NAME% and, where that is turned on, !NAME!; PowerShell expands $ and `, and
// takes typographic quotes for quotes. Neither has an escape for them that the other has.
func windowsWord(s string) (string, bool) {
	const bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:\\+"
	if s != "" && strings.Trim(s, bare) == "" && (s[0] != '-' || !strings.ContainsAny(s, ".:")) {
		return s, true // PowerShell cuts -a.b and -a:b in two
	}
	if s == "" || strings.HasSuffix(s, `\`) || strings.ContainsFunc(s, func(r rune) bool {
		return strings.ContainsRune("\"%!$`^", r) || 0x2018 <= r && r <= 0x201f
	}) {
		return "", false
	}
	return `"` + s + `"`, true
}

// unwritable stands in a command for a word that cannot be written into it.
const unwritable = "NAME"

// Command writes a command for the shells of the family. A word that cannot be written so
// that each of them reads it as it is gives way to NAME, and the text says so behind.
func (sh Shell) Command(words ...string) string {
	out, missing := make([]string, len(words)), false
	for i, w := range words {
		text, ok := sh.Word(w)
		if !ok {
			text, missing = unwritable, true
		}
		out[i] = text
	}
	text := strings.Join(out, " ")
	if missing {
		text += " (with the name in place of " + unwritable + ", written as your shell wants it)"
	}
	return text
}

// Argument returns JSON text as one word of a command. It is ASCII: other characters,
// and those that a shell could take for its own, are written as \u escapes. It is false
// for what is no JSON, and where the family has no way to write it.
func (sh Shell) Argument(text []byte) (word string, ok bool) {
	var compact bytes.Buffer
	if sh == Windows || json.Compact(&compact, text) != nil {
		return "", false
	}
	var b strings.Builder
	for _, r := range compact.String() {
		switch {
		case r < 0x7f && r != '\'' && r != '!':
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default: // in valid JSON these stand inside of strings alone
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return sh.Word(b.String())
}
