package demo

import (
	_ "embed" // the profile is a file so that people can read it
	"encoding/json"
	"strings"
)

//go:embed demo.toml
var profile string

// Profile returns the TOML profile of the API.
func (a *API) Profile() string {
	return strings.NewReplacer("http://127.0.0.1:8080", a.url, "http://127.0.0.1:8081", a.as.Issuer()).Replace(profile)
}

// Step is one call of the demonstration.
type Step struct {
	Title     string // what it shows
	Tool      string
	Arguments json.RawMessage
	Fails     bool // the result is meant to be an error
}

// Shelf is the tool that needs a sign-in.
const Shelf = "my_shelf"

// Steps returns the calls that the demonstration makes before anybody signs in, in
// order: every scheme with a static credential, passthrough, a shaped response and an argument that is refused.
func Steps() []Step {
	return []Step{
		{"an API key in a header, and a response template", "find_books", json.RawMessage(`{"query":"sea","limit":2}`), false},
		{"an API key in the query; a 16-digit id keeps its digits", "get_book", json.RawMessage(`{"id":9007199254740993}`), false},
		{"an API key in a cookie; the backend echoes it, the result does not", "desk", json.RawMessage(`{}`), false},
		{"http basic", "stats", json.RawMessage(`{}`), false},
		{"http bearer, with a JSON body", "lend_book", json.RawMessage(`{"book":9007199254740993,"reader":"Ada","note":"\"quoted\" & back soon"}`), false},
		{"passthrough: the client's own token goes to the backend", "my_account", json.RawMessage(`{}`), false},
		{"a picture", "cover", json.RawMessage(`{}`), false},
		{"an argument that does not fit is refused before anything is sent", "find_books", json.RawMessage(`{"query":"sea","limit":"five"}`), true},
	}
}
