package profiles

import (
	"strings"
)

// PathPiece is a piece of a path template: literal text, or a variable.
type PathPiece struct {
	Text    string // as it is written
	Name    string // of the variable; empty: literal text
	Pattern string // what a value must be like: a regular expression, a glob or a type; empty: anything
	// Style is OpenAPI's style that the variable's operator stands for: label or matrix;
	// empty when it has none.
	Style   string
	Explode bool
	// Slash reports a variable whose values may hold slashes, which stay: {proxy+},
	// {path*}, {*path}, {+path}, {path...}, {name=projects/*}, {path:path}, {path:.*}.
	Slash bool
	// Query reports a variable that stands for a whole name=value pair of the query (RFC
	// 6570, 3.2.8 and 3.2.9).
	Query bool
}

// SplitPath takes a path template apart, as frameworks write them: {id}, {id:[0-9]{4}},
// {id<\d+>}, {name=projects/*}, {proxy+}, {id?} and the expressions of RFC 6570, such as
// {+path}, {/dir}, {;x,y} and {?q,lang}. Braces that hold no name are literal text. The
// texts of pieces with one variable each, put together, are the path.
func SplitPath(path string) []PathPiece {
	var out []PathPiece
	from := 0
	literal := func(to int) {
		if to > from {
			out = append(out, PathPiece{Text: path[from:to]})
		}
	}
	for i := 0; i < len(path); i++ {
		if path[i] != '{' {
			continue
		}
		end := closingBrace(path[i:])
		if end < 0 {
			continue
		}
		pieces := variables(path[i : i+end+1])
		if pieces == nil {
			continue
		}
		literal(i)
		out = append(out, pieces...)
		i += end
		from = i + 1
	}
	literal(len(path))
	return out
}

// closingBrace returns the place of the brace that closes the first one, or -1. More
// levels than any pattern has are no braces.
func closingBrace(s string) int {
	const most = 8
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			if depth++; depth > most {
				return -1
			}
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// variables reads what stands in braces; nil when that names nothing.
func variables(text string) []PathPiece {
	inner := strings.TrimSpace(text[1 : len(text)-1])
	for len(inner) > 2 && inner[0] == '{' && closingBrace(inner) == len(inner)-1 { // {{id}}
		inner = strings.TrimSpace(inner[1 : len(inner)-1])
	}
	operator := byte(0)
	if inner != "" && strings.IndexByte("+#./;?&*", inner[0]) >= 0 {
		operator = inner[0]
		inner = strings.TrimLeft(inner[1:], "*")
	}
	names := []string{inner}
	if !strings.ContainsAny(inner, ":=<(") {
		names = strings.Split(inner, ",")
	}
	var out []PathPiece
	for i, name := range names {
		p, ok := variable(strings.TrimSpace(name))
		if !ok {
			return nil
		}
		separator := ""
		switch operator {
		case '+', '#', '*':
			p.Slash = true
		case '.':
			p.Style = "label"
		case ';':
			p.Style = "matrix"
		case '?', '&':
			p.Query = true
		case '/':
			separator = "/"
		}
		if separator == "" && i > 0 && p.Style == "" && !p.Query {
			separator = ","
		}
		if separator != "" {
			out = append(out, PathPiece{Text: separator})
		}
		if p.Text = "{" + name + "}"; len(names) == 1 {
			p.Text = text
		}
		out = append(out, p)
	}
	return out
}

// variable reads one variable: its name, and what follows that.
func variable(s string) (PathPiece, bool) {
	end := strings.IndexAny(s, ":=<*+?! (")
	if dots := strings.Index(s, "..."); dots >= 0 && (end < 0 || dots < end) {
		end = dots
	}
	if end < 0 {
		end = len(s)
	}
	p := PathPiece{Name: s[:end]}
	if p.Name == "" || strings.ContainsAny(p.Name, `{}/\^|"'`+"`") {
		return p, false
	}
	rest := strings.TrimSpace(s[end:])
	switch {
	case rest == "" || rest == "?" || rest == "!":
	case strings.HasPrefix(rest, ":"), strings.HasPrefix(rest, "="), strings.HasPrefix(rest, "("), strings.HasPrefix(rest, "<"):
		p.Pattern = strings.TrimSpace(strings.TrimLeft(rest, ":="))
		p.Slash = spansSlashes(p.Pattern, rest[0] == '=')
	case rest[0] == '*', rest[0] == '+', rest == "...":
		p.Slash, p.Explode = true, rest[0] == '*'
	default:
		return p, false
	}
	return p, true
}

// spansSlashes reports a pattern that values with a slash may match.
func spansSlashes(pattern string, glob bool) bool {
	switch pattern {
	case "path", "*path", "splat", "*":
		return !glob
	}
	var rest strings.Builder // without what is said of other characters than these
	for i := 0; i < len(pattern); i++ {
		if strings.HasPrefix(pattern[i:], "[^") {
			if end := strings.IndexByte(pattern[i:], ']'); end >= 0 {
				i += end
				continue
			}
		}
		if pattern[i] == '\\' && i+1 < len(pattern) && pattern[i+1] != '/' && pattern[i+1] != 'S' {
			i++
			continue
		}
		rest.WriteByte(pattern[i])
	}
	for _, any := range []string{"/", "**", ".*", ".+", `\S+`, `\S*`} {
		if strings.Contains(rest.String(), any) {
			return true
		}
	}
	return false
}
