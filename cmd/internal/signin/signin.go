// Package signin runs sign-ins that outlive the call, and the process, that needed
// them: one at a time for each credential among all processes, seldom without being
// asked for, and told about to everybody who waits.
//
// # Terminology
//
// A desk is where the processes of one home agree about the sign-in of one
// credential: a lock and a small file below signin/, which holds no secret. An
// attempt is one sign-in from its start to its outcome; whoever holds the lock owns
// it, and the kernel gives the lock back when the owner dies. A helper is a process
// of this same program that owns an attempt on behalf of a server whose client may
// end it at any time. A tab is an address that was opened in the browser without
// anybody having typed a command. While a desk rests, no tab is opened.
package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

const (
	folder = "signin"

	// maxTabs is how many tabs may open for one credential within tabTime.
	maxTabs = 3
	tabTime = time.Hour
	// restTime is how long a desk rests after a sign-in that was declined, failed or
	// timed out. A typed login ends the rest.
	restTime = time.Hour
	// handover is how long an owner is waited for that was asked to stop.
	handover = 5 * time.Second
	// turn is how long a helper waits for the lock: others look at it for a moment.
	turn = 2 * time.Second
)

// Phase says how far an attempt is.
type Phase string

// The phases of an attempt.
const (
	Pending Phase = "pending"
	Done    Phase = "done"
	Failed  Phase = "failed"
)

// Attempt is one sign-in. It holds no secret.
type Attempt struct {
	ID       string    `json:"id"`
	Phase    Phase     `json:"phase"`
	Started  time.Time `json:"started"`
	Ends     time.Time `json:"ends"`               // when a pending one gives up
	Ended    time.Time `json:"ended,omitzero"`     // when it was done or had failed
	Address  string    `json:"address,omitempty"`  // where the person signs in, once that is known
	UserCode string    `json:"userCode,omitempty"` // of the device flow, to type at Address
	Opened   bool      `json:"opened,omitempty"`   // a browser was told to open the address
	NoWindow string    `json:"noWindow,omitempty"` // why it could not
	Message  string    `json:"message,omitempty"`  // why it failed
	Hint     string    `json:"hint,omitempty"`     // what to do about that
	Declined bool      `json:"declined,omitempty"` // the person said no
}

// state is the file of a desk.
type state struct {
	Attempt Attempt     `json:"attempt"`
	Tabs    []time.Time `json:"tabs,omitempty"`
	Rest    time.Time   `json:"rest,omitzero"` // no tab before
	Why     string      `json:"why,omitempty"` // of the rest
}

// Desk is the desk of one credential. It is safe for concurrent use.
type Desk struct {
	home *home.Home
	key  string
	now  func() time.Time
}

// NewDesk returns the desk of the credential that the key names: its name in the
// keychain. Nothing is read or made yet.
func NewDesk(h *home.Home, key string) *Desk { return &Desk{home: h, key: key, now: time.Now} }

// BusyError says that another process owns an attempt for the same credential.
type BusyError struct{ Attempt Attempt }

// Error says so.
func (e *BusyError) Error() string { return "another window is signing in already" }

// Hint says what to do.
func (e *BusyError) Hint() string { return "finish it there, or type the command again to begin anew" }

// TimeoutError says that nobody finished an attempt in time.
type TimeoutError struct {
	After time.Duration
	Err   error  // how the work ended
	More  string // what else may be done about it; empty: nothing is known
}

// Error says so.
func (e *TimeoutError) Error() string {
	text := fmt.Sprintf("nobody finished the sign-in within %s", shortly(e.After))
	var flow *oauthflow.Error
	if errors.As(e.Err, &flow) {
		for _, said := range flow.Unverified {
			text += "; " + said
		}
	}
	return text
}

// Unwrap returns how the work ended.
func (e *TimeoutError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *TimeoutError) Hint() string {
	text := "type the command again; --timeout gives more time, as in --timeout 15m"
	if e.More != "" {
		text += "\n" + e.More
	}
	return text
}

// shortly writes a time without the parts that are zero.
func shortly(d time.Duration) string {
	text := d.Round(time.Second).String()
	if d < time.Second {
		return d.String()
	}
	if t, ok := strings.CutSuffix(text, "m0s"); ok {
		text = t + "m"
	}
	if t, ok := strings.CutSuffix(text, "h0m"); ok {
		text = t + "h"
	}
	return text
}

// RestError says that no tab is opened for now.
type RestError struct {
	Why   string
	Until time.Time
}

// Error says why.
func (e *RestError) Error() string {
	return fmt.Sprintf("%s, so no browser window is opened automatically before %s", e.Why, e.Until.Local().Format("15:04"))
}

func (d *Desk) name() string {
	sum := sha256.Sum256([]byte(d.key))
	return folder + "/" + hex.EncodeToString(sum[:16])
}

func (d *Desk) file() string   { return d.name() + ".json" }
func (d *Desk) cancel() string { return d.name() + ".cancel" }
func (d *Desk) lock() string   { return "desk of " + d.key }

// Last returns the newest attempt; false when there was none. A file that cannot
// be read counts as none: it holds nothing that is worth a failure.
func (d *Desk) Last() (Attempt, bool) {
	s := d.read()
	return s.Attempt, s.Attempt.ID != ""
}

// Resting returns why no tab may be opened now, or nil.
func (d *Desk) Resting() *RestError { return d.read().resting(d.now()) }

func (d *Desk) read() state {
	data, err := d.home.ReadFile(d.file())
	var s state
	if err != nil || json.Unmarshal(data, &s) != nil {
		return state{}
	}
	return s
}

func (d *Desk) write(s state) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return d.home.WriteFile(d.file(), append(data, '\n'))
}

// recent drops the tabs that do not count any more, and those of a clock that was
// ahead.
func (s *state) recent(now time.Time) {
	var kept []time.Time
	for _, at := range s.Tabs {
		if age := now.Sub(at); age < tabTime && age > -time.Minute {
			kept = append(kept, at)
		}
	}
	s.Tabs = kept
}

func (s state) resting(now time.Time) *RestError {
	s.recent(now)
	if s.Rest.After(now) && s.Rest.Before(now.Add(restTime+time.Minute)) {
		return &RestError{Why: s.Why, Until: s.Rest}
	}
	if len(s.Tabs) >= maxTabs {
		return &RestError{Why: fmt.Sprintf("%d browser windows were opened for it within an hour", len(s.Tabs)), Until: s.Tabs[0].Add(tabTime)}
	}
	return nil
}

// Stop asks the owner of that attempt to end it, and does not wait. declined says that
// the person does not want it.
func (d *Desk) Stop(id string, declined bool) error {
	if declined {
		id += declinedMark
	}
	return d.home.WriteFile(d.cancel(), []byte(id))
}

const declinedMark = " declined"

// stopped returns why the attempt was asked to end; nil when it was not.
func (d *Desk) stopped(id string) error {
	data, err := d.home.ReadFile(d.cancel())
	switch {
	case err != nil:
		return nil
	case string(data) == id:
		return errStopped
	case string(data) == id+declinedMark:
		return errDeclined
	}
	return nil
}

// clear removes what asked an attempt to end.
func (d *Desk) clear() error {
	if err := d.home.Remove(d.cancel()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// alive reports whether somebody owns an attempt now.
func (d *Desk) alive() bool {
	release, ok, err := d.home.TryLock(d.lock())
	if err != nil {
		return true // it cannot be known: waiting ends by itself
	}
	if ok {
		release()
	}
	return !ok
}

// acquire gets the lock. A typed login asks the owner to give way.
func (d *Desk) acquire(ctx context.Context, typed bool) (release func(), err error) {
	wait := turn
	if typed && d.alive() {
		if last, ok := d.Last(); ok && last.Phase == Pending {
			if err := d.Stop(last.ID, false); err != nil {
				return nil, err
			}
		}
		wait = handover
	}
	ctx, stop := context.WithTimeout(ctx, wait)
	defer stop()
	release, err = d.home.Lock(ctx, d.lock())
	var e *home.Error
	if errors.As(err, &e) && e.Kind == home.Busy {
		last, _ := d.Last()
		return nil, &BusyError{Attempt: last}
	}
	return release, err
}
