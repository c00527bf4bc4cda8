package oauthflow

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// asking is an AskKey that runs while the test plays the browser.
type asking struct {
	t       *testing.T
	address string
	origin  string
	result  chan answered
	stored  chan string
}

type answered struct {
	value secret.Value
	err   error
}

func ask(t *testing.T, o FormOptions, store error) *asking {
	t.Helper()
	a := &asking{t: t, result: make(chan answered, 1), stored: make(chan string, 1)}
	address := make(chan string, 1)
	o.Started = func(s string) { address <- s }
	o.Store = func(_ context.Context, v secret.Value) error {
		a.stored <- v.Reveal()
		return store
	}
	go func() {
		value, err := AskKey(t.Context(), o)
		a.result <- answered{value, err}
	}()
	a.address = <-address
	u, err := url.Parse(a.address)
	if err != nil {
		t.Fatal(err)
	}
	a.origin = "http://" + u.Host
	return a
}

func (a *asking) end() (secret.Value, error) {
	a.t.Helper()
	select {
	case r := <-a.result:
		return r.value, r.err
	case <-time.After(patience):
		a.t.Fatal("the question does not end")
		panic("unreachable")
	}
}

func (a *asking) token() string {
	a.t.Helper()
	got := browse(a.t, a.address)
	m := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(got.body)
	if got.status != 200 || m == nil {
		a.t.Fatalf("no form: %d\n%s", got.status, got.body)
	}
	return m[1]
}

// own are the headers of a browser that posts the form.
func (a *asking) own() http.Header {
	return http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {a.origin},
		"Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"},
	}
}

func (a *asking) post(fields url.Values) shownPage {
	a.t.Helper()
	fields.Set("token", a.token())
	return request1(a.t, "POST", a.address, fields.Encode(), a.own())
}

// S16: the form says where the key goes, and the key goes to Store alone.
func TestAskKey(t *testing.T) {
	a := ask(t, FormOptions{Title: "Key of <Sample>", Label: "Sample key", Help: "See the settings.", Origins: []string{"https://api.example", "https://files.example"}}, nil)
	page := browse(t, a.address)
	for _, want := range []string{"Key of &lt;Sample&gt;", "Sample key", "See the settings.", "https://api.example", "https://files.example", `type="password"`, `autocomplete="off"`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the form has no %q", want)
		}
	}
	csp := page.header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "form-action 'self'") || !strings.Contains(csp, "default-src 'none'") || page.header.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("headers %v", page.header)
	}
	got := a.post(url.Values{"secret": {" key-canary \n"}, "action": {"save"}})
	if got.status != 200 || got.path != "/done" || !strings.Contains(got.body, "Saved") || strings.Contains(got.body, "canary") {
		t.Errorf("page %d at %s:\n%s", got.status, got.path, got.body)
	}
	value, err := a.end()
	if err != nil || value.Reveal() != "key-canary" {
		t.Errorf("value %t, error %v", value.IsZero(), err)
	}
	if stored := <-a.stored; stored != "key-canary" {
		t.Error("something else is stored")
	}
	if listens(strings.TrimPrefix(a.origin, "http://")) {
		t.Error("still listens")
	}
	noneLeft(t)
}

// What cannot be a value brings the form back, without what was typed as a secret.
func TestFormComesBack(t *testing.T) {
	const key, password = "", "user"
	for _, c := range []struct {
		name, kind string
		fields     url.Values
		says       string
	}{
		{"empty", key, url.Values{}, "was empty"},
		{"spaces", key, url.Values{"secret": {"  \n"}}, "was empty"},
		{"control character", key, url.Values{"secret": {"canary\r\nX: y"}}, "cannot be sent"},
		{"not utf-8", key, url.Values{"secret": {"canary\xff"}}, "cannot be sent"},
		{"no user", password, url.Values{"secret": {"canary"}}, "a user name"},
		{"colon", password, url.Values{"user": {"a:b"}, "secret": {"canary"}}, "colon"},
		{"no password", password, url.Values{"user": {"ada"}}, "no password"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := ask(t, FormOptions{User: c.kind == password}, nil)
			got := a.post(c.fields)
			if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, c.says) || strings.Contains(got.body, "canary") {
				t.Errorf("page %d:\n%s", got.status, got.body)
			}
			// The person corrects it.
			if got := a.post(url.Values{"user": {" ada "}, "secret": {" p:w "}}); got.status != 200 {
				t.Errorf("page %d:\n%s", got.status, got.body)
			}
			value, err := a.end()
			want := map[string]string{key: "p:w", password: "ada: p:w "}[c.kind]
			if err != nil || value.Reveal() != want {
				t.Errorf("value %q, error %v", value.Reveal(), err)
			}
		})
	}
	t.Run("no password on purpose", func(t *testing.T) {
		a := ask(t, FormOptions{User: true}, nil)
		if got := a.post(url.Values{"user": {"key"}, "empty": {"yes"}}); got.status != 200 {
			t.Errorf("page %d:\n%s", got.status, got.body)
		}
		if value, err := a.end(); err != nil || value.Reveal() != "key:" {
			t.Errorf("error %v", err)
		}
	})
}

// Nothing but the form's own page can post, and refusals change nothing.
func TestOnlyTheFormPosts(t *testing.T) {
	a := ask(t, FormOptions{}, nil)
	token := a.token()
	good := url.Values{"token": {token}, "secret": {"forged"}}.Encode()
	change := func(name string, values ...string) http.Header {
		h := a.own()
		delete(h, name)
		if len(values) > 0 {
			h[name] = values
		}
		return h
	}
	bare := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for _, c := range []struct {
		name, method, address, body string
		header                      http.Header
		want                        int
	}{
		{"other origin", "POST", a.address, good, change("Origin", "https://evil.example"), 400},
		{"null origin", "POST", a.address, good, change("Origin", "null"), 400},
		{"other port", "POST", a.address, good, change("Origin", "http://127.0.0.1:1"), 400},
		{"two origins", "POST", a.address, good, change("Origin", a.origin, a.origin), 400},
		{"cross-site", "POST", a.address, good, change("Sec-Fetch-Site", "cross-site"), 400},
		{"same-site", "POST", a.address, good, change("Sec-Fetch-Site", "same-site"), 400},
		{"fetch", "POST", a.address, good, change("Sec-Fetch-Mode", "cors"), 400},
		{"no browser", "POST", a.address, good, bare, 400},
		{"other host", "POST", a.address, good, change("Host", "evil.example"), 400},
		{"no token", "POST", a.address, "secret=forged", a.own(), 400},
		{"wrong token", "POST", a.address, "secret=forged&token=" + token + "x", a.own(), 400},
		{"token twice", "POST", a.address, good + "&token=" + token, a.own(), 400},
		{"secret twice", "POST", a.address, good + "&secret=x", a.own(), 400},
		{"in the query", "POST", a.address + "?" + good, "", a.own(), 400},
		{"json", "POST", a.address, good, change("Content-Type", "application/json"), 400},
		{"plain text", "POST", a.address, good, change("Content-Type", "text/plain"), 400},
		{"no type", "POST", a.address, good, change("Content-Type"), 400},
		{"too large", "POST", a.address, good + "&x=" + strings.Repeat("x", maxForm), a.own(), 400},
		{"put", "PUT", a.address, good, a.own(), 405},
		{"framed", "GET", a.address, "", http.Header{"Sec-Fetch-Dest": {"iframe"}}, 400},
		{"fetched", "GET", a.address, "", http.Header{"Sec-Fetch-Mode": {"cors"}}, 400},
		{"guessed", "GET", a.origin + "/key/", "", nil, 404},
		{"guessed post", "POST", a.origin + "/key/AAAAAAAAAAAAAAAAAAAAAAAAAA", good, a.own(), 404},
		{"root", "GET", a.origin + "/", "", nil, 404},
	} {
		if got := request1(t, c.method, c.address, c.body, c.header); got.status != c.want || strings.Contains(got.body, token) {
			t.Errorf("%s: %d, want %d", c.name, got.status, c.want)
		}
	}
	select {
	case <-a.stored:
		t.Error("something is stored")
	case r := <-a.result:
		t.Errorf("the question ended: %v", r.err)
	default:
	}
	if got := a.post(url.Values{"secret": {"real"}}); got.status != 200 {
		t.Errorf("the real one: %d", got.status)
	}
	if value, err := a.end(); err != nil || value.Reveal() != "real" {
		t.Errorf("error %v", err)
	}
}

func TestFormEndsWithoutAValue(t *testing.T) {
	t.Run("cancel", func(t *testing.T) {
		a := ask(t, FormOptions{Command: "mcp-bridge login sample --scheme key"}, nil)
		got := a.post(url.Values{"secret": {"typed"}, "action": {"cancel"}})
		if got.status != 403 || !strings.Contains(got.body, "mcp-bridge login sample --scheme key") {
			t.Errorf("page %d:\n%s", got.status, got.body)
		}
		if value, err := a.end(); kindOf(err) != Denied || !value.IsZero() {
			t.Errorf("error %v", err)
		}
	})
	t.Run("not stored", func(t *testing.T) {
		broken := errors.New("locked")
		a := ask(t, FormOptions{}, broken)
		if got := a.post(url.Values{"secret": {"typed"}}); got.status != 500 || !strings.Contains(got.body, "could not be saved") {
			t.Errorf("page %d:\n%s", got.status, got.body)
		}
		if value, err := a.end(); !errors.Is(err, broken) || !value.IsZero() {
			t.Errorf("error %v", err)
		}
	})
	t.Run("nobody", func(t *testing.T) {
		a := ask(t, FormOptions{Timeout: 50 * time.Millisecond}, nil)
		if value, err := a.end(); kindOf(err) != TimedOut || !value.IsZero() {
			t.Errorf("error %v", err)
		}
		noneLeft(t)
	})
}

// Whatever is posted, a value is text without control characters, and a user name has
// no colon; otherwise the form comes back and shows no secret.
func FuzzForm(f *testing.F) {
	f.Add("user=ada&secret=x", true)
	f.Add("secret=%20key%0a", false)
	f.Add("user=a%3ab&secret=%00&empty=yes", true)
	f.Add("user=&secret=&empty=yes", true)
	f.Fuzz(func(t *testing.T, body string, user bool) {
		post, ok := single(body)
		if !ok {
			return
		}
		got, _, again := (&keyForm{options: FormOptions{User: user}}).read(post)
		value := got.Reveal()
		if (value == "") == (again.Problem == "") {
			t.Fatalf("value %q, problem %q", value, again.Problem)
		}
		if !isTypable(value) || value != "" && user && strings.Index(value, ":") != len(strings.TrimSpace(post.Get("user"))) {
			t.Errorf("value %q", value)
		}
	})
}
