package oauthflow

import (
	"net/http"
	"net/url"
	"slices"
	"sync"
)

// What is ignored, in words for the person: none of it proves that it belongs to the
// sign-in, so that none of it may end it (RFC 9700, section 4.7).
const (
	ignoredPost     = "the sign-in server sent its answer as a form (response_mode=form_post), which is not supported: set the client to answer in the query"
	ignoredEmpty    = "the browser came back without an answer; the server may have put it behind a # (the implicit flow, or response_mode=fragment): register the client there for the authorization code"
	ignoredNothing  = "an answer came with neither a code nor an error"
	ignoredState    = "an answer of another sign-in came, perhaps of an older browser tab"
	ignoredNoState  = "a code came without the state of this sign-in"
	ignoredRefusal  = "an answer without the state of this sign-in, so not verified, said: "
	maxIgnored      = 3 // different ones that are told
	maxUnverified   = 160
	unverifiedTitle = "This answer could not be verified"
)

// ignored remembers what was told, each once.
type ignored struct {
	mu  sync.Mutex
	all []string
}

// said returns what was ignored.
func (l *login) said() []string {
	l.ignored.mu.Lock()
	defer l.ignored.mu.Unlock()
	return slices.Clone(l.ignored.all)
}

// ignore tells that something came and was ignored.
func (l *login) ignore(what, words string) {
	what += words
	l.ignored.mu.Lock()
	fresh := len(l.ignored.all) < maxIgnored && !slices.Contains(l.ignored.all, what)
	if fresh {
		l.ignored.all = append(l.ignored.all, what)
	}
	l.ignored.mu.Unlock()
	if fresh && l.options.Ignored != nil {
		l.options.Ignored(what)
	}
}

// unverified answers a visit of the redirect address that is not the answer. The wait
// goes on.
func (l *login) unverified(w http.ResponseWriter, q url.Values) {
	p := strangePage
	switch code := cleanCode(q.Get("error"), nil); {
	case code != "" && !l.attempt.matches(q.Get("state")):
		words := code
		if d := clean(q.Get("error_description"), nil, maxUnverified); d != "" {
			words += ": " + d
		}
		l.ignore(ignoredRefusal, words)
		p.Title = unverifiedTitle
		p.Text = []string{"Somebody, most likely the sign-in server, says that the sign-in was refused, but left out the part that proves that it is about this sign-in. So it was not acted on, and the sign-in still waits.",
			"If you have just been turned away there, this is why, in the sender’s own words:"}
		p.Facts = facts("Error", code, "Description", clean(q.Get("error_description"), nil, maxUnverified))
		p.Next = "Your terminal or AI client shows the same. Press Ctrl+C there to stop waiting, then sign in again."
	case len(q) == 0:
		l.ignore(ignoredEmpty, "")
		p.Title = "There is no answer in this address"
		p.Text = []string{"The sign-in server sent you back without an answer that mcp-bridge can read. It may have put it behind a # (the “implicit” flow), which never reaches a program.",
			"Register the client at the server for the authorization code flow. The sign-in still waits."}
	case q.Get("state") == "" && q.Get("code") != "":
		l.ignore(ignoredNoState, "")
	case !l.attempt.matches(q.Get("state")):
		l.ignore(ignoredState, "")
	default:
		l.ignore(ignoredNothing, "")
	}
	send(w, p)
}
