package oauthflow

import (
	"context"
	"net/http"
	"net/url"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// The grant types on the wire.
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
	grantClient  = "client_credentials"
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
)

// question is a form for one endpoint of the authorization server.
type question struct {
	stage   string
	address string
	form    url.Values
	client  *client
	key     secret.Value // of DPoP; zero: no proof
}

// ask sends the question. When the server wants a nonce in the DPoP proof, which it
// says before it looks at anything else, the question is sent once more with it (RFC
// 9449, section 8). Every answer comes back, also one that refuses.
func (f *Flow) ask(ctx context.Context, q question) (*answer, *secret.Masker, error) {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	q.client.sign(q.form, header)
	mask := masker(q.form, q.client.secret, q.key)
	if q.client.method == authBasic {
		mask.AddBasic(secret.New(url.QueryEscape(q.client.id) + ":" + url.QueryEscape(q.client.secret.Reveal())))
	}
	body := []byte(q.form.Encode())
	for try := 1; ; try++ {
		if !q.key.IsZero() {
			p, err := proof(q.key, http.MethodPost, q.address, f.nonce(q.address), secret.Value{}, f.now())
			if err != nil {
				return nil, mask, fail(Configuration, q.stage, err)
			}
			header.Set("DPoP", p)
			mask.Add(secret.New(p))
		}
		a, err := f.post(ctx, q.stage, q.address, header, body)
		if err != nil {
			return nil, mask, err
		}
		fresh := !q.key.IsZero() && f.keepNonce(q.address, a.header.Get("DPoP-Nonce"))
		if c, _ := a.words(); try == 1 && fresh && !a.ok() && c == "use_dpop_nonce" {
			continue
		}
		return a, mask, nil
	}
}

// nonce returns the last nonce of the address's origin.
func (f *Flow) nonce(address string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nonces[outbound.Origin(address)]
}

// keepNonce reports whether the server sent a nonce that a header may carry.
func (f *Flow) keepNonce(address, nonce string) bool {
	if nonce == "" || len(nonce) > 1024 {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nonces[outbound.Origin(address)] = nonce
	return true
}
