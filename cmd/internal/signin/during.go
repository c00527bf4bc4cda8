package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/result"
)

// callTime is how long a call waits for a person. Clients give up after 60 s, and
// the backend needs its share.
const callTime = 45 * time.Second

// addressTime is how long a call waits until there is an address to show.
const addressTime = 15 * time.Second

// Need is a credential that a call lacks and that a person can give.
type Need struct {
	Desk    *Desk
	What    string // "the profile github, account work": for messages
	Command string // that does the same in a terminal
	Key     bool   // a key or password that is typed into a page, not a sign-in at a server
	Scopes  []string
	Asked   *Asked // shared by all calls of a process; nil: each asks
	// Since is when the call began. An attempt that failed later is the outcome for this
	// call too: of calls at once, each would otherwise begin another one as soon as the
	// one before it has failed.
	Since time.Time
	// There reports whether the credential has come since the call looked for it, nil:
	// nobody knows. An attempt may have ended between that and During.
	There func(ctx context.Context) bool
	// Start starts a helper that makes an attempt after the one of that ID, which
	// opens a tab when asked to. ended is closed when the helper has ended.
	Start func(after string, open bool) (ended <-chan struct{}, err error)
}

// Caller is what the client of a call can do.
type Caller struct {
	MayOpen  bool // the settings let a browser be opened
	AsksURL  bool // it can ask the person to open an address
	Answers  map[string]result.Answer
	Progress func(message string) // never nil
	// Complete is told when what a question was asked for has come to its end; nil:
	// nobody wants to know.
	Complete func(questionID string)
}

// Asked remembers which attempts the client was asked about lately. The zero Asked is
// ready; it is safe for concurrent use.
type Asked struct {
	mu sync.Mutex
	at map[string]time.Time
}

// askAgain is how long a question is left to the person before another call asks it.
const askAgain = time.Minute

// first reports whether nobody else is asking about the attempt.
func (a *Asked) first(id string, now time.Time) bool {
	if a == nil {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.at, func(_ string, at time.Time) bool { return now.Sub(at) >= askAgain })
	if _, asking := a.at[id]; asking {
		return false
	}
	if a.at == nil {
		a.at = map[string]time.Time{}
	}
	a.at[id] = now
	return true
}

// question is the id of the question by which a client asks the person to open the
// address. The answer is good for this credential and these scopes.
func (n Need) question() string {
	sum := sha256.Sum256([]byte(n.Desk.key + "\x00" + strings.Join(n.Scopes, " ")))
	return "sign-in-" + hex.EncodeToString(sum[:8])
}

// During signs in while a call waits. It returns true when the credential is there
// now, and false without a result when the person cannot be reached: the call's own
// error says what to type. Otherwise it returns the result that the call ends with: a
// question to the person, or an error of kind sign-in-pending or sign-in-needed that
// says what to do. The sign-in goes on when the call ends.
func During(ctx context.Context, n Need, c Caller) (bool, *result.Result) {
	ctx, stop := context.WithTimeout(ctx, callTime)
	defer stop()
	last, _ := n.Desk.Last()
	pending := last.Phase == Pending && n.Desk.alive()
	if answer, ok := c.Answers[n.question()]; ok {
		signedIn, r := n.answered(ctx, c, answer.Action, last, pending)
		if c.Complete != nil && (signedIn || r != nil && r.Kind != result.SignInPending) {
			c.Complete(n.question())
		}
		return signedIn, r
	}
	if !c.AsksURL && !c.MayOpen && !pending {
		return false, nil
	}
	var ended <-chan struct{}
	after := ""
	if !pending {
		// Asked after the last attempt was looked up: one that has ended meanwhile is seen
		// here, one that has begun by its helper.
		if n.There != nil && n.There(ctx) {
			return true, nil
		}
		if last.Phase == Failed && last.Ended.After(n.Since) {
			return n.over(last, nil)
		}
		if rest := n.Desk.Resting(); rest != nil && (!c.AsksURL || last.Declined) {
			return false, n.needed(rest.Error())
		}
		var err error
		after = last.ID
		if ended, err = n.Start(after, !c.AsksURL); err != nil {
			return false, n.needed("the sign-in for " + n.What + " could not be started: " + err.Error())
		}
	}
	if c.AsksURL {
		return n.ask(ctx, c, after, ended)
	}
	c.Progress("waiting until the person has signed in for " + n.What)
	return n.wait(ctx, c, after, ended)
}

// ask waits for the address and makes it a question. Of calls that need the same at
// once one asks, and the others wait.
func (n Need) ask(ctx context.Context, c Caller, after string, ended <-chan struct{}) (bool, *result.Result) {
	short, stop := context.WithTimeout(ctx, addressTime)
	defer stop()
	a, err := n.Desk.Wait(short, after, ended, func(a Attempt) bool { return a.Address != "" })
	switch {
	case a.Phase == Done:
		return true, nil
	case err != nil || a.Phase == Failed || a.Address == "":
		return n.over(a, err)
	}
	if !n.Asked.first(a.ID, time.Now()) {
		return n.wait(ctx, c, after, ended)
	}
	message := "Sign in for " + n.What + "."
	if n.Key {
		message = "Enter the key for " + n.What + " on a page of this machine. It goes into the keychain, not through this application."
	}
	if a.UserCode != "" {
		message += " Type the code " + a.UserCode + " there."
	}
	r := n.pending(a)
	r.Questions = []result.Question{{ID: n.question(), Message: message, URL: a.Address}}
	return false, r
}

// answered goes on after the person was asked.
func (n Need) answered(ctx context.Context, c Caller, action string, last Attempt, pending bool) (bool, *result.Result) {
	if declined := action == result.Decline; action != result.Accept {
		if pending {
			_ = n.Desk.Stop(last.ID, declined) // it ends by itself otherwise
		}
		return false, n.needed(n.declined())
	}
	if !pending && last.Phase != Done {
		return n.over(last, nil)
	}
	if !pending {
		return true, nil
	}
	c.Progress("waiting until the person has signed in for " + n.What)
	return n.wait(ctx, c, "", nil)
}

// wait waits for the outcome, and tells a client that listens that it still does.
func (n Need) wait(ctx context.Context, c Caller, after string, ended <-chan struct{}) (bool, *result.Result) {
	const every = 5 * time.Second
	unseen := func(a Attempt) bool { return a.NoWindow != "" }
	if c.AsksURL { // the client has shown the address
		unseen = nil
	}
	for {
		short, stop := context.WithTimeout(ctx, every)
		a, err := n.Desk.Wait(short, after, ended, unseen)
		stop()
		switch {
		case err == nil && a.Phase == Done:
			return true, nil
		case err != nil && errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			c.Progress("still waiting until the person has signed in for " + n.What)
			continue
		}
		return n.over(a, err)
	}
}

// over is the result when the sign-in is not done.
func (n Need) over(a Attempt, err error) (bool, *result.Result) {
	switch {
	case errors.Is(err, errNotStarted):
		if rest := n.Desk.Resting(); rest != nil {
			return false, n.needed(rest.Error())
		}
		return false, n.needed("the sign-in for " + n.What + " did not start")
	case errors.Is(err, errDied):
		return false, n.needed("the sign-in for " + n.What + " was ended before it was finished")
	case a.Phase == Failed:
		r := n.needed("the sign-in for " + n.What + " failed: " + a.Message)
		if a.Declined {
			r = n.needed(n.declined())
		}
		if !strings.Contains(a.Hint, n.Command) { // that is said already
			r.AddHint(a.Hint)
		}
		return false, r
	}
	return false, n.pending(a)
}

// pending is the result of a call that did not wait any longer.
func (n Need) pending(a Attempt) *result.Result {
	doing := "A sign-in for " + n.What + " is waiting for the person"
	if n.Key {
		doing = "A page of this machine is waiting for the key for " + n.What
	}
	what := "sign in"
	if n.Key {
		what = "enter it"
	}
	if a.UserCode != "" {
		what = "type the code " + a.UserCode + " there and " + what
	}
	text := ""
	switch {
	case a.Address == "":
		text = doing + ".\nAsk the person to finish it, then call this tool again."
	case a.Opened && n.Key: // who has the address of the page can type into it
		text = doing + " in a browser window on their machine.\nAsk the person to " + what + " there, then call this tool again."
	case a.Opened:
		text = doing + " in a browser window on their machine.\nAsk the person to " + what + " there, then call this tool again. If no window has opened, they can open this address:\n" + a.Address
	default:
		why := ""
		if a.NoWindow != "" {
			why = "; no browser window could be opened: " + a.NoWindow
		}
		text = doing + why + ".\nAsk the person to open this address in a browser on their machine and " + what + ", then call this tool again:\n" + a.Address
	}
	return result.Errorf(result.SignInPending, "or type in a terminal: "+n.Command, "%s", text)
}

func (n Need) declined() string {
	if n.Key {
		return "the person did not enter the key for " + n.What
	}
	return "the person declined to sign in for " + n.What
}

func (n Need) needed(message string) *result.Result {
	kind := result.SignInNeeded
	if n.Key {
		kind = result.CredentialMissing
	}
	return result.Errorf(kind, "ask the person to type in a terminal: "+n.Command, "%s", message)
}
