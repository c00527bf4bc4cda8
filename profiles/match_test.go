package profiles

import (
	"regexp"
	"strings"
	"testing"
)

func TestMatchGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"a", "a", true}, {"a", "A", false}, {"*", "", true}, {"*", "a/b", true},
		{"issues_*", "issues_list", true}, {"issues_*", "issue_list", false}, {"*_list", "issues_list", true}, {"a*b*c", "aXbYc", true},
		{"a*b*c", "aXc", false}, {"a?c", "abc", true}, {"a?c", "ac", false}, {"?", "é", true}, {"issues/*", "issues/create", true},
		{"**", "abc", true}, {"[a]", "a", false}, {"[a]", "[a]", true}, {"{id}", "{id}", true},
	} {
		if got := MatchGlob(c.pattern, c.name); got != c.want {
			t.Errorf("MatchGlob(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}

func TestMatchPath(t *testing.T) {
	for _, c := range []struct {
		glob, path string
		want       bool
	}{
		{"/repos/*/*/issues", "/repos/{owner}/{repo}/issues", true}, {"/repos/*/issues", "/repos/{owner}/{repo}/issues", false},
		{"/**", "/", true}, {"/**", "/a/b", true}, {"/**", "", true}, {"/repos/**", "/repos/a/b", true}, {"/repos/**", "/repos", true},
		{"/repos/**", "/reposition", false}, {"/a/**/z", "/a/z", true}, {"/a/**/z", "/a/b/c/z", true}, {"/a/**/z", "/a/bz", false},
		{"/a/**/z", "/a/b/c/y", false}, {"/a/**/b/**", "/a/x/b", true}, {"/a*", "/abc", true}, {"/a*", "/ab/c", false}, {"/a?", "/a/", false},
		{"/a**b", "/axb", true}, {"/a**b", "/a/b", false}, {"/a/*", "/a/", true}, {"/a/*", "/a", false}, {"/**/**", "/x", true},
	} {
		if got := MatchPath(c.glob, c.path); got != c.want {
			t.Errorf("MatchPath(%q, %q) = %v", c.glob, c.path, got)
		}
	}
}

func TestMatchOperation(t *testing.T) {
	for _, c := range []struct {
		pattern, method, path string
		want                  bool
	}{
		{"DELETE /**", "DELETE", "/a", true}, {"delete /**", "DELETE", "/a", true}, {"DELETE /**", "GET", "/a", false},
		{"GET,HEAD /a", "head", "/a", true}, {"* /a", "PATCH", "/a", true}, {"/a", "PATCH", "/a", true}, {"DELETE  /a", "DELETE", "/a", true},
		{"DELETE", "DELETE", "/a", false}, {"DELETE a", "DELETE", "a", false}, {"", "", "", false},
	} {
		if got := MatchOperation(c.pattern, c.method, c.path); got != c.want {
			t.Errorf("MatchOperation(%q, %q, %q) = %v", c.pattern, c.method, c.path, got)
		}
	}
	for _, c := range []struct {
		rule string
		want bool
	}{{"admin_*", true}, {"DELETE /admin/**", true}, {"/admin/**", true}, {"admin", false}, {"GET /**", false}} {
		if got := MatchRule(c.rule, "admin_drop", "DELETE", "/admin/x"); got != c.want {
			t.Errorf("MatchRule(%q) = %v", c.rule, got)
		}
	}
}

func TestSelection(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		s    Selection
		want bool
	}{
		{Selection{}, true},
		{Selection{Tags: []string{"iss*"}}, true}, {Selection{Tags: []string{"x", "y"}}, false},
		{Selection{Methods: []string{"get"}}, true}, {Selection{Methods: []string{"POST"}}, false},
		{Selection{Paths: []string{"/repos/**"}}, true}, {Selection{Paths: []string{"/x"}}, false},
		{Selection{Operations: []string{"issues/*"}}, true}, {Selection{Operations: []string{"pulls/*"}}, false},
		{Selection{Deprecated: &yes}, false}, {Selection{Deprecated: &no}, true},
		{Selection{Methods: []string{"GET"}, Tags: []string{"x"}}, false},
	} {
		if got := c.s.Matches("GET", "/repos/{x}", "issues/get", []string{"a", "issues"}, false); got != c.want {
			t.Errorf("%+v: %v", c.s, got)
		}
		if c.s.IsZero() != (len(c.s.Tags)+len(c.s.Methods)+len(c.s.Paths)+len(c.s.Operations) == 0 && c.s.Deprecated == nil) {
			t.Errorf("%+v: IsZero is %v", c.s, c.s.IsZero())
		}
	}
	if (Selection{Operations: []string{"*"}}).Matches("GET", "/", "", nil, false) {
		t.Error("an operation without an id matches")
	}
}

func TestOverrideMatches(t *testing.T) {
	for _, c := range []struct {
		o    Override
		want bool
	}{
		{Override{Operation: "issues/*"}, true}, {Override{Operation: "x"}, false},
		{Override{Match: "GET /repos/*"}, true}, {Override{Match: "POST /repos/*"}, false}, {Override{}, false},
	} {
		if got := c.o.Matches("GET", "/repos/{x}", "issues/get"); got != c.want {
			t.Errorf("%+v: %v", c.o, got)
		}
	}
}

func TestMethodsAndHeaders(t *testing.T) {
	for s, want := range map[string]bool{"GET": true, "propfind": true, "": false, "GE T": false, "CONNECT": false, "connect": false, "É": false} {
		if ValidMethod(s) != want {
			t.Errorf("ValidMethod(%q) = %v", s, !want)
		}
	}
	for s, want := range map[string]bool{"": true, "a\tb é": true, "a\rb": false, "a\nb": false, "\x00": false, "\x7f": false} {
		if ValidHeaderValue(s) != want {
			t.Errorf("ValidHeaderValue(%q) = %v", s, !want)
		}
	}
}

// FuzzMatch: both kinds of globs match what the regular expression that says the
// same matches.
func FuzzMatch(f *testing.F) {
	for _, s := range [][2]string{{"a*b?c", "axxbyc"}, {"/a/**/z", "/a/b/z"}, {"/**", "/"}, {"*", ""}, {"a**", "a/"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 200 || len(text) > 200 {
			return
		}
		pattern, text = strings.ToValidUTF8(pattern, "?"), strings.ToValidUTF8(text, "?")
		r := strings.NewReplacer(`\*`, "(?s:.)*", `\?`, "(?s:.)")
		if want := regexp.MustCompile("^(?:" + r.Replace(regexp.QuoteMeta(pattern)) + `)\z`).MatchString(text); MatchGlob(pattern, text) != want {
			t.Fatalf("MatchGlob(%q, %q) is not %v", pattern, text, want)
		}
		var b strings.Builder
		for rest := pattern; rest != ""; {
			switch {
			case strings.HasPrefix(rest, "/**") && (len(rest) == 3 || rest[3] == '/'):
				b.WriteString("(?:/(?s:.)*)?")
				rest = rest[3:]
			case rest[0] == '*':
				b.WriteString("[^/]*")
				rest = rest[1:]
			case rest[0] == '?':
				b.WriteString("[^/]")
				rest = rest[1:]
			default:
				b.WriteString(regexp.QuoteMeta(rest[:1]))
				rest = rest[1:]
			}
		}
		e, err := regexp.Compile("^(?:" + b.String() + `)\z`)
		if err != nil {
			return // a character of several bytes, cut by QuoteMeta above
		}
		if want := e.MatchString(text); isASCII(pattern+text) && MatchPath(pattern, text) != want {
			t.Fatalf("MatchPath(%q, %q) is not %v", pattern, text, want)
		}
	})
}

func isASCII(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r > 0x7f }) < 0 }
