package credential

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// PastedError says why a text cannot be the credential of a scheme. It shows no more of
// the text than one character.
type PastedError struct{ Why string }

// Error says why.
func (e *PastedError) Error() string { return "this cannot be the credential: " + e.Why }

// Hint says what to do.
func (e *PastedError) Hint() string {
	return "copy it once more where the API shows it, alone and as one line"
}

var (
	assignment  = regexp.MustCompile(`^(?:(?:export|set|setx|setenv|declare -x|\$env:)\s*)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(\S.*)$`)
	header      = regexp.MustCompile(`^(?:(?:-H|--header)[\s=]*["']?)?([A-Za-z][A-Za-z0-9_-]*)\s*:\s*(\S.*?)["']?$`)
	placeholder = regexp.MustCompile(`^(?:\$\{?[A-Za-z_][A-Za-z0-9_]*\}?|%[A-Za-z_]+%|\{\{?[\s\w.-]+\}?\}|<[^<>]+>|\[[^\[\]]+\]|(?i:your[-_ ].*|.*[-_ ](?:goes|here)[-_ ]?(?:here)?)|[xX*.•…]{3,64})$`)
)

// closing is the quote that ends what another one begins; 0: it is no quote.
func closing(quote rune) rune {
	switch quote {
	case '"', '\'', '`':
		return quote
	case '“':
		return '”'
	case '„':
		return '“'
	case '‘':
		return '’'
	case '«':
		return '»'
	}
	return 0
}

// Pasted returns the credential of a scheme that a text holds: what a person typed, piped
// in or put into a file or a variable. What is around a credential where people copy it is
// removed, and removed says what, in words: byte order marks and invisible characters,
// blanks, quotes, the name of a variable or of the header, the word Bearer. What cannot be
// sent, or is no credential, is a *PastedError: line breaks and blanks inside, characters
// that no header carries, placeholders. A password is taken as it is but for what is around
// the whole. A scheme of nil, or of a sign-in, means any secret, such as a client's.
func Pasted(s *profiles.SecurityScheme, text string) (v secret.Value, removed []string, err error) {
	p := &pasted{scheme: s, text: text}
	if err := p.clean(); err != nil {
		return secret.Value{}, nil, err
	}
	return secret.New(p.text), p.removed, nil
}

// pasted is a text while it is taken apart.
type pasted struct {
	scheme  *profiles.SecurityScheme
	text    string
	removed []string
}

func (p *pasted) clean() error {
	if !utf8.ValidString(p.text) {
		return &PastedError{"it is not text in UTF-8"}
	}
	if bare := strings.TrimLeft(p.text, "\ufeff"); bare != p.text {
		p.take(bare, "a byte order mark")
	}
	if p.password() {
		return p.checkPassword()
	}
	p.take(strings.Map(func(r rune) rune {
		if r > 0x7f && plaintext.IsHidden(r) {
			return -1
		}
		return r
	}, p.text), "invisible characters")
	for before := ""; before != p.text; { // each may be inside of another
		before = p.text
		p.takeAround()
	}
	return p.check()
}

// take makes the text what is left when something was removed.
func (p *pasted) take(left, what string) {
	if left != p.text {
		p.text, p.removed = left, append(p.removed, what)
	}
}

// takeAround removes one layer of what stands around a credential.
func (p *pasted) takeAround() {
	// A line end is what every pipe and file has, and nothing to speak of.
	if t := strings.TrimRight(p.text, "\r\n"); strings.TrimSpace(t) != t {
		p.take(strings.TrimSpace(t), "the blanks around it")
	} else {
		p.text = t
	}
	if r, size := utf8.DecodeRuneInString(p.text); closing(r) != 0 && strings.HasSuffix(p.text, string(closing(r))) && len(p.text) > 2*size {
		p.take(strings.TrimSuffix(p.text[size:], string(closing(r))), "the quotes around it")
	}
	if m := assignment.FindStringSubmatch(p.text); m != nil && p.isVariable(m[1], m[0]) {
		p.take(m[2], "the name "+m[1]+" before it")
	}
	if m := header.FindStringSubmatch(p.text); m != nil && p.isHeader(m[1]) {
		p.take(m[2], "the header name "+m[1]+" before it")
	}
	for _, word := range p.words() {
		if first, rest, ok := strings.Cut(p.text, " "); ok && strings.EqualFold(first, word) && strings.TrimSpace(rest) != "" {
			p.take(strings.TrimSpace(rest), "the word "+first+" before it")
		}
	}
}

// isVariable reports whether NAME=… begins with the name of a variable, or of the query
// parameter or cookie: a token may have an = in it, too.
func (p *pasted) isVariable(name, whole string) bool {
	if p.scheme != nil && p.scheme.Type == profiles.APIKey && strings.EqualFold(name, p.scheme.Name) {
		return true
	}
	if !strings.HasPrefix(whole, name) { // export, set and their kind
		return true
	}
	if name != strings.ToUpper(name) {
		return false
	}
	for _, word := range []string{"KEY", "TOKEN", "SECRET", "PASSWORD", "AUTH", "CREDENTIAL", "_PAT"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// isHeader reports the name of a header that carries credentials.
func (p *pasted) isHeader(name string) bool {
	switch name = strings.ToLower(name); name {
	case "authorization", "proxy-authorization", "x-api-key", "api-key", "apikey", "x-auth-token", "private-token", "x-access-token":
		return true
	}
	return p.scheme != nil && p.scheme.Type == profiles.APIKey && strings.EqualFold(name, p.scheme.Name)
}

// words are what may stand before a token in a header, and is set by the scheme itself.
func (p *pasted) words() []string {
	if p.scheme != nil && p.scheme.Type == profiles.HTTPScheme {
		return map[string][]string{"bearer": {"Bearer", "token"}, "basic": {"Basic"}}[strings.ToLower(p.scheme.Scheme)]
	}
	return nil
}

func (p *pasted) kind(scheme string) bool {
	return p.scheme != nil && p.scheme.Type == profiles.HTTPScheme && strings.EqualFold(p.scheme.Scheme, scheme)
}

// password reports user:password, of which every blank may count.
func (p *pasted) password() bool {
	if !p.kind("basic") {
		return false
	}
	word, _, _ := strings.Cut(strings.TrimSpace(p.text), " ")
	return strings.Contains(p.text, ":") && !strings.EqualFold(strings.TrimSuffix(word, ":"), "authorization") && !strings.EqualFold(word, "Basic")
}

func (p *pasted) checkPassword() error {
	p.text = strings.TrimRight(p.text, "\r\n")
	for _, r := range p.text {
		if plaintext.IsHidden(r) || r == '\n' || r == '\r' || r == '\t' {
			return &PastedError{"it has " + spelled(r) + " in it"}
		}
	}
	return nil
}

// check refuses what no request can carry, or what is no credential.
func (p *pasted) check() error {
	switch {
	case p.text == "":
		return &PastedError{"it is empty"}
	case placeholder.MatchString(p.text):
		return &PastedError{"it is a placeholder, to be replaced by the credential itself"}
	case strings.ContainsAny(p.text, "\r\n"):
		return &PastedError{"it has a line break in it"}
	}
	if word, _, ok := strings.Cut(p.text, " "); ok && p.kind("bearer") && strings.EqualFold(word, "Basic") {
		return &PastedError{"it is a user name and password (Basic), and the scheme takes a token"}
	}
	oneWord := p.kind("bearer") || p.kind("basic")
	query := p.scheme != nil && p.scheme.Type == profiles.APIKey && p.scheme.In == "query"                                                           // which is percent-encoded
	opaque := p.scheme == nil || IsOAuth(p.scheme) || p.scheme.Type == profiles.ValueScheme && strings.HasPrefix(p.scheme.ID, profiles.ConfigPrefix) // a template decides where it goes
	for _, r := range p.text {
		switch {
		case r < ' ' || r == 0x7f, r > 0x7f && !query && !opaque, r == ' ' && oneWord:
			return &PastedError{"it has " + spelled(r) + " in it"}
		}
	}
	return nil
}

// spelled names a character that would be hard to see.
func spelled(r rune) string {
	switch {
	case r == ' ':
		return "a blank"
	case r == '\t':
		return "a tab"
	case r == '\n' || r == '\r':
		return "a line break"
	case unicode.IsPrint(r) && !unicode.IsSpace(r):
		return fmt.Sprintf("the character %c (U+%04X)", r, r)
	}
	return fmt.Sprintf("the invisible character U+%04X", r)
}
