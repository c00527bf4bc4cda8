package oauthflow

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// LoginOptions say how a sign-in meets the person. The zero value waits five minutes
// for somebody who was told the address in no way.
type LoginOptions struct {
	// Scopes are asked beyond those of the Config: a step-up asks for the union.
	Scopes []string
	// Timeout is how long the person may take; 0 means 5 minutes.
	Timeout time.Duration
	// Open shows the address to the person, usually with OpenBrowser; nil opens
	// nothing. It runs beside the sign-in, which goes on whether it fails, hangs or
	// succeeds; its context ends with the sign-in.
	Open func(ctx context.Context, address string) error
	// Started is told the address once the listener is bound and before Open is
	// called. It has to return soon.
	Started func(address string)
	// Ignored, when it is set, is told at once of what came to the redirect address and
	// did not prove that it belongs to this sign-in: a sentence with words of whoever sent
	// it, short and without control characters. It may be called by several goroutines.
	Ignored func(what string)
	// Store keeps the token. It is called after the exchange and before the page, which
	// says whether it succeeded. It has two minutes.
	Store func(ctx context.Context, t Token) error
	// Command is what a page of failure tells to type.
	Command string
	// AppName and Account are what the page says about whom this was for.
	AppName, Account string
}

// Login signs a person in with the authorization code grant and PKCE: it binds the
// loopback listener, asks the server for an address, has the person's browser opened
// there, waits for the browser to come back, exchanges the code, calls Store, and shows
// a page that says what became of it. It returns when the page has been sent and the
// listener is closed, 3 seconds after the answer at the latest.
//
// Callbacks that are not the answer, forged ones too, are refused and end nothing
// (RFC 9700, section 4.7). When nothing but Store failed, the token is returned
// together with Store's error. All other errors are an *Error, or the error of ctx.
func (f *Flow) Login(ctx context.Context, o LoginOptions) (Token, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := f.redirect()
	l, err := f.listen(r)
	if err != nil {
		return Token{}, err
	}
	defer l.close()
	a, err := f.begin(ctx, "http://"+l.authority+r.Path, o.Scopes)
	if err != nil {
		return Token{}, err
	}
	return complete(ctx, l, r.Path, steps{
		address: func() string {
			a.mu.Lock()
			defer a.mu.Unlock()
			return a.address
		},
		matches: a.matches, verify: a.verify, again: a.again, exchange: a.exchange,
	}, o)
}

// listen binds the redirect address. Where the port is the kernel's choice, the port
// of an earlier registration is tried first: with it the registration can be used again
// also at a server that compares ports.
func (f *Flow) listen(r Redirect) (*loopback, error) {
	f.mu.Lock()
	known := f.registered.RedirectURI
	f.mu.Unlock()
	if u, err := url.Parse(known); err == nil && r.Port == 0 && f.config.ClientID == "" && u.Path == r.Path {
		again := r
		if again.Port, err = strconv.Atoi(u.Port()); err == nil {
			if l, err := listen(again); err == nil && "http://"+l.authority+r.Path == known {
				return l, nil
			} else if err == nil {
				l.close()
			}
		}
	}
	return listen(r)
}

// steps are what an attempt does in a sign-in. Tests have attempts of their own.
type steps struct {
	address  func() string
	matches  func(state string) bool
	verify   func(q url.Values) (code string, err error)
	again    func(ctx context.Context, err error) bool
	exchange func(ctx context.Context, code string) (Token, error)
}

// complete is Login from the moment on at which there is an address to open.
func complete(ctx context.Context, l *loopback, path string, a steps, o LoginOptions) (Token, error) {
	if err := CheckAddress(a.address()); err != nil {
		return Token{}, err
	}
	s := &login{visit: newVisit(l, path), ctx: ctx, attempt: a, options: o, budget: exchangeTime}
	s.answer = s.callback
	l.serve(s)
	announce(ctx, a.address(), o.Started, o.Open)
	if err := s.await(ctx, orDefault(o.Timeout), exchangeTime+storeTime); err != nil {
		if e, ok := errors.AsType[*Error](err); ok && e.Kind == TimedOut {
			e.Unverified = s.said()
		}
		return Token{}, err
	}
	return s.token, s.err
}

func orDefault(limit time.Duration) time.Duration {
	if limit <= 0 {
		return defaultTime
	}
	return limit
}

// announce tells the address and opens it, without waiting for that.
func announce(ctx context.Context, address string, started func(string), open func(context.Context, string) error) {
	if started != nil {
		started(address)
	}
	if open != nil {
		// Its error is worth nothing: an opener that succeeds proves no more than one
		// that fails, and the address has been told.
		go func() { _ = open(ctx, address) }()
	}
}

// login is a sign-in while it waits for the browser.
type login struct {
	*visit
	ctx     context.Context // of the whole sign-in: a reload must not end an exchange
	attempt steps
	options LoginOptions
	budget  time.Duration // of the exchange
	token   Token         // set before the visit has ended, as err is
	err     error
	ignored ignored
}

// callback answers a request for the redirect address.
func (l *login) callback(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		l.ignore(ignoredPost, "")
	}
	if !navigates(w, r) {
		return
	}
	q, ok := single(r.URL.RawQuery)
	if !ok || !l.attempt.matches(q.Get("state")) || q.Get("code") == "" && q.Get("error") == "" {
		l.unverified(w, q)
		return
	}
	if !l.move(waiting, claimed) {
		l.repeated(w, r)
		return
	}
	code, err := l.attempt.verify(q)
	if err != nil && l.again(err) {
		l.move(claimed, waiting)
		redirect(w, l.attempt.address())
		return
	}
	last := l.settle(code, err)
	if err == nil && l.err != nil && l.token.Access.IsZero() && l.again(l.err) {
		l.err = nil
		l.move(claimed, waiting)
		redirect(w, l.attempt.address())
		return
	}
	l.finish(last)
	l.leave(w)
}

// again reports whether the browser is to be sent to a new address of the attempt.
func (l *login) again(err error) bool {
	ctx, cancel := context.WithTimeout(l.ctx, exchangeTime)
	defer cancel()
	return l.attempt.again(ctx, err) && CheckAddress(l.attempt.address()) == nil
}

// settle exchanges the code and stores the token, and says which page tells that.
func (l *login) settle(code string, err error) page {
	if err == nil {
		l.token, err = l.exchange(code)
	}
	if err != nil {
		l.token, l.err = Token{}, err
		return failurePage(l.options, err)
	}
	if l.options.Store != nil {
		ctx, cancel := context.WithTimeout(l.ctx, storeTime)
		defer cancel()
		if l.err = l.options.Store(ctx, l.token); l.err != nil {
			if why, ok := errors.AsType[*NotAcceptedError](l.err); ok {
				return notAcceptedPage(why, l.options.Command)
			}
			return unsavedPage(l.options.Command)
		}
	}
	return successPage(l.options, l.token)
}

func (l *login) exchange(code string) (Token, error) {
	ctx, cancel := context.WithTimeout(l.ctx, l.budget)
	defer cancel()
	t, err := l.attempt.exchange(ctx, code)
	if err != nil && l.ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		if _, ok := errors.AsType[*Error](err); !ok {
			err = fail(Unreachable, "exchange", err)
		}
	}
	return t, err
}

func redirect(w http.ResponseWriter, address string) {
	secure(w)
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
}
