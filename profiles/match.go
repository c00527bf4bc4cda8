package profiles

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// methods are the HTTP methods that a profile may name: those of OpenAPI 3.2, of
// WebDAV (RFC 4918, RFC 3253, RFC 5323, RFC 5842) and LINK, UNLINK, PURGE.
// CONNECT is none: it asks for a tunnel, not for a resource.
func methods() []string {
	return append(commonMethods(), "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK",
		"REPORT", "SEARCH", "BIND", "UNBIND", "CHECKOUT", "CHECKIN", "UPDATE", "LABEL", "MERGE", "MKACTIVITY",
		"LINK", "UNLINK", "PURGE", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE")
}

func commonMethods() []string {
	return []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"}
}

// ValidMethod reports whether s, in any case, is a method that a tool may use: a
// token (RFC 9110, 5.6.2) other than CONNECT.
func ValidMethod(s string) bool { return IsToken(s) && !strings.EqualFold(s, "CONNECT") }

// IsToken reports whether s is a token as RFC 9110, 5.6.2 defines it: what names of
// headers, methods and cookies are made of.
func IsToken(s string) bool {
	for i := range len(s) {
		if b := s[i]; !isAlnum(b) && strings.IndexByte("!#$%&'*+-.^_`|~", b) < 0 {
			return false
		}
	}
	return s != ""
}

// ValidHeaderValue reports whether s may be the value of a header: no control
// characters except tab.
func ValidHeaderValue(s string) bool {
	for i := range len(s) {
		if b := s[i]; b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
	}
	return true
}

// MatchGlob reports whether pattern matches the whole of name: * stands for any
// characters, ? for one, everything else for itself, with its case. Names of tools,
// operations and tags are matched so.
func MatchGlob(pattern, name string) bool {
	return match([]rune(pattern), []rune(name), false)
}

// MatchPath reports whether a path glob matches the whole of path: * stands for
// any characters but a slash, ? for one of these, and ** between slashes or at an
// end for any number of segments, none too.
func MatchPath(glob, path string) bool {
	return match(segments(glob), []rune(path), true)
}

// MatchOperation reports whether an operation matches "METHOD path-glob", such as
// "DELETE /**" or "GET,HEAD /repos/*". Methods are compared without case; the
// method * or a pattern that is only a path matches every method. The path is the
// document's path key, or the path of a tool's URL template. A pattern that is none
// of these matches nothing.
func MatchOperation(pattern, method, path string) bool {
	allowed, glob, ok := splitOperation(pattern)
	if !ok || !MatchPath(glob, path) {
		return false
	}
	for _, m := range allowed {
		if m == "*" || strings.EqualFold(m, method) {
			return true
		}
	}
	return false
}

// MatchRule reports whether an entry of policy.deny or policy.confirm stands for
// a tool: a glob of tool names, or "METHOD path-glob".
func MatchRule(rule, tool, method, path string) bool {
	if IsOperationRule(rule) {
		return MatchOperation(rule, method, path)
	}
	return MatchGlob(rule, tool)
}

// IsOperationRule reports whether a rule speaks of methods and paths, and not of
// tool names: it has a slash or a blank.
func IsOperationRule(rule string) bool { return strings.ContainsAny(rule, "/ ") }

func splitOperation(pattern string) (methods []string, glob string, ok bool) {
	if strings.HasPrefix(pattern, "/") {
		return []string{"*"}, pattern, true
	}
	names, glob, ok := strings.Cut(pattern, " ")
	glob = strings.TrimSpace(glob)
	return strings.Split(names, ","), glob, ok && strings.HasPrefix(glob, "/")
}

// Matches reports whether the operation satisfies every list of the selection
// that is not empty. A zero Selection matches everything.
func (s Selection) Matches(method, path, operation string, tags []string, deprecated bool) bool {
	any := func(patterns []string, ok func(string) bool) bool {
		for _, p := range patterns {
			if ok(p) {
				return true
			}
		}
		return len(patterns) == 0
	}
	return (s.Deprecated == nil || *s.Deprecated == deprecated) &&
		any(s.Methods, func(p string) bool { return strings.EqualFold(p, method) }) &&
		any(s.Paths, func(p string) bool { return MatchPath(p, path) }) &&
		any(s.Operations, func(p string) bool { return operation != "" && MatchGlob(p, operation) }) &&
		any(s.Tags, func(p string) bool {
			for _, t := range tags {
				if MatchGlob(p, t) {
					return true
				}
			}
			return false
		})
}

// IsZero reports whether the selection says nothing.
func (s Selection) IsZero() bool {
	return s.Deprecated == nil && len(s.Tags)+len(s.Methods)+len(s.Paths)+len(s.Operations) == 0
}

// Matches reports whether the override is meant for the operation.
func (o Override) Matches(method, path, operation string) bool {
	if o.Operation != "" {
		return operation != "" && MatchGlob(o.Operation, operation)
	}
	return MatchOperation(o.Match, method, path)
}

// Pattern elements of a compiled path glob that no rune of a text is equal to.
const (
	anyRunes    = -1 // *
	anySegments = -2 // /**, with its slash, and what follows up to the next slash
)

// segments turns "/**" into one element, so that it can also stand for nothing.
func segments(glob string) []rune {
	var out []rune
	in := []rune(glob)
	for i := 0; i < len(in); i++ {
		switch {
		case in[i] == '/' && i+2 < len(in) && in[i+1] == '*' && in[i+2] == '*' && (i+3 == len(in) || in[i+3] == '/'):
			out = append(out, anySegments)
			i += 2
		case in[i] == '*':
			out = append(out, anyRunes)
		default:
			out = append(out, in[i])
		}
	}
	return out
}

// match works row by row, so that no pattern costs more than its length times the
// text's.
func match(pattern, text []rune, path bool) bool {
	can := make([]bool, len(text)+1) // whether the pattern so far matches text[:i]
	can[0] = true
	for _, p := range pattern {
		can = after(p, can, text, path)
	}
	return can[len(text)]
}

// after returns the row that follows can when one more element is matched.
func after(p rune, can []bool, text []rune, path bool) []bool {
	next := make([]bool, len(can))
	star := p == anyRunes || p == '*'
	next[0] = can[0] && (star || p == anySegments)
	open := false // whether "/**" has begun at a slash before i
	for i := 1; i < len(can); i++ {
		r := text[i-1]
		switch {
		case star:
			next[i] = can[i] || next[i-1] && (!path || r != '/')
		case p == anySegments:
			open = open || can[i-1] && r == '/'
			next[i] = can[i] || open
		case p == '?':
			next[i] = can[i-1] && (!path || r != '/')
		default:
			next[i] = can[i-1] && r == p
		}
	}
	return next
}

// nearestMethod returns the common method that was probably meant.
func nearestMethod(s string) string { return plaintext.Nearest(s, commonMethods()) }
