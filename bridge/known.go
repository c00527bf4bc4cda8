package bridge

import (
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// maxRecent is how many credentials that were found for calls stay known after them: a
// backend may show what it got with an earlier one. The oldest is forgotten first.
const maxRecent = 256

// recent are the credentials that calls used, beside those of the profile itself, which
// are known for ever, and those that a client hands over for one call, which are
// forgotten with it.
type recent struct {
	mu     sync.Mutex
	order  []secret.Value // oldest first
	leases map[secret.Value]*secret.Lease
}

// know makes a credential known to the masker, for about the next maxRecent of them.
func (b *Bridge) know(v secret.Value) {
	r := &b.recent
	r.mu.Lock() // till the end: another call must not rely on what is not masked yet
	defer r.mu.Unlock()
	if r.leases[v] != nil {
		if last := len(r.order) - 1; r.order[last] != v {
			at := slices.Index(r.order, v)
			r.order = append(slices.Delete(r.order, at, at+1), v)
		}
		return
	}
	lease := b.mask.Lease()
	learn(lease, v)
	if r.leases == nil {
		r.leases = map[secret.Value]*secret.Lease{}
	}
	r.leases[v] = lease
	if r.order = append(r.order, v); len(r.order) > maxRecent {
		r.leases[r.order[0]].Release()
		delete(r.leases, r.order[0])
		r.order = slices.Delete(r.order, 0, 1)
	}
}

// learn makes a credential known as it is, without its scheme's word, and as the
// user:password that it may be the base64 text of.
func learn(lease *secret.Lease, v secret.Value) {
	text := v.Reveal()
	lease.Add(v)
	for _, word := range []string{"Bearer ", "Basic "} {
		if len(text) > len(word) && strings.EqualFold(text[:len(word)], word) {
			text = strings.TrimSpace(text[len(word):])
			lease.Add(secret.New(text))
		}
	}
	if decoded, err := base64.StdEncoding.DecodeString(text); err == nil && utf8.Valid(decoded) {
		text = string(decoded)
	}
	if strings.Contains(text, ":") {
		lease.AddBasic(secret.New(text))
	}
}
