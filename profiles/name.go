package profiles

import (
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// extension is what a profile's file name ends with.
const extension = ".toml"

// maxName is the most bytes of a profile's name, maxAccount of an account's.
const (
	maxName    = 64
	maxAccount = 128
)

func quote(s string) string { return strconv.Quote(plaintext.ShortenBytes(s, 80)) }

// CheckName reports, as a *NameError, why name cannot be the name of a profile. A
// name is 1 to 64 of the characters A-Z a-z 0-9 . _ -, begins with a letter or a
// digit, does not end with a dot or ".toml", and is none of the names that Windows
// keeps for devices (con, nul, com1 and so on, with any ending).
func CheckName(name string) error {
	fail := func(message string) error {
		return &NameError{Name: name, Message: message, Type: "type a name such as " + MakeName(name)}
	}
	switch {
	case name == "":
		return &NameError{Message: "a profile needs a name", Type: "type a name such as github"}
	case len(name) > maxName:
		return fail("the name is longer than " + strconv.Itoa(maxName) + " characters")
	case !isAlnum(name[0]):
		return fail("a name begins with a letter or a digit")
	case strings.HasSuffix(name, "."):
		return fail("a name cannot end with a dot")
	case strings.HasSuffix(strings.ToLower(name), extension):
		return fail("a name is written without .toml")
	case isDevice(name):
		return fail("Windows keeps this name for a device")
	}
	for i := range len(name) {
		if b := name[i]; !isAlnum(b) && b != '.' && b != '_' && b != '-' {
			return fail("a name has only letters without accents, digits, dots, - and _")
		}
	}
	return nil
}

// CheckNewName is [CheckName] for a profile that is about to be made beside those
// that exist: a name that is taken, or differs from one only by case, is refused.
func CheckNewName(name string, existing []string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	for _, other := range existing {
		switch {
		case other == name:
			return &NameError{Name: name, Message: "there is a profile of this name", Type: "type another name, or --force to replace it"}
		case strings.EqualFold(other, name):
			return &NameError{Name: name, Message: "differs only by case from the profile " + quote(other), Type: "type another name"}
		}
	}
	return nil
}

func isAlnum(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
}

func isDevice(name string) bool {
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (stem[:3] == "com" || stem[:3] == "lpt") && stem[3] >= '0' && stem[3] <= '9'
}

// MakeName returns a legal name made from a title: "GitHub v3 REST API" becomes
// "github-v3-rest-api". With names that are taken, a number makes it another one.
func MakeName(title string, taken ...string) string {
	const most = 40
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		if b.Len() >= most {
			break
		}
		if r < utf8.RuneSelf && isAlnum(byte(r)) || b.Len() > 0 && (r == '.' || r == '_') {
			b.WriteRune(r)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") && r != '\'' {
			b.WriteByte('-')
		}
	}
	base := strings.TrimRight(b.String(), ".-_")
	for strings.HasSuffix(base, extension) {
		base = strings.TrimRight(strings.TrimSuffix(base, extension), ".-_")
	}
	if base == "" {
		base = "api"
	}
	if isDevice(base) {
		base = "api-" + base
	}
	name := base
	for n := 2; isTaken(name, taken); n++ {
		name = base + "-" + strconv.Itoa(n)
	}
	return name
}

func isTaken(name string, taken []string) bool {
	for _, t := range taken {
		if strings.EqualFold(t, name) {
			return true
		}
	}
	return false
}

// isPath reports whether a person who typed s means a file and not a name.
func isPath(s string) bool {
	return len(s) >= len(extension) && strings.EqualFold(s[len(s)-len(extension):], extension)
}

// Ref is a profile, and perhaps an account, as a person types them.
type Ref struct {
	Profile string // a name, or the path of a file that ends in .toml
	Account string // "" when none was typed
}

// String returns the Ref as it is typed.
func (r Ref) String() string {
	if r.Account == "" {
		return r.Profile
	}
	return r.Profile + "/" + r.Account
}

// ParseRef reads "NAME", "NAME/ACCOUNT", "PATH.toml" or "PATH.toml/ACCOUNT". The
// error is a *NameError.
func ParseRef(s string) (Ref, error) {
	if isPath(s) {
		return Ref{Profile: s}, nil
	}
	lower := strings.ToLower(filepath.ToSlash(s))
	var r Ref
	if at := strings.LastIndex(lower, extension+"/"); at >= 0 && len(lower) == len(s) {
		r = Ref{s[:at+len(extension)], s[at+len(extension)+1:]}
	} else {
		name, account, with := strings.Cut(s, "/")
		r = Ref{name, account}
		if err := CheckName(name); err != nil {
			return Ref{}, err
		}
		if !with {
			return r, nil
		}
	}
	if err := CheckAccount(r.Account); err != nil {
		return Ref{}, err
	}
	return r, nil
}

// CheckAccount reports, as a *NameError, why name cannot be an account's name: it
// is 1 to 128 bytes of printable text without slashes or blanks around it.
func CheckAccount(name string) error {
	const hint = "type an account name such as work"
	switch {
	case name == "":
		return &NameError{Message: "the account has no name", Type: hint}
	case len(name) > maxAccount:
		return &NameError{name, "an account's name has at most " + strconv.Itoa(maxAccount) + " bytes", hint}
	case strings.ContainsAny(name, `/\`):
		return &NameError{name, "an account's name has no slashes", hint}
	case strings.TrimSpace(name) != name || !utf8.ValidString(name):
		return &NameError{name, "an account's name is text without blanks around it", hint}
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return &NameError{name, "an account's name has only printable characters", hint}
		}
	}
	return nil
}

// nearestName returns what to type instead of a name that is none of those known.
func nearestName(name string, known []string) string {
	if near := plaintext.Nearest(name, known); near != "" {
		return "did you mean " + near + "?"
	}
	switch {
	case len(known) == 0:
		return "make a profile: mcp-bridge add SOURCE"
	case len(known) <= 12:
		return "there are: " + strings.Join(known, ", ")
	}
	return "see them with: mcp-bridge profiles"
}
