package oauthflow

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
)

// page is what a person sees in their browser: fixed sentences, and texts of the
// profile and the token. Nothing of a request is ever on it.
type page struct {
	status  int
	Tone    string // good, declined, failed, key, or empty for a neutral one
	Title   string
	Text    []string
	Facts   []fact
	Form    *fields
	Command string // to type in a terminal
	Next    string // what to do now
	Footer  string
}

type fact struct{ Name, Value string }

const (
	maxText   = 200 // characters of a text from outside
	closeTab  = "You can close this tab and return to your AI client."
	ownFooter = "This page comes from mcp-bridge on your own computer."
)

// The pages that never change; gonePage also tells the result.
var (
	strangePage = page{
		status: http.StatusBadRequest, Title: "This is not the answer we are waiting for",
		Text: []string{"It does not belong to the sign-in that is pending, so it was ignored. Nothing was changed, and the real sign-in still waits."},
		Next: "If a link brought you here, close this tab.",
	}
	foreignPage = page{
		status: http.StatusForbidden, Title: "This page is not for you",
		Text: []string{"It was opened by another user of this computer, and answers only to programs of that user."},
		Next: "You can close this tab.",
	}
	nowherePage = page{
		status: http.StatusNotFound, Title: "There is nothing here",
		Text: []string{"mcp-bridge opens this address only for a moment, to let somebody sign in."},
		Next: "You can close this tab.",
	}
	gonePage = page{
		status: http.StatusGone, Title: "This is already finished",
		Text: []string{"The answer has come and was used once, as it should be. Nothing was changed by opening it again."},
		Next: closeTab,
	}
)

// successPage says that the token is stored.
func successPage(o LoginOptions, t Token) page {
	return page{
		status: http.StatusOK, Tone: "good", Title: "You’re signed in",
		Text:  []string{"mcp-bridge can now make calls for you. Your access is kept on this computer; the AI model never sees it."},
		Facts: facts("Profile", o.AppName, "Account", o.Account, "Signed in as", t.Identity),
		Next:  closeTab,
	}
}

// failurePage says why there is no token, in words of ours, and what the server said to
// that, as text that is marked as its own.
func failurePage(o LoginOptions, err error) page {
	p := page{
		status: http.StatusBadGateway, Tone: "failed", Title: "The sign-in did not work",
		Text:    []string{reason(err), "Nothing was stored. Your terminal or AI client has the details."},
		Facts:   facts("Profile", o.AppName, "Account", o.Account),
		Command: tidy(o.Command),
		Next:    closeTab,
	}
	e, ok := errors.AsType[*Error](err)
	if ok && e.Kind != IssuerMismatch {
		p.Facts = append(p.Facts, facts("Error", e.Code, "The server says", e.Description)...)
	}
	if ok && e.Kind == Denied {
		p.status, p.Tone, p.Title = http.StatusForbidden, "declined", "Sign-in declined"
		p.Text = []string{"Access was not granted, so nothing was stored and mcp-bridge cannot make calls for you."}
	}
	return p
}

// unsavedPage says that the person did all that was asked and the credential could
// not be kept.
func unsavedPage(command string) page {
	return page{
		status: http.StatusInternalServerError, Tone: "failed", Title: "This could not be saved",
		Text:    []string{"You did everything right, but this computer could not keep the credential. Your terminal or AI client says why."},
		Command: tidy(command),
		Next:    closeTab,
	}
}

// notAcceptedPage says why a good sign-in is not kept.
func notAcceptedPage(e *NotAcceptedError, command string) page {
	return page{
		status: http.StatusConflict, Tone: "declined", Title: "This sign-in was not kept",
		Text:    []string{tidy(e.Why)},
		Command: tidy(command),
		Next:    closeTab,
	}
}

func reason(err error) string {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return "The sign-in was interrupted."
	}
	switch e.Kind {
	case IssuerMismatch:
		return "The answer came from another sign-in server than the one that was asked, so it was not used."
	case Refused, InvalidGrant:
		return "The sign-in server refused to finish it."
	case Unreachable:
		return "The sign-in server did not answer as it should. It may work in a moment."
	case Configuration:
		return "The profile’s sign-in settings do not fit the server."
	}
	return "The sign-in server’s answer could not be used safely."
}

// facts pairs names with the texts that are not empty.
func facts(pairs ...string) []fact {
	var out []fact
	for i := 0; i+1 < len(pairs); i += 2 {
		if value := tidy(pairs[i+1]); value != "" {
			out = append(out, fact{pairs[i], value})
		}
	}
	return out
}

// tidy makes a text from outside one short line without anything hidden.
func tidy(s string) string {
	return plaintext.Shorten(plaintext.OneLine(strings.ToValidUTF8(s, "")), maxText-1)
}

// policy is the Content-Security-Policy: nothing but the one style sheet that stands
// in the page, by its hash.
func policy(formAction string) string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action " + formAction + "; base-uri 'none'; frame-ancestors 'none'"
}

// secure sets what every answer of the loopback server has in common.
func secure(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	// A slow reader does not keep the listener open.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(requestTime))
}

// send writes the page, to its last byte when it returns.
func send(w http.ResponseWriter, p page) {
	body := p.render()
	secure(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.status)
	_, _ = w.Write(body)
	_ = http.NewResponseController(w).Flush()
}
