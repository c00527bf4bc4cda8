package oauthtest

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestFaults plays each kind at the keys' address, which always works.
func TestFaults(t *testing.T) {
	s := start(t, Options{})
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	ask := func() (int, string, http.Header, error) {
		req, _ := http.NewRequest(http.MethodGet, s.URL(Keys)+"?a=1", nil)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		res, err := client.Do(req.WithContext(ctx))
		if err != nil {
			return 0, "", nil, err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		return res.StatusCode, string(body), res.Header, err
	}
	for _, c := range []struct {
		name  string
		fault Fault
		check func(status int, body string, h http.Header, err error) bool
	}{
		{"status", Fault{Status: 429, RetryAfter: "7"}, func(status int, _ string, h http.Header, err error) bool {
			return err == nil && status == 429 && h.Get("Retry-After") == "7"
		}},
		{"redirect", Fault{Status: 308, Location: "{other}/taken"}, func(status int, _ string, h http.Header, err error) bool {
			return err == nil && status == 308 && h.Get("Location") == s.Other()+"/taken"
		}},
		{"drop", Fault{Drop: true}, func(_ int, _ string, _ http.Header, err error) bool { return err != nil }},
		{"drop after work", Fault{After: true}, func(_ int, _ string, _ http.Header, err error) bool { return err != nil }},
		{"cut", Fault{Cut: 5}, func(status int, body string, _ http.Header, err error) bool {
			return status == 200 && len(body) <= 5 && err != nil
		}},
		{"pad", Fault{Body: "{}", Pad: 1 << 20}, func(_ int, body string, _ http.Header, err error) bool { return err == nil && len(body) == 1<<20+2 }},
		{"echo", Fault{Status: 400, Echo: true}, func(status int, body string, _ http.Header, _ error) bool {
			return status == 400 && strings.Contains(body, `\u001b`)
		}},
		{"delay", Fault{Delay: time.Millisecond}, func(status int, body string, _ http.Header, _ error) bool {
			return status == 200 && strings.Contains(body, "P-256")
		}},
	} {
		for _, e := range []Endpoint{Keys, Any} {
			s.Set(func(b *Behaviour) { b.Faults = map[Endpoint]Fault{e: c.fault} })
			if status, body, h, err := ask(); !c.check(status, body, h, err) {
				t.Errorf("%s at %s: %d %.200q %v %v", c.name, e, status, body, h, err)
			}
		}
	}
}

// TestFaultCounts spares, counts and ends faults.
func TestFaultCounts(t *testing.T) {
	s := start(t, Options{})
	s.Set(func(b *Behaviour) { b.Faults[Keys] = Fault{Skip: 1, Times: 2, Status: 503} })
	var got []int
	for range 4 {
		got = append(got, get(t, s.URL(Keys)).status)
	}
	if want := [4]int{200, 503, 503, 200}; [4]int(got) != want {
		t.Errorf("statuses %v, want %v", got, want)
	}
	s.Set(func(b *Behaviour) { b.Faults[Any] = Fault{Until: s.now().Add(2 * time.Minute), Status: 503} })
	before := get(t, s.URL(Keys)).status
	s.Advance(3 * time.Minute)
	if after := get(t, s.URL(Keys)).status; before != 503 || after != 200 {
		t.Errorf("statuses %d, %d", before, after)
	}
	if r := s.Requests(Keys); len(r) != 6 || r[1].Status != 503 {
		t.Errorf("requests %+v", r)
	}
}

// TestHang holds requests until they are released, given up or the server closes.
func TestHang(t *testing.T) {
	s := start(t, Options{})
	hold := make(chan struct{})
	s.Set(func(b *Behaviour) { b.Faults[Keys], b.Faults[Token] = Fault{Hold: hold}, Fault{Hang: true} })
	done := make(chan int)
	go func() { done <- get(t, s.URL(Keys)).status }()
	if err := s.Await(t.Context(), Keys, 1); err != nil {
		t.Fatal(err)
	}
	close(hold)
	if status := <-done; status != 200 {
		t.Errorf("status %d", status)
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, s.URL(Token), nil)
		_, err := http.DefaultClient.Do(req)
		failed <- err
	}()
	if err := s.Await(t.Context(), Token, 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-failed; err == nil {
		t.Error("a hanging request was answered")
	}
	if err := s.Await(ctx, Token, 2); err == nil {
		t.Error("Await does not end with its context")
	}
	go func() {
		_, err := http.Post(s.URL(Token), "", nil)
		failed <- err
	}()
	if err := s.Await(t.Context(), Token, 2); err != nil {
		t.Fatal(err)
	}
	s.Close()
	<-failed
	s.Close()
	stacks := make([]byte, 1<<20)
	if all := string(stacks[:runtime.Stack(stacks, true)]); strings.Contains(all, "oauthtest.(*Server)") {
		t.Errorf("something still works after Close:\n%s", all)
	}
}
