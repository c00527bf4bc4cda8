package oauthtest

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Robot is a person with a browser. The zero value signs in as ada and allows
// everything. Its method Open fits where a client wants something that opens an
// address. It keeps no cookies: the server sets none.
type Robot struct {
	Client   *http.Client // its transport; nil: one that trusts only the system's authorities
	User     string       // empty: what the page suggests, else ada
	Password string
	UserCode string // typed where a page asks for one and suggests none
	Deny     bool
	Wait     <-chan struct{} // the person thinks until it is closed, before deciding or before the callback
	Abandon  bool            // the person closes the page in place of deciding
	// Callback is called with the loopback address before the browser goes there and
	// returns where it goes instead; an empty address: nowhere.
	Callback func(address string) string
	Forge    int  // so many callbacks with a wrong state come first
	Twice    bool // the callback is loaded a second time
}

// Visit is where a robot ended.
type Visit struct {
	Callback string // the loopback address that the server redirected to, empty if none
	Status   int    // of the last page
	Page     string // the last page's text
	Address  string // the last page's address
}

// Browser follows an address as a browser would, with a person at it who allows
// everything unless a change says otherwise. The client gives the transport and may
// be nil.
func Browser(client *http.Client, address string, changes ...func(*Robot)) (Visit, error) {
	r := Robot{Client: client}
	for _, change := range changes {
		change(&r)
	}
	return r.Visit(context.Background(), address)
}

// Open is Visit without its result.
func (r Robot) Open(ctx context.Context, address string) error {
	_, err := r.Visit(ctx, address)
	return err
}

// Visit follows an address through redirects and forms to the last page.
func (r Robot) Visit(ctx context.Context, address string) (Visit, error) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if r.Client != nil {
		client.Transport = r.Client.Transport
	}
	if client.Transport == nil {
		client.Transport = &http.Transport{DisableKeepAlives: true}
	}
	t := tab{Robot: r, client: client}
	next := request{address: address}
	for range 20 {
		var err error
		if next, err = t.step(ctx, next); err != nil || next.address == "" {
			return t.visit, err
		}
	}
	return t.visit, errors.New("oauthtest: the browser was redirected too often")
}

// tab is one visit at work.
type tab struct {
	Robot
	client *http.Client
	start  string // the first address: leaving its origin is the callback
	// outside: the last page was not of that origin. A client may send the browser back
	// to the server, which is then a sign-in like the first.
	outside bool
	visit   Visit
}

type request struct {
	address string
	form    url.Values // nil: GET
}

// step loads one page and finds the next request, an empty one at the end.
func (t *tab) step(ctx context.Context, q request) (request, error) {
	if t.start == "" {
		t.start = q.address
	}
	home := sameOrigin(q.address, t.start)
	if !home && !t.outside {
		t.outside = true
		return t.callback(ctx, q.address)
	}
	t.outside = !home
	res, err := t.load(ctx, q)
	if err != nil {
		return request{}, err
	}
	if to := res.Header.Get("Location"); to != "" && res.StatusCode >= 300 && res.StatusCode < 400 {
		u, err := res.Request.URL.Parse(to)
		if err != nil {
			return request{}, fmt.Errorf("oauthtest: follow a redirect: %w", err)
		}
		return request{address: u.String()}, nil
	}
	action, inputs := formOf(t.visit.Page)
	if action == "" || !home || res.StatusCode != http.StatusOK {
		return request{}, nil
	}
	return t.fill(ctx, res.Request.URL, action, inputs)
}

// fill decides what a person types into a form.
func (t *tab) fill(ctx context.Context, page *url.URL, action string, inputs []string) (request, error) {
	if t.Abandon {
		return request{}, nil
	}
	if err := t.think(ctx); err != nil {
		return request{}, err
	}
	u, err := page.Parse(action)
	if err != nil {
		return request{}, err
	}
	values := url.Values{"decision": {"allow"}}
	if t.Deny {
		values.Set("decision", "deny")
	}
	for _, input := range inputs {
		name := attribute(input, "name")
		values.Set(name, t.typed(name, attribute(input, "value")))
	}
	return request{address: u.String(), form: values}, nil
}

// think waits once: at the form, or before the callback where the server asks nobody.
func (t *tab) think(ctx context.Context) error {
	if t.Wait == nil {
		return nil
	}
	select {
	case <-t.Wait:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *tab) typed(name, suggested string) string {
	switch {
	case name == "password":
		return t.Password
	case name == "user" && t.User != "":
		return t.User
	case name == "user" && suggested == "":
		return "ada"
	case name == "user_code" && suggested == "":
		return t.UserCode
	}
	return suggested
}

// formOf finds the action and the input elements of a page's form, as page.html
// writes them.
func formOf(page string) (action string, inputs []string) {
	_, form, found := strings.Cut(page, `<form method="post"`)
	if !found {
		return "", nil
	}
	form, _, _ = strings.Cut(form, "</form>")
	tag, rest, _ := strings.Cut(form, ">")
	for _, part := range strings.Split(rest, "<input")[1:] {
		input, _, _ := strings.Cut(part, ">")
		inputs = append(inputs, input)
	}
	return attribute(tag, "action"), inputs
}

// attribute reads one of an element's attributes.
func attribute(tag, name string) string {
	_, value, _ := strings.Cut(tag, " "+name+`="`)
	value, _, _ = strings.Cut(value, `"`)
	return html.UnescapeString(value)
}

// callback goes to the client's loopback address.
func (t *tab) callback(ctx context.Context, address string) (request, error) {
	if err := t.think(ctx); err != nil {
		return request{}, err
	}
	t.visit.Callback = address
	for i := range t.Forge {
		forged, err := forge(address, i)
		if err != nil {
			return request{}, err
		}
		if _, err := t.load(ctx, request{address: forged}); err != nil {
			return request{}, err
		}
	}
	to := address
	if t.Callback != nil {
		if to = t.Callback(address); to == "" {
			return request{}, nil
		}
	}
	if t.Twice {
		if _, err := t.load(ctx, request{address: to}); err != nil {
			return request{}, err
		}
	}
	return request{address: to}, nil
}

// forge makes a callback that somebody else could send.
func forge(address string, i int) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	u.RawQuery = url.Values{"code": {fmt.Sprintf("forged-%d", i)}, "state": {fmt.Sprintf("forged-%d", i)}}.Encode()
	return u.String(), nil
}

// load makes one request as a browser's navigation.
func (t *tab) load(ctx context.Context, q request) (*http.Response, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if q.form != nil {
		method, body = http.MethodPost, strings.NewReader(q.form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, q.address, body)
	if err != nil {
		return nil, fmt.Errorf("oauthtest: open: %w", err)
	}
	if q.form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range map[string]string{
		"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "User-Agent": "Mozilla/5.0 (oauthtest robot)",
		"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Upgrade-Insecure-Requests": "1",
	} {
		req.Header.Set(name, value)
	}
	res, err := t.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("oauthtest: browse: %w", err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("oauthtest: read the page: %w", err)
	}
	t.visit.Status, t.visit.Page, t.visit.Address = res.StatusCode, string(page), req.URL.String()
	return res, nil
}
