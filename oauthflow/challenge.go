package oauthflow

import "strings"

// How much of a header is read: no server needs more.
const (
	maxChallenges = 32
	maxParams     = 64
)

// Challenge is one challenge of a WWW-Authenticate header (RFC 9110, section 11.6.1):
// a scheme with either a token68 or parameters, whose names are in lower case. Of a
// parameter that stands twice the first value counts.
type Challenge struct {
	Scheme  string
	Token68 string
	Params  map[string]string
}

// ParseChallenges reads the values of WWW-Authenticate headers. What it cannot read it
// leaves out; it never fails and keeps at most 32 challenges of 64 parameters.
func ParseChallenges(values []string) []Challenge {
	var all []Challenge
	for _, v := range values {
		p := &challengeParser{rest: v}
		for len(all) < maxChallenges {
			c, ok := p.challenge()
			if !ok {
				break
			}
			all = append(all, c)
		}
	}
	return all
}

// challengeParser holds what is still to be read of one header value.
type challengeParser struct{ rest string }

// challenge reads the next challenge; false at the end.
func (p *challengeParser) challenge() (Challenge, bool) {
	scheme := ""
	for scheme == "" {
		p.skip(" \t,")
		if p.rest == "" {
			return Challenge{}, false
		}
		if scheme = p.token(); scheme == "" {
			p.junk()
		}
	}
	c := Challenge{Scheme: scheme, Params: map[string]string{}}
	if !p.skip(" \t") {
		return c, true
	}
	if c.Token68 = p.token68(); c.Token68 != "" {
		return c, true
	}
	for p.param(c.Params) {
	}
	return c, true
}

// param reads one parameter and the commas before it; false, without having read
// anything but commas, when what follows is the next challenge or nothing.
func (p *challengeParser) param(into map[string]string) bool {
	p.skip(" \t,")
	before := p.rest
	name := strings.ToLower(p.token())
	if name == "" {
		if p.rest == "" {
			return false
		}
		p.junk()
		return true
	}
	p.skip(" \t")
	if !strings.HasPrefix(p.rest, "=") {
		p.rest = before
		return false
	}
	p.rest = p.rest[1:]
	p.skip(" \t")
	value, ok := p.value()
	if _, twice := into[name]; ok && !twice && len(into) < maxParams {
		into[name] = value
	}
	return true
}

// value reads a token or a quoted string; false when the string has no end.
func (p *challengeParser) value() (string, bool) {
	if !strings.HasPrefix(p.rest, `"`) {
		return p.until(" \t,"), true
	}
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			p.rest = p.rest[i+1:]
			return b.String(), true
		case c == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	p.rest = ""
	return "", false
}

// token68 reads credentials that are one word with padding, when they stand alone up
// to the next comma; else it reads nothing.
func (p *challengeParser) token68() string {
	end := len(p.rest) - len(strings.TrimLeft(p.rest, token68Bytes))
	whole := len(p.rest) - len(strings.TrimLeft(p.rest[end:], "="))
	after := strings.TrimLeft(p.rest[whole:], " \t")
	if end == 0 || after != "" && after[0] != ',' {
		return ""
	}
	word := p.rest[:whole]
	p.rest = after
	return word
}

const token68Bytes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"

func (p *challengeParser) token() string {
	end := strings.IndexFunc(p.rest, func(r rune) bool { return !isTokenByte(r) })
	if end < 0 {
		end = len(p.rest)
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	return word
}

// until reads everything before one of the bytes.
func (p *challengeParser) until(stop string) string {
	end := strings.IndexAny(p.rest, stop)
	if end < 0 {
		end = len(p.rest)
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	return word
}

// skip drops the bytes at the beginning and reports whether there were any.
func (p *challengeParser) skip(these string) bool {
	before := len(p.rest)
	p.rest = strings.TrimLeft(p.rest, these)
	return len(p.rest) < before
}

// junk drops what no grammar explains, up to the next comma outside of quotes.
func (p *challengeParser) junk() {
	for p.rest != "" && p.rest[0] != ',' {
		if p.rest[0] == '"' {
			if _, ok := p.value(); !ok {
				return
			}
			continue
		}
		p.rest = p.rest[1:]
	}
}

// isTokenByte reports a character of a token (RFC 9110, section 5.6.2).
func isTokenByte(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return true
	}
	return r != 0 && r < 0x80 && strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}
