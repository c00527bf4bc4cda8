package oauthtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

// start starts a server that ends with the test.
func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// signIn is a server, and a client of it that signs somebody in.
type signIn struct {
	t      *testing.T
	s      *Server
	config *oauth2.Config
	ctx    context.Context
}

func newSignIn(t *testing.T, o Options) *signIn {
	t.Helper()
	s := start(t, o)
	return &signIn{t: t, s: s, ctx: t.Context(), config: &oauth2.Config{
		ClientID: PublicClient, RedirectURL: "http://127.0.0.1:4711/oauth/callback", Scopes: []string{"openid", "read", "offline_access"},
		Endpoint: oauth2.Endpoint{
			AuthURL: s.URL(Authorize), TokenURL: s.URL(Token), DeviceAuthURL: s.URL(Device), AuthStyle: oauth2.AuthStyleInParams,
		},
	}}
}

// callback signs in and returns the parameters of the callback, which nobody listens to.
func (p *signIn) callback(verifier string, options ...oauth2.AuthCodeOption) url.Values {
	p.t.Helper()
	state, nonce := rand.Text(), rand.Text()
	options = append(options, oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("nonce", nonce))
	v, err := Browser(nil, p.config.AuthCodeURL(state, options...), func(r *Robot) {
		r.Callback = func(string) string { return "" }
	})
	if err != nil {
		p.t.Fatal(err)
	}
	u, err := url.Parse(v.Callback)
	if err != nil || v.Callback == "" {
		p.t.Fatalf("no callback: %d %s", v.Status, v.Page)
	}
	if u.Query().Get("state") != state {
		p.t.Errorf("callback %q with another state", v.Callback)
	}
	return u.Query()
}

// login signs in and exchanges the code.
func (p *signIn) login(options ...oauth2.AuthCodeOption) *oauth2.Token {
	p.t.Helper()
	verifier := oauth2.GenerateVerifier()
	q := p.callback(verifier, options...)
	token, err := p.config.Exchange(p.ctx, q.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		p.t.Fatal(err)
	}
	return token
}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   string
	doc    map[string]any
}

func (a answer) text(name string) string {
	s, _ := a.doc[name].(string)
	return s
}

func do(t *testing.T, client *http.Client, req *http.Request) answer {
	t.Helper()
	if client == nil {
		client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	res, err := client.Do(req.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, body: string(body)}
	_ = json.Unmarshal(body, &a.doc)
	return a
}

func get(t *testing.T, address string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	return do(t, nil, req)
}

// post sends a form; pairs are names and values, a name DPoP is a header.
func post(t *testing.T, address string, pairs ...string) answer {
	t.Helper()
	form, header := url.Values{}, http.Header{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == "DPoP" || pairs[i] == "Authorization" {
			header.Add(pairs[i], pairs[i+1])
		} else {
			form.Add(pairs[i], pairs[i+1])
		}
	}
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(t, nil, req)
}

// wantError checks the OAuth error of an answer.
func wantError(t *testing.T, a answer, code string) {
	t.Helper()
	if a.text("error") != code || a.status < 400 {
		t.Errorf("answer %d %s, want error %q", a.status, a.body, code)
	}
}

// prover makes DPoP proofs.
type prover struct {
	t   *testing.T
	s   *Server
	key *ecdsa.PrivateKey
}

func newProver(t *testing.T, s *Server) *prover {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &prover{t, s, key}
}

// proof makes a proof with a fresh id; changes replace claims.
func (p *prover) proof(method, address, accessToken, nonce string, changes map[string]any) string {
	p.t.Helper()
	point, err := p.key.PublicKey.Bytes()
	if err != nil {
		p.t.Fatal(err)
	}
	claims := map[string]any{"jti": rand.Text(), "htm": method, "htu": address, "iat": p.s.Now().Unix()}
	if accessToken != "" {
		sum := sha256.Sum256([]byte(accessToken))
		claims["ath"] = encode(sum[:])
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	override(claims, changes)
	header, _ := json.Marshal(map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": map[string]string{
		"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:]),
	}})
	payload, _ := json.Marshal(claims)
	signed := encode(header) + "." + encode(payload)
	sum := sha256.Sum256([]byte(signed))
	r, q, err := ecdsa.Sign(rand.Reader, p.key, sum[:])
	if err != nil {
		p.t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	q.FillBytes(signature[32:])
	return signed + "." + encode(signature)
}
