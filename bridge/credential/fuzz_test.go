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
