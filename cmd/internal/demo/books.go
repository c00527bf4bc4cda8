package demo

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

func (a *API) findBooks(w http.ResponseWriter, r *http.Request) {
	word, limit := strings.ToLower(r.URL.Query().Get("query")), 10
	if n, err := strconv.Atoi(r.URL.Query().Get("limit")); err == nil {
		limit = n
	}
	found := []book{}
	for _, b := range catalogue() {
		text := strings.ToLower(b.Title + " " + b.Author + " " + strings.Join(b.Tags, " "))
		if strings.Contains(text, word) && len(found) < limit {
			found = append(found, b)
		}
	}
	answer(w, http.StatusOK, map[string]any{"total": len(found), "books": found})
}

func (a *API) getBook(w http.ResponseWriter, r *http.Request) {
	for _, b := range catalogue() {
		if strconv.FormatInt(b.ID, 10) == r.PathValue("id") {
			answer(w, http.StatusOK, b)
			return
		}
	}
	answer(w, http.StatusNotFound, map[string]string{"error": "no book " + r.PathValue("id")})
}

// desk answers with the cookie it was sent, as careless backends do.
func (a *API) desk(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, map[string]any{"desk": 4, "debug": r.Header.Get("Cookie")})
}

func (a *API) stats(w http.ResponseWriter, r *http.Request) {
	user, _, _ := r.BasicAuth()
	a.mu.Lock()
	loans := len(a.loans)
	a.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"user": user, "books": len(catalogue()), "loans": loans})
}

func (a *API) lend(w http.ResponseWriter, r *http.Request) {
	var l loan
	if err := json.NewDecoder(r.Body).Decode(&l); err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": "the body is not a loan: " + err.Error()})
		return
	}
	a.mu.Lock()
	l.Number = int64(len(a.loans) + 1)
	a.loans = append(a.loans, l)
	a.mu.Unlock()
	answer(w, http.StatusCreated, l)
}

// me answers who the client's own token belongs to, and echoes the token.
func (a *API) me(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, map[string]any{"reader": "Ada", "card": 1815, "authorization": r.Header.Get("Authorization")})
}

// shelf answers with the books of the reader who has signed in.
func (a *API) shelf(w http.ResponseWriter, reader string) {
	answer(w, http.StatusOK, map[string]any{"reader": reader, "books": catalogue()[:2]})
}

// cover is a PNG picture of one pixel.
func cover() []byte {
	b, _ := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	return b
}
