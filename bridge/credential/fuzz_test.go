package credential

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/keychain"
)

// awkward are words that a shell would read in another way.
var awkward = [...]string{"", "plain", "a b", "it's", `"`, `\`, "$HOME", "`id`", "a;b", "a\nb", "-n", "~", "*", "!x", "é", "''", "#", "=", "a=b", "\x00", "tool:x"}

// FuzzQuote: what is quoted is one word, and means the text.
func FuzzQuote(f *testing.F) {
	for _, s := range awkward {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, ok := unquote(Quote(s)); !ok || got != s {
			t.Errorf("%q: %s", s, Quote(s))
		}
	})
}

// unquote reads one word as a POSIX shell does; false for what is more, or means
// something to the shell.
func unquote(s string) (string, bool) {
	var out strings.Builder
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\'':
			end := strings.IndexByte(s[i+1:], '\'')
			if end < 0 {
				return "", false
			}
			out.WriteString(s[i+1 : i+1+end])
			i += end + 2
		case s[i] == '\\' && i+1 < len(s):
			out.WriteByte(s[i+1])
			i += 2
		case strings.IndexByte(" \t\n\"\\$`;&|<>()*?[]#~!{}\r\x00", s[i]) >= 0 || s[i] >= 0x80:
			return "", false
		default:
			out.WriteByte(s[i])
			i++
		}
	}
	return out.String(), s != ""
}

// FuzzRecord: whatever a keychain holds, a record of it has a value, goes to the
// origins that stand in it and to no others, and everything else is trouble.
func FuzzRecord(f *testing.F) {
	for _, s := range []string{`{"version":1,"value":"v","origins":["https://api.example.com"]}`, `{"version":2,"value":"v"}`, `{"version":1,"value":""}`, "", "null", "[]",
		`{"version":1,"value":"v","origins":[""]}`, `{"version":1,"value":"v","origins":null,"more":1}`} {
		f.Add(s, "https://api.example.com")
	}
	h := newHouse(f)
	r, s := h.resolver("", "")
	ctx := context.Background()
	f.Fuzz(func(t *testing.T, stored, to string) {
		if err := h.store.Set(ctx, r.Key("s"), secret.New(stored)); err != nil {
			t.Skip(err)
		}
		r.forget("s")
		u, err := r.Stored(ctx, s, "s", to)
		if err == nil {
			if u.Value.IsZero() || outbound.Origin(to) == "" || !strings.Contains(stored, "version") {
				t.Errorf("%q gives a credential for %q", stored, to)
			}
			return
		}
		var e *Error
		if !errors.As(err, &e) || e.Hint() == "" {
			t.Fatalf("%v", err)
		}
		if e.Reason == Missing {
			t.Errorf("%q reads like being signed out", stored)
		}
		var trouble *keychain.Error
		if e.Reason == KeychainUnavailable && (!errors.As(err, &trouble) || trouble.Kind != keychain.Corrupt) {
			t.Errorf("%v", err)
		}
	})
}
