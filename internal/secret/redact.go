package secret

import (
	"regexp"
	"strings"
	"sync"
)

// shape is what a credential that nobody knows looks like in a text.
type shape struct {
	*regexp.Regexp
	with string
	but  func(match string) bool // the match is no credential; nil: it always is one
}

// shapes are compiled when a text is first redacted: most processes never do.
var shapes = sync.OnceValue(func() []shape {
	// What is masked already stays: redacting twice changes nothing.
	const value = `(?:\[secret\]|[^"'&\s,;})]+)`
	list := func(with string, but func(string) bool, patterns ...string) (out []shape) {
		for _, p := range patterns {
			out = append(out, shape{regexp.MustCompile(`(?i)` + p), with, but})
		}
		return out
	}
	all := list("${1}"+Mask, nil,
		// Headers whose whole value is secret, as they are sent and as JSON or Go print them.
		`((?:\b|_)(?:authorization|cookie|x-[a-z-]*(?:key|token|secret))["']?\s*[:=]\s*["']?)(?:\[secret\]|[^"'\r\n]+)`,
		// Members, parameters and settings with a name that says what they are.
		`([\w-]*(?:access|refresh|id|auth|subject|actor|device|session|csrf|api|bearer)[_-]?(?:token|code|key)\\?["']?\s*[:=]\s*\\?["']?)`+value,
		`([\w-]*(?:client_secret|client_assertion|code_verifier|passwd|password|passphrase|private_key)\\?["']?\s*[:=]\s*\\?["']?)`+value,
		// Names that prose uses too: only as a parameter or as a member that is a text.
		`((?:^|[?&#"'\s;])(?:token|key|secret|apikey|assertion|sig|signature|x-amz-signature)=)`+value,
		`((?:^|[?&#"'])code=)`+value,
		`(\\?"(?:token|key|secret|apikey|assertion|sig|signature)\\?"\s*:\s*\\?")(?:\[secret\]|[^"]+)`,
		`(\b)eyJ[\w-]{6,}\.[\w-]+\.[\w-]*`) // a JSON Web Token
	all = append(all, list("${1}"+Mask, ordinary, `(\b(?:bearer|basic|dpop)\s+)[a-z0-9._~+/=-]{6,}`)...)
	return append(all, list("${1}"+Mask+"@", nil, `(://)[^/?#@\s"']+@`)...)
})

// ordinary holds for words that follow "bearer" and "basic" in prose and in
// challenges.
func ordinary(match string) bool {
	_, word, _ := strings.Cut(strings.TrimSpace(match), " ")
	switch strings.ToLower(strings.Trim(word, " .=")) {
	case "authentication", "authorization", "credential", "credentials", "scheme", "tokens", "method", "realm", "error", "scope":
		return true
	}
	return false
}

// Redact masks what looks like a credential in a text that comes from elsewhere,
// such as the message of a library: values of Authorization and cookie headers,
// bearer and basic tokens, parameters and members such as access_token, client_secret
// and code, JSON Web Tokens, and the user part of a URL. It is for logs and errors
// and errs on the side of masking; a secret that is known is masked by a [Masker].
// Redacting twice changes nothing.
func Redact(text string) string {
	if !strings.ContainsAny(text, ":= .") {
		return text
	}
	for _, s := range shapes() {
		if s.but == nil {
			text = s.ReplaceAllString(text, s.with)
			continue
		}
		text = s.ReplaceAllStringFunc(text, func(match string) string {
			if s.but(match) {
				return match
			}
			return s.ReplaceAllString(match, s.with)
		})
	}
	return text
}
