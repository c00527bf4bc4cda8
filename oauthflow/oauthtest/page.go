package oauthtest

import (
	"crypto/subtle"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// view is what a page shows.
type view struct {
	Title, Text  string
	Done, Wrong  bool // a closing page: good, or an error
	Device       bool
	Form         string // where the form goes; empty: no form
	Ticket, Code string
	Client, To   string
	Scopes       []scopeView
	User         string
	Password     bool
	Problem      string
}

type scopeView struct{ Name, Meaning string }

// showConsent shows the sign-in and consent page.
func (s *Server) showConsent(c *call, a *authorization, ticket, problem string) {
	v := view{
		Title: "Sign in", Form: "/" + string(Consent), Ticket: ticket, Client: a.client.Name, User: a.hint,
		Password: c.b.AskPassword, Problem: problem,
	}
	if s.options.Name != "" {
		v.Title = "Sign in to " + s.options.Name
	}
	if v.Client == "" {
		v.Client = a.client.ID
	}
	if u, err := url.Parse(a.redirect); err == nil {
		v.To = u.Host
		if loopback(u.Hostname()) {
			v.To = "this computer"
		}
	}
	for _, scope := range a.scopes {
		v.Scopes = append(v.Scopes, scopeView{scope, meaning(scope)})
	}
	status := http.StatusOK
	if problem != "" {
		status = http.StatusForbidden
	}
	show(c.w, status, v)
}

func meaning(scope string) string {
	switch scope {
	case "openid":
		return "Know who you are"
	case "profile":
		return "See your name"
	case "email":
		return "See your email address"
	case "offline_access":
		return "Stay signed in"
	}
	verb, what, found := strings.Cut(scope, ":")
	if !found {
		what = "your data"
	}
	switch verb {
	case "read":
		return "Read " + what
	case "write":
		return "Change " + what
	}
	return "Use " + scope[strings.LastIndexAny(scope, "/:")+1:]
}

// showVerify shows the page where a device's user code is typed.
func (s *Server) showVerify(c *call, code, problem string) {
	v := view{
		Title: "Connect a device", Form: "/" + string(Verify), Device: true, Code: code,
		Password: c.b.AskPassword, Problem: problem, User: c.form.Get("user"),
	}
	status := http.StatusOK
	if problem != "" {
		status = http.StatusForbidden
	}
	show(c.w, status, v)
}

func showDone(w http.ResponseWriter, title, text string) {
	show(w, http.StatusOK, view{Title: title, Text: text, Done: true})
}

func showProblem(w http.ResponseWriter, status int, text string) {
	show(w, status, view{Title: "Sign-in stopped", Text: text, Wrong: true})
}

func show(w http.ResponseWriter, status int, v view) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	// Without form-action: it would also judge the redirect that follows the form.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, v.render())
}

// consent receives the consent page's form. A ticket is used once.
func (s *Server) consent(c *call) {
	ticket, user := c.form.Get("ticket"), strings.TrimSpace(c.form.Get("user"))
	deny := c.form.Get("decision") == "deny"
	s.mu.Lock()
	a := s.tickets[ticket]
	problem := ""
	if !deny {
		problem = s.checkPerson(c.b, user, c.form.Get("password"))
	}
	if a != nil && problem == "" {
		delete(s.tickets, ticket)
	}
	s.mu.Unlock()
	switch {
	case c.r.Method != http.MethodPost || a == nil:
		showProblem(c.w, http.StatusBadRequest, "This page has been used already. Start the sign-in again.")
	case problem != "":
		a.hint = user
		s.showConsent(c, a, ticket, problem)
	default:
		s.decide(c, a, user, !deny)
	}
}

// checkPerson says what is wrong with a name and password. The lock must be held.
func (s *Server) checkPerson(b Behaviour, user, password string) string {
	switch {
	case user == "":
		return "Type a user name."
	case len(user) > 64:
		return "This user name is too long."
	case b.AskPassword && subtle.ConstantTimeCompare([]byte(s.password(user)), []byte(password)) == 0:
		return "User name or password is wrong."
	}
	return ""
}
