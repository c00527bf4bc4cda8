package bridge

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
)

// authorization is what the requests of a call carry. used says where each credential
// comes from.
type authorization struct {
	used  []credential.Usable
	creds []request.Credential
	now   func() time.Time
}

// bound returns the token that is bound to a key, which every request has to prove;
// nil when there is none.
func (a authorization) bound() *credential.Usable {
	i := slices.IndexFunc(a.used, func(u credential.Usable) bool { return u.Type == credential.DPoP })
	if i < 0 {
		return nil
	}
	return &a.used[i]
}

// wantsNonce reports a refusal that is only about the nonce of the proof (RFC 9449
// section 9).
func (a authorization) wantsNonce(r result.Response) bool {
	return r.Status == http.StatusUnauthorized && a.bound() != nil && r.Header.Get("DPoP-Nonce") != "" && challenged(r, "use_dpop_nonce") != nil
}

// challenged returns the parameters of the challenge that gives that error for a
// token (RFC 6750 section 3.1); of any such challenge when code is empty; nil when
// there is none.
func challenged(r result.Response, code string) map[string]string {
	for _, c := range oauthflow.ParseChallenges(r.Header.Values("WWW-Authenticate")) {
		token := strings.EqualFold(c.Scheme, "Bearer") || strings.EqualFold(c.Scheme, credential.DPoP)
		if token && (code == "" || c.Params["error"] == code) {
			return c.Params
		}
	}
	return nil
}

// proven returns the credentials with a proof for one request of the plan.
func (s *sender) proven(auth authorization, plan *request.Plan) ([]request.Credential, error) {
	proof, err := s.proof(auth, plan.Method, plan.URL)
	if proof == "" || err != nil {
		return auth.creds, err
	}
	creds := slices.Clone(auth.creds)
	for i := range creds {
		if creds[i].Type == credential.DPoP {
			creds[i].Proof = proof
		}
	}
	return creds, nil
}

// reprove gives the request that follows a redirect a proof of its own, where it
// carries the token.
func (s *sender) reprove(auth authorization, next *http.Request) error {
	if auth.bound() == nil || next.Header.Get("Authorization") == "" {
		return nil
	}
	proof, err := s.proof(auth, next.Method, next.URL.String())
	if err == nil {
		next.Header.Set("DPoP", proof)
	}
	return err
}

// proof returns the proof for one request; empty when no token is bound to a key.
func (s *sender) proof(auth authorization, method, address string) (string, error) {
	u := auth.bound()
	if u == nil {
		return "", nil
	}
	proof, err := u.Proof(method, address, s.nonces.last(address), auth.now())
	if err != nil {
		return "", &SendError{Kind: result.Internal, Host: outbound.Origin(address), Message: "no proof can be made with the key that the token is bound to",
			Err: err, hint: "sign in again"}
	}
	return proof, nil
}

// nonces are what the origins want in proofs, the latest of each.
type nonces struct {
	mu sync.Mutex
	of map[string]string
}

const (
	maxNonce  = 1024 // bytes
	maxNonces = 256  // origins
)

func (n *nonces) keep(from *url.URL, h http.Header) {
	nonce := h.Get("DPoP-Nonce")
	if nonce == "" || len(nonce) > maxNonce || strings.ContainsFunc(nonce, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.of) < maxNonces || n.of[outbound.OriginOf(from)] != "" {
		n.of[outbound.OriginOf(from)] = nonce
	}
}

func (n *nonces) last(address string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.of[outbound.Origin(address)]
}
