package oauthtest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

// listener is a client's loopback listener: it sends on what arrives.
func (p *signIn) listen() (address string, arrived chan url.Values) {
	arrived = make(chan url.Values, 200)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- r.URL.Query()
		_, _ = w.Write([]byte("done"))
	}))
	p.t.Cleanup(srv.Close)
	p.config.RedirectURL = srv.URL + "/oauth/callback"
	return p.config.AuthCodeURL("state-1", oauth2.S256ChallengeOption(oauth2.GenerateVerifier())), arrived
}

// TestRobot does each thing that a person may do.
func TestRobot(t *testing.T) {
	for _, c := range []struct {
		words    string
		arrivals int
		last     string // the error of the last arrival
		page     string
	}{
		{"", 1, "", "done"},
		{"user=grace", 1, "", "done"},
		{"deny", 1, "access_denied", "done"},
		{"abandon", 0, "", "<form"},
		{"twice", 2, "", "done"},
		{"forge=100", 101, "", "done"},
	} {
		t.Run(c.words, func(t *testing.T) {
			p := newSignIn(t, Options{})
			address, arrived := p.listen()
			change, err := Choices(c.words)
			if err != nil {
				t.Fatal(err)
			}
			v, err := Browser(nil, address, change)
			if err != nil || !strings.Contains(v.Page, c.page) || len(arrived) != c.arrivals {
				t.Fatalf("%v, %d arrivals, page %s", err, len(arrived), v.Page)
			}
			for i := range c.arrivals {
				q := <-arrived
				forged := i < c.arrivals-1 && strings.HasPrefix(c.words, "forge")
				if (q.Get("state") == "state-1") == forged || !forged && q.Get("error") != c.last {
					t.Errorf("arrival %d: %v", i, q)
				}
			}
		})
	}
	if _, err := Choices("dance"); err == nil {
		t.Error("the robot dances")
	}
	if _, err := Choices("forge=many"); err == nil {
		t.Error("the robot forges many")
	}
}

// TestRobotWaits thinks until the context ends, or longer than the opener's patience.
func TestRobotWaits(t *testing.T) {
	p := newSignIn(t, Options{})
	address, arrived := p.listen()
	wait := make(chan struct{})
	done := make(chan error)
	go func() { done <- Robot{Wait: wait}.Open(t.Context(), address) }()
	if err := p.s.Await(t.Context(), Authorize, 1); err != nil || len(arrived) != 0 {
		t.Fatal(err)
	}
	close(wait)
	if err := <-done; err != nil || len(arrived) != 1 {
		t.Errorf("%v, %d arrivals", err, len(arrived))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (Robot{Wait: make(chan struct{})}).Open(ctx, address); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestRobotReturns is sent back to the server by the client, and comes again.
func TestRobotReturns(t *testing.T) {
	p := newSignIn(t, Options{Set: func(b *Behaviour) { b.Authorization.Error = "temporarily_unavailable" }})
	var address string
	var came []string
	client := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came = append(came, r.URL.Query().Get("error")+r.URL.Path)
		switch len(came) {
		case 1:
			p.s.Set(func(b *Behaviour) { b.Authorization.Error = "" })
			http.Redirect(w, r, address, http.StatusFound)
		case 2:
			http.Redirect(w, r, "/clean", http.StatusSeeOther)
		default:
			_, _ = w.Write([]byte("done"))
		}
	}))
	defer client.Close()
	p.config.RedirectURL = client.URL + "/oauth/callback"
	address = p.config.AuthCodeURL("state-1", oauth2.S256ChallengeOption(oauth2.GenerateVerifier()))
	v, err := Browser(nil, address)
	if want := "temporarily_unavailable/oauth/callback /oauth/callback /clean"; err != nil || v.Page != "done" || strings.Join(came, " ") != want {
		t.Errorf("%v, page %q, came %q", err, v.Page, came)
	}
	if v.Address != client.URL+"/clean" || !strings.Contains(v.Callback, "code=") {
		t.Errorf("visit %+v", v)
	}
}

// TestPassword signs in where the page wants one.
func TestPassword(t *testing.T) {
	p := newSignIn(t, Options{Set: func(b *Behaviour) { b.AskPassword = true }})
	address, arrived := p.listen()
	v, err := Browser(nil, address, func(r *Robot) { r.Password = "wrong" })
	if err != nil || v.Status != http.StatusForbidden || !strings.Contains(v.Page, "is wrong") || len(arrived) != 0 {
		t.Errorf("%v, %d %s", err, v.Status, v.Page)
	}
	v, err = Browser(nil, address, func(r *Robot) { r.Password = p.s.Password("ada") })
	if err != nil || v.Page != "done" {
		t.Errorf("%v, %d %s", err, v.Status, v.Page)
	}
}

// TestTicketIsForOnce sends the consent form twice, and shows that texts are inert.
func TestTicketIsForOnce(t *testing.T) {
	p := newSignIn(t, Options{})
	p.s.AddClient(Client{ID: "odd", Name: `<script>alert("x")</script>`, Redirects: []string{p.config.RedirectURL}})
	p.config.ClientID = "odd"
	a := get(t, p.config.AuthCodeURL("s", oauth2.S256ChallengeOption(oauth2.GenerateVerifier())))
	if strings.Contains(a.body, "<script") || !strings.Contains(a.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("page %s", a.body)
	}
	_, ticket, _ := strings.Cut(a.body, `name="ticket" value="`)
	ticket, _, _ = strings.Cut(ticket, `"`)
	form := []string{"ticket", ticket, "user", "ada", "decision", "allow"}
	if a := post(t, p.s.URL(Consent), form...); a.status != http.StatusSeeOther {
		t.Errorf("status %d", a.status)
	}
	if a := post(t, p.s.URL(Consent), form...); a.status != http.StatusBadRequest {
		t.Errorf("status %d", a.status)
	}
}
