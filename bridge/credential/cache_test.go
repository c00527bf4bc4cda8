package credential

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// value is what a call would send; the reason when there is nothing.
func value(t *testing.T, r *Resolver, origin string) string {
	t.Helper()
	u, err := r.Stored(context.Background(), &r.o.Profile.Server.SecuritySchemes[0], "s", origin)
	if err != nil {
		return string(reason(t, err))
	}
	if u.Record != "s" {
		t.Errorf("record %q", u.Record)
	}
	return u.Value.Reveal()
}

// put writes a record behind the resolver's back, as a keychain's own program does.
func put(t *testing.T, h *house, r *Resolver, text string) {
	t.Helper()
	if err := h.store.Set(context.Background(), r.Key("s"), secret.New(text)); err != nil {
		t.Fatal(err)
	}
}

// age makes what is kept look as old as it says.
func age(r *Resolver, d time.Duration) {
	for key, kept := range r.records {
		kept.at = time.Now().Add(-d)
		r.records[key] = kept
	}
}

// TestLoginElsewhereIsSeen: what another process stores, replaces, puts back or
// forgets is seen by the next call, however quickly it follows.
func TestLoginElsewhereIsSeen(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	server, _ := h.resolver("", "")
	terminal, _ := h.resolver("", "")
	want := func(what string) {
		t.Helper()
		for range 2 {
			if got := value(t, server, origin); got != what {
				t.Errorf("%s, want %s", got, what)
			}
			age(server, -time.Hour) // it never becomes old by itself
		}
	}
	save := func(v string) {
		t.Helper()
		if err := terminal.Save(ctx, "s", "s", secret.New(v), []string{origin}); err != nil {
			t.Fatal(err)
		}
	}
	want("missing")
	for _, v := range []string{"first", "second", "third", "third"} { // within one second
		save(v)
		want(v)
	}
	before, was, err := terminal.Raw(ctx, "s")
	if err != nil || !was {
		t.Fatal(was, err)
	}
	save("fourth")
	want("fourth")
	if err := terminal.Restore(ctx, "s", before); err != nil {
		t.Fatal(err)
	}
	want("third")
	if err := terminal.Forget(ctx, "s"); err != nil {
		t.Fatal(err)
	}
	want("missing")
}

// TestOwnChangesAreSeen: a resolver sees what it has written itself, also when the
// index cannot tell.
func TestOwnChangesAreSeen(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	r, _ := h.resolver("", "")
	for _, v := range []string{"one", "two"} {
		if err := r.Save(ctx, "s", "s", secret.New(v), []string{origin}); err != nil {
			t.Fatal(err)
		}
		if got := value(t, r, origin); got != v {
			t.Errorf("%s, want %s", got, v)
		}
	}
	if got, was, err := r.Value(ctx, "s"); err != nil || !was || got.Reveal() != "two" {
		t.Error(got, was, err)
	}
	if err := r.Forget(ctx, "s"); err != nil {
		t.Fatal(err)
	}
	if got := value(t, r, origin); got != "missing" {
		t.Error(got)
	}
	for name, get := range map[string]func() (secret.Value, bool, error){
		"Raw":   func() (secret.Value, bool, error) { return r.Raw(ctx, "s") },
		"Value": func() (secret.Value, bool, error) { return r.Value(ctx, "s") },
	} {
		if _, was, err := get(); was || err != nil {
			t.Errorf("%s: %v %v", name, was, err)
		}
	}
}

// TestRecordsAreKeptShortly: a record is used again for a moment and only for its
// origins, then the keychain is asked again; also after a backend refused it.
func TestRecordsAreKeptShortly(t *testing.T) {
	h := newHouse(t)
	r, s := h.resolver("", "")
	if err := r.Save(context.Background(), "s", "s", secret.New("kept"), []string{origin}); err != nil {
		t.Fatal(err)
	}
	if got := value(t, r, origin); got != "kept" {
		t.Fatal(got)
	}
	other := `{"version":1,"value":"other","origins":["` + origin + `"]}`
	put(t, h, r, other)
	age(r, -time.Hour)
	if got := value(t, r, origin); got != "kept" {
		t.Errorf("%s: the keychain was asked again", got)
	}
	if got := value(t, r, "https://evil.example"); got != string(SignInNeeded) {
		t.Errorf("%s: a kept record is sent anywhere", got)
	}
	age(r, keptFor)
	if got := value(t, r, origin); got != "other" {
		t.Errorf("%s: the keychain was not asked again", got)
	}
	put(t, h, r, `{"version":1,"value":"third","origins":["`+origin+`"]}`)
	age(r, -time.Hour)
	if r.Rejected(context.Background(), Usable{Scheme: s, Value: secret.New("other"), Record: "s"}) {
		t.Error("there is no other credential")
	}
	if got := value(t, r, origin); got != "third" {
		t.Errorf("%s: what was refused is kept", got)
	}
}

// TestNothingIsKeptWithoutAnIndex: where no index tells of changes, or where the
// keychain cannot be read, every call asks it.
func TestNothingIsKeptWithoutAnIndex(t *testing.T) {
	h := newHouse(t)
	r, _ := h.resolver("", "")
	for _, v := range []string{"one", "two"} {
		put(t, h, r, `{"version":1,"value":"`+v+`","origins":["`+origin+`"]}`)
		if got := value(t, r, origin); got != v {
			t.Errorf("%s, want %s", got, v)
		}
	}
	if err := r.Save(context.Background(), "s", "s", secret.New("saved"), []string{origin}); err != nil {
		t.Fatal(err)
	}
	put(t, h, r, "damaged")
	for range 2 {
		if got := value(t, r, origin); got != string(KeychainUnavailable) {
			t.Error(got)
		}
	}
	if len(r.records) != 0 {
		t.Error("a failure is kept")
	}
}

// TestRecorded: the index alone says whether somebody has signed in, and trouble
// never reads like being signed out.
func TestRecorded(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	r, _ := h.resolver("", "")
	other, _ := h.resolver("", "work")
	if r.Recorded(&profiles.SecurityScheme{}, "s") {
		t.Error("nobody has signed in")
	}
	if err := r.Save(ctx, "s", "s", secret.New("kept"), []string{origin}); err != nil {
		t.Fatal(err)
	}
	if !r.Recorded(&profiles.SecurityScheme{}, "s") || other.Recorded(&profiles.SecurityScheme{}, "s") || r.Recorded(&profiles.SecurityScheme{}, "t") {
		t.Error("the index is misread")
	}
	if err := r.Forget(ctx, "s"); err != nil {
		t.Fatal(err)
	}
	if r.Recorded(&profiles.SecurityScheme{}, "s") {
		t.Error("it was forgotten")
	}
	if err := os.WriteFile(h.home.Join(home.IndexFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !r.Recorded(&profiles.SecurityScheme{}, "s") {
		t.Error("a damaged index is taken for being signed out")
	}
	var trouble *home.Error
	if err := r.Save(ctx, "s", "s", secret.New("kept"), []string{origin}); !errors.As(err, &trouble) {
		t.Errorf("%v", err)
	}
}

// BenchmarkStored takes a credential from the file store, as calls that follow each
// other do.
func BenchmarkStored(b *testing.B) {
	h := newHouse(b)
	r, s := h.resolver("", "")
	ctx := context.Background()
	if err := r.Save(ctx, "s", "s", secret.New("kept"), []string{origin}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Stored(ctx, s, "s", origin); err != nil {
			b.Fatal(err)
		}
	}
}
