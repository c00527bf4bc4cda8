package credential

import (
	"errors"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
)

// Without a typed login a credential is approved for the base origin of the API alone,
// whether a person signs in, types a key, or the client asks for itself.
func TestOnlyTheBaseIsApproved(t *testing.T) {
	const other = "https://uploads.example"
	h, s := newHouse(t), newAuthServer(t)
	base := func() string { return origin }
	refused := func(name string, p *process, at string, scheme *profiles.SecurityScheme) {
		t.Helper()
		_, err := p.Resolve(t.Context(), requirement(scheme), at)
		var e *Error
		if !errors.As(err, &e) || !e.Unapproved || e.SignInHelps() || !strings.Contains(e.Error(), at) || !strings.Contains(e.Hint(), "mcp-bridge login p") {
			t.Errorf("%s at %s: %+v, %v", name, at, e, err)
		}
	}
	person := h.process(s, processOptions{})
	person.o.Base = base
	for _, at := range []string{other, origin + ":8443", strings.Replace(origin, "https://", "http://", 1)} {
		refused("signed out", person, at, person.scheme)
	}
	if e := person.fails(SignInNeeded, ""); !e.SignInHelps() || e.Unapproved {
		t.Errorf("at the base: %+v", e)
	}
	person.signIn(s, 10*minute)
	person.wants("access-canary-0")
	refused("signed in", person, other, person.scheme)
	if ok, err := person.Approve(t.Context(), person.scheme, []string{other}); !ok || err != nil {
		t.Fatalf("%v, %v", ok, err)
	}
	if u, err := person.Resolve(t.Context(), requirement(person.scheme), other); err != nil || u.Value.IsZero() {
		t.Errorf("after a typed login: %v", err)
	}

	key := &profiles.SecurityScheme{ID: "key", Type: profiles.APIKey, In: "header", Name: "X-Key"}
	refused("no key", person, other, key)
	if err := person.Save(t.Context(), "key", "key", secret.New("key-canary"), []string{origin}); err != nil {
		t.Fatal(err)
	}
	refused("a key", person, other, key)

	own := h.process(s, processOptions{flow: "clientCredentials", extra: `secret = "literal-canary"`})
	own.o.Base = base
	refused("the client itself", own, other, own.scheme)
	own.wants("access-canary-1")
	refused("the client itself, with a token", own, other, own.scheme)
	if s.grants != 1 {
		t.Errorf("%d grants", s.grants)
	}
	own.o.Base = func() string { return "" }
	refused("without a base", own, "https://third.example", own.scheme)
}
