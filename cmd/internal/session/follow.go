package session

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/exposure"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

const (
	// quiet is how long a profile's files must have stayed the same before they are
	// read again: an editor that writes in pieces is never read half-way.
	quiet = 200 * time.Millisecond
	// every is the time between two looks at the files.
	every = 500 * time.Millisecond
)

// Session is an open profile that follows changes on disk. Its methods are safe
// for concurrent use.
type Session struct {
	o Options

	mending sync.Mutex // held while a damaged catalog is made again

	mu      sync.Mutex
	view    *View
	state   string        // what state.json looked like when view was made
	files   string        // what the profile's files looked like
	pending string        // what the files look like since they changed
	since   time.Time     // when that was first seen
	seen    time.Time     // when the state was looked at last
	looked  time.Time     // when the files were looked at last
	problem string        // the last broken edit that was told
	built   chan struct{} // closed when the first view has all its tools
	tried   time.Time     // when the profile was read last
	wanted  string        // the file of the profile that is not usable, when it is another than the view's
}

// New opens a session. Having no profile is no error, and neither is one that is missing
// or invalid: the view is empty until it can be used, and its Problem says why.
func New(o Options) (*Session, error) {
	s := &Session{o: o, built: make(chan struct{})}
	s.state = s.lookAtState()
	v, later, err := o.early()
	if err != nil {
		if v, err = emptyView(err); err != nil {
			return nil, err
		}
	}
	s.view, s.tried = v, time.Now()
	if v.Problem != nil {
		s.want()
	}
	s.files = s.lookAtFiles(v)
	if v.Problem != nil {
		s.problem = v.Problem.Error()
	}
	if later == nil {
		close(s.built)
		return s, err
	}
	go s.build(v, later)
	return s, err
}

// build replaces the early view by the whole one.
func (s *Session) build(early *View, later func() (*View, error)) {
	defer close(s.built)
	v, err := later()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil:
		s.problem = err.Error()
		s.o.Logger.Error("the tools of the document are not there", "error", s.problem)
		if s.view == early {
			lacking := *early
			lacking.Problem = err
			s.view = &lacking
		}
	case s.view == early: // otherwise it was edited meanwhile
		s.view = v
	}
}

// Built is View once the profile that New found has all its tools: a catalog that has
// to be made first is waited for, but not longer than ctx.
func (s *Session) Built(ctx context.Context) *View {
	select {
	case <-s.built:
	case <-ctx.Done():
	}
	return s.View()
}

// Mend replaces a view whose catalog was found damaged by one that is made anew from
// the document, and returns the view that holds then. When that cannot be made either it
// is v.
func (s *Session) Mend(v *View) *View {
	s.mending.Lock()
	defer s.mending.Unlock()
	if now := s.View(); now != v || !v.Damaged() {
		return now
	}
	s.o.Logger.Warn("the compiled profile is damaged; it is made again")
	c, err := s.o.build(v.Profile)
	var made *View
	if err == nil {
		made, err = s.o.viewOf(v.Profile, c, profiles.Ref{Account: v.Account}, nil)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil:
		s.o.Logger.Error("the tools of the document are not there", "error", err)
		return v
	case s.view == v: // otherwise it was edited meanwhile
		made.Warnings = v.Warnings
		s.view = made
	}
	return s.view
}

// Recent is View for the second look of one request: what was seen just now is believed.
func (s *Session) Recent() *View {
	const believed = 2 * time.Millisecond
	s.mu.Lock()
	v, fresh := s.view, time.Since(s.seen) < believed
	s.mu.Unlock()
	if fresh {
		return v
	}
	return s.View()
}

// emptyView is the view while there is no profile, or none that can be used.
func emptyView(why error) (*View, error) {
	set, err := tool.Compile(&profiles.Profile{Name: "mcp-bridge"})
	if err != nil {
		return nil, err
	}
	if none := (*NoProfileError)(nil); errors.As(why, &none) {
		why = nil
	}
	return &View{Set: set, Account: DefaultAccount, Exposure: exposure.New(set, nil), Problem: why}, nil
}

// View returns the view that is valid now. A switch of profile or account is seen
// at once, an edit of the profile when the file has come to rest. After a broken
// edit the view stays what it was.
func (s *Session) View() *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.lookAtState()
	s.seen = time.Now()
	switched := state != s.state
	if !switched && !s.edited() && !s.again() {
		return s.view
	}
	s.state = state
	s.reload()
	return s.view
}

// again reports whether a profile that could not be read is to be tried again: what it
// lacks may lie anywhere.
func (s *Session) again() bool {
	return s.view.Profile == nil && s.view.Problem != nil && time.Since(s.tried) >= every
}

// edited reports whether the profile's files have changed and are at rest.
func (s *Session) edited() bool {
	if time.Since(s.looked) < quiet/2 {
		return false // a busy server does not look with every call
	}
	s.looked = time.Now()
	now := s.lookAtFiles(s.view)
	if now == s.files {
		s.pending = ""
		return false
	}
	if now != s.pending {
		s.pending, s.since = now, time.Now()
		return false
	}
	return time.Since(s.since) >= quiet
}

// reload replaces the view, or keeps it and says why.
func (s *Session) reload() {
	files := s.lookAtFiles(s.view)
	v, err := Load(s.o)
	s.tried = time.Now()
	if none := (*NoProfileError)(nil); errors.As(err, &none) {
		v, err = emptyView(err)
	}
	s.files, s.pending = files, ""
	if err != nil {
		s.want()
		if text := err.Error(); text != s.problem {
			s.problem = text
			s.o.Logger.Error("the profile is not usable; the tools stay as they were", "error", text)
		}
		if s.view.Profile == nil { // there are no tools to keep, so the newest problem is told
			if v, err := emptyView(err); err == nil {
				s.view = v
			}
		}
		return
	}
	if s.problem != "" {
		s.problem = ""
		s.o.Logger.Info("the profile is usable again")
	}
	old := s.view
	s.view, s.wanted = v, ""
	s.files = s.lookAtFiles(v)
	if old.Bridge != nil {
		old.Bridge.Close() // closes idle connections; calls that run go on
	}
}

// want notes which file has to be mended, so that the mended one is noticed.
func (s *Session) want() {
	ref, err := s.o.reference()
	if err != nil {
		return
	}
	if file, _, err := s.o.dir().Resolve(ref.Profile); err == nil && file != s.wanted {
		s.wanted = file
		s.files = s.lookAtFiles(s.view)
	}
}

func (s *Session) lookAtState() string { return stamp(s.o.Home.Join(home.StateFile)) }

// lookAtFiles stands for the content of everything that v was made of.
func (s *Session) lookAtFiles(v *View) string {
	var b strings.Builder
	for _, path := range s.sources(v) {
		b.WriteString(stamp(path) + "\n")
	}
	return b.String()
}

func (s *Session) sources(v *View) []string {
	if v.Profile == nil {
		folder := s.o.Home.Join(home.ProfilesDir)
		if s.wanted != "" {
			return []string{folder, s.wanted}
		}
		return []string{folder}
	}
	if s.wanted != "" {
		return append(append(slices.Clone(v.Profile.Sources), v.files...), s.wanted)
	}
	return append(slices.Clone(v.Profile.Sources), v.files...)
}

// key changes when a client would see another list, or another account stands
// behind it.
func (v *View) key() string {
	name := ""
	if v.Profile != nil {
		name = v.Profile.File
	}
	return strings.Join([]string{name, v.Account, v.Exposure.Version()}, "\x00")
}

// Follow looks for changes until ctx ends, and sends whenever the tools or the
// account behind them are others than before. The channel is never closed.
func (s *Session) Follow(ctx context.Context) <-chan struct{} {
	changed := make(chan struct{}, 1)
	signals := home.Watch(ctx, func() []string {
		s.mu.Lock()
		defer s.mu.Unlock()
		return append([]string{s.o.Home.Join(home.StateFile)}, s.sources(s.view)...)
	}, every)
	go func() {
		told := s.Built(ctx).key()
		retry := time.NewTicker(every)
		defer retry.Stop()
		for {
			select {
			case _, open := <-signals:
				if !open {
					return
				}
				s.settle(ctx)
			case <-retry.C:
				if !s.lacking() {
					continue
				}
			}
			if now := s.View().key(); now != told {
				told = now
				select {
				case changed <- struct{}{}:
				default:
				}
			}
		}
	}()
	return changed
}

// lacking reports whether the view is empty because of a problem.
func (s *Session) lacking() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view.Profile == nil && s.view.Problem != nil
}

// settle waits until the files are at rest and have been taken in.
func (s *Session) settle(ctx context.Context) {
	const tries = 20
	for range tries {
		s.mu.Lock()
		s.looked = time.Time{} // now, whoever has just looked
		s.mu.Unlock()
		s.View()
		s.mu.Lock()
		rest := s.pending == ""
		s.mu.Unlock()
		if rest {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(quiet):
		}
	}
}
