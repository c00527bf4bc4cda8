package oauthtest

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAPI asks for every kind of answer.
func TestAPI(t *testing.T) {
	p := newSignIn(t, Options{})
	token := p.login()
	bearer := []string{"Authorization", "Bearer " + token.AccessToken}
	for _, c := range []struct {
		path   string
		status int
		has    string // in the body or the challenge
	}{
		{"", 200, `"user":"ada"`},
		{"/who?x=1", 200, `"scopes":["openid","read","offline_access"]`},
		{"/always401", 401, `error="invalid_token"`},
		{"/scoped/read", 200, `"client":"desktop"`},
		{"/scoped/write", 403, `error="insufficient_scope", scope="write"`},
		{"/ever-new", 403, `scope="new-1"`},
		{"/ever-new", 403, `scope="new-2"`},
		{"/status/418", 418, "418"},
		{"/redirect", 302, p.s.Other() + "/redirected"},
		{"/redirect?status=308&to=https://elsewhere.example/x", 308, "https://elsewhere.example/x"},
		{"/bytes/100000", 200, strings.Repeat(" ", 100000)},
		{"/controls", 200, "\x1b[31m"},
		{"/../x", 200, "/api/../x"},
		{"//x", 200, "//x"},
	} {
		a := get(t, p.s.API()+c.path, bearer...)
		if all := a.body + a.header.Get("WWW-Authenticate") + a.header.Get("Location"); a.status != c.status || !strings.Contains(all, c.has) {
			t.Errorf("%s: %d %.300s, want %d and %s", c.path, a.status, all, c.status, c.has)
		}
	}
	if got := p.s.Requests(API)[1].Target; got != "/api/who?x=1" {
		t.Errorf("target %q", got)
	}
	get(t, p.s.API()+"?access_token="+token.AccessToken)
	if v := p.s.Violations(); len(v) != 1 {
		t.Errorf("violations %q", v)
	}
	p.s.Set(func(b *Behaviour) { b.API.Challenges = []string{"Negotiate", `Bearer realm="x"`} })
	if a := get(t, p.s.API()); len(a.header.Values("WWW-Authenticate")) != 2 {
		t.Errorf("challenges %q", a.header.Values("WWW-Authenticate"))
	}
	p.s.KillAll(true)
	if a := get(t, p.s.API(), bearer...); a.status != 401 || !p.s.Alive(token.RefreshToken) {
		t.Errorf("status %d after KillAll", a.status)
	}
	p.s.Set(func(b *Behaviour) { b.API.Open = true })
	if a := get(t, p.s.API()); a.status != 200 {
		t.Errorf("status %d of an open API", a.status)
	}
}

// TestStreams leaves a stream and a request that is held.
func TestStreams(t *testing.T) {
	s := start(t, Options{Set: func(b *Behaviour) { b.API.Open = true }})
	ctx, cancel := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.API()+"/stream", nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if line, err := bufio.NewReader(res.Body).ReadString('\n'); line != "more\n" {
		t.Errorf("line %q, %v", line, err)
	}
	held := make(chan error)
	go func() {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.API()+"/hold", nil)
		_, err := http.DefaultClient.Do(req)
		held <- err
	}()
	if err := s.Await(t.Context(), API, 2); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-held; err == nil {
		t.Error("the held request was answered")
	}
}

// TestHops follows a chain of redirects to another origin.
func TestHops(t *testing.T) {
	s := start(t, Options{})
	res, err := http.Get(s.URL(Hop) + "?n=3&to=" + s.Other() + "/end")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if s.Count(Hop) != 4 || s.Count(Other) != 1 || res.Request.URL.Path != "/end" {
		t.Errorf("%d hops, %d ends, at %s", s.Count(Hop), s.Count(Other), res.Request.URL)
	}
}

// TestCheck guards another resource server with the server's tokens.
func TestCheck(t *testing.T) {
	p := newSignIn(t, Options{})
	books := http.NewServeMux()
	api := httptest.NewServer(books)
	defer api.Close()
	resource := api.URL + "/books"
	p.s.Set(func(b *Behaviour) { b.Resources = []string{resource} })
	books.HandleFunc("/books", func(w http.ResponseWriter, r *http.Request) {
		if a, ok := p.s.Check(w, r, resource, "read"); ok {
			_, _ = w.Write([]byte(a.User + " by " + a.Client))
		}
	})
	books.Handle("/.well-known/oauth-protected-resource/books", p.s.Metadata(resource, "read"))
	a := get(t, resource)
	address := strings.TrimSuffix(strings.TrimPrefix(a.header.Get("WWW-Authenticate"), `Bearer resource_metadata="`), `"`)
	if m := get(t, address); m.text("resource") != resource {
		t.Errorf("challenge %q, metadata %s", a.header.Get("WWW-Authenticate"), m.body)
	}
	if a := get(t, resource, "Authorization", "Bearer "+p.login().AccessToken); a.body != "ada by desktop" {
		t.Errorf("answer %d %s", a.status, a.body)
	}
}
