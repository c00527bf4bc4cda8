package oauthflow

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// maxForm bounds what is posted, in bytes.
const maxForm = 64 << 10

// FormOptions say what a person is asked for, and how they meet the keyForm.
type FormOptions struct {
	Title   string   // heads the page; empty: a general one
	Label   string   // names the secret; empty: "API key", or "Password" with User
	Help    string   // what the API's document says of it, as where to find the key
	Link    string   // an https address with more about it; empty, or another kind of address: none
	Profile string   // whom it is for; empty: the page does not say
	Scheme  string   // the security scheme, in words
	User    bool     // asks for a user name, too: the value is user:password
	Origins []string // where the secret will be sent, as the page says
	// Clean takes the value out of what was typed or pasted; removed says what else was
	// there. Its error is shown on the form, which stays. nil: the text is the value.
	Clean func(typed string) (v secret.Value, removed []string, err error)
	// Timeout, Open, Started and Command are as in LoginOptions.
	Timeout time.Duration
	Open    func(ctx context.Context, address string) error
	Started func(address string)
	Command string
	// Store keeps the value. It is called before the page, which says whether it
	// succeeded. It has two minutes.
	Store func(ctx context.Context, v secret.Value) error
}

// AskKey shows a form in the person's browser, on the loopback listener and at an
// address that nobody can guess, and returns what they typed once Store has kept it.
// The form takes a post of its own page only. An empty value brings the form back;
// Cancel is an *Error of kind Denied and nobody answering one of kind TimedOut. Other
// errors are that of Store, with which the value is not returned, and that of ctx.
func AskKey(ctx context.Context, o FormOptions) (secret.Value, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l, err := listen(Redirect{Host: "127.0.0.1"})
	if err != nil {
		return secret.Value{}, err
	}
	defer l.close()
	q := &keyForm{visit: newVisit(l, "/key/"+rand.Text()), ctx: ctx, options: o, token: rand.Text()}
	q.answer = q.respond
	// With no-referrer a browser sends no Origin with the post. The page has no link to
	// any other origin.
	q.visit.referrer, q.visit.form = "same-origin", "'self'"
	l.serve(q)
	announce(ctx, "http://"+l.authority+q.path, o.Started, o.Open)
	if err := q.await(ctx, orDefault(o.Timeout), storeTime); err != nil {
		return secret.Value{}, err
	}
	return q.value, q.err
}

// keyForm is a form while it waits for the person.
type keyForm struct {
	*visit
	ctx     context.Context
	options FormOptions
	token   string       // against posts from elsewhere
	value   secret.Value // set before the visit has ended, as err is
	err     error
}

// showQuery asks for the form with a field that shows what is typed. A page without a
// script, as all of ours are, cannot change the one that it has.
const showQuery = "show=1"

// fields are what the page shows of a form.
type fields struct {
	Action, Token        string
	Label, Help, Problem string
	Link                 string
	User, AskEmpty       bool
	Visible              bool   // the secret is shown while it is typed
	UserValue            string // what was typed before
	Sent                 string
	Origins              []string
}

// respond answers a request for the form's address.
func (q *keyForm) respond(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		if navigates(w, r) {
			q.ask(w, http.StatusOK, fields{Visible: r.URL.RawQuery == showQuery})
		}
		return
	}
	typed, ok := q.posted(w, r)
	if !ok {
		send(w, strangePage)
		return
	}
	if typed.Get("action") == "cancel" {
		q.take(w, r, func() page {
			q.err = fail(Denied, "authorize", errors.New("the form was cancelled"))
			return cancelledPage(q.options.Command)
		})
		return
	}
	value, removed, again := q.read(typed)
	if again.Problem != "" {
		q.ask(w, http.StatusUnprocessableEntity, again)
		return
	}
	q.take(w, r, func() page { return q.keep(value, removed) })
}

// take deals with the answer, once.
func (q *keyForm) take(w http.ResponseWriter, r *http.Request, settle func() page) {
	if !q.move(waiting, claimed) {
		q.repeated(w, r)
		return
	}
	q.finish(settle())
	q.leave(w)
}

// keep hands the value to Store.
func (q *keyForm) keep(v secret.Value, removed []string) page {
	if q.options.Store != nil {
		ctx, cancel := context.WithTimeout(q.ctx, storeTime)
		defer cancel()
		if q.err = q.options.Store(ctx, v); q.err != nil {
			return unsavedPage(q.options.Command)
		}
	}
	q.value = v
	return savedPage(q.options, v, removed)
}

// posted reads a post that comes from the form's own page.
func (q *keyForm) posted(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	site, origin := r.Header["Sec-Fetch-Site"], r.Header["Origin"]
	if len(site)+len(origin) == 0 || !isOnly(site, "same-origin") || !isOnly(origin, "http://"+q.authority) ||
		!isOnly(r.Header["Sec-Fetch-Mode"], "navigate") || !isOnly(r.Header["Sec-Fetch-Dest"], "document") {
		return nil, false
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" || r.URL.RawQuery != "" {
		return nil, false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return nil, false
	}
	typed, ok := single(string(body))
	return typed, ok && subtle.ConstantTimeCompare([]byte(typed.Get("token")), []byte(q.token)) == 1
}

// read takes the value from what was typed, or says what is wrong with it.
func (q *keyForm) read(post url.Values) (value secret.Value, removed []string, again fields) {
	user, typed := strings.TrimSpace(post.Get("user")), post.Get("secret")
	again.UserValue, again.Visible = user, post.Get("show") == "1"
	if !q.options.User {
		user, typed = "", strings.TrimSpace(typed) // copied with the space around it
	}
	switch {
	case !isTypable(user) || !isTypable(typed):
		again.Problem = "Please type it again: there is a character in it that cannot be sent."
	case q.options.User && user == "":
		again.Problem = "Please type a user name."
	case strings.Contains(user, ":"):
		again.Problem = "A user name cannot have a colon in it."
	case typed == "" && q.options.User && post.Get("empty") != "yes":
		again.Problem, again.AskEmpty = "Please type the password, or say that there is none.", true
	case typed == "" && !q.options.User:
		again.Problem = "Please type or paste it first: the field was empty."
	}
	if again.Problem != "" {
		return secret.Value{}, nil, again
	}
	if q.options.User {
		typed = user + ":" + typed
	}
	if q.options.Clean == nil {
		return secret.New(typed), nil, again
	}
	value, removed, err := q.options.Clean(typed)
	if err != nil {
		again.Problem = "Please try again: " + tidy(err.Error()) + "."
	}
	return value, removed, again
}

// isTypable reports whether s is text without control characters.
func isTypable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// ask sends the form; f has what differs from the first time.
func (q *keyForm) ask(w http.ResponseWriter, status int, f fields) {
	o := q.options
	f.Action, f.Token, f.User = q.path, q.token, o.User
	if f.Label, f.Help = tidy(o.Label), tidy(o.Help); f.Label == "" {
		f.Label = map[bool]string{false: "API key", true: "Password"}[o.User]
	}
	if strings.HasPrefix(o.Link, "https://") && CheckAddress(o.Link) == nil {
		f.Link = o.Link
	}
	f.Sent = "It is kept on this computer and will be sent only to"
	for _, origin := range o.Origins {
		f.Origins = append(f.Origins, tidy(origin))
	}
	if len(f.Origins) == 0 {
		f.Sent = "It is kept on this computer and is sent nowhere yet."
	}
	p := page{status: status, Tone: "key", Title: tidy(o.Title), Form: &f, Facts: facts("Profile", o.Profile, "Credential", o.Scheme),
		Text: []string{"Type it here and not into the chat: the AI model never sees it."}}
	if p.Title == "" {
		p.Title = "mcp-bridge needs your credential"
	}
	send(w, p)
}

// savedPage says what is stored, for whom, and by what end it is recognised.
func savedPage(o FormOptions, v secret.Value, removed []string) page {
	p := page{status: http.StatusOK, Tone: "good", Title: "Saved",
		Text:  []string{"mcp-bridge can now make calls for you. The credential is kept on this computer; the AI model never sees it."},
		Facts: facts("Profile", o.Profile, "API", strings.Join(o.Origins, ", "), "Credential", o.Scheme, "Ends in", ending(v, o.User)),
		Next:  closeTab}
	if len(removed) > 0 {
		p.Text = append(p.Text, "It was stored without "+tidy(strings.Join(removed, ", "))+".")
	}
	return p
}

// ending is the end of a key, by which a person recognises it: at most a quarter of it,
// and nothing of a password.
func ending(v secret.Value, user bool) string {
	const most = 4
	text := v.Reveal()
	if n := min(most, len(text)/8); !user && n > 0 {
		return "…" + text[len(text)-n:]
	}
	return ""
}

func cancelledPage(command string) page {
	return page{status: http.StatusForbidden, Tone: "declined", Title: "Cancelled",
		Text:    []string{"Nothing was stored, and nothing was sent anywhere."},
		Command: tidy(command), Next: closeTab}
}
