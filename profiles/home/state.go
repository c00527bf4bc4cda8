package home

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"maps"
)

// State is what `use` chooses. It holds no secret. The zero State is that of a
// home without state.json.
type State struct {
	Current  string // the current profile; empty when none was chosen
	Previous string // the profile before it, for `use -`
	// PreviousAccount is the account of Previous that was in use; empty in a file of an
	// older version.
	PreviousAccount string
	Accounts        map[string]string // profile to its current account; absent means "default"

	unknown object // members written by a newer version
}

// ReadState returns the state, the zero State when there is none. It takes no
// lock: files are replaced whole. A file that does not hold a state gives an
// *Error of Kind Corrupt. Accounts is never nil.
func (h *Home) ReadState() (State, error) {
	data, err := h.ReadFile(StateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return State{Accounts: map[string]string{}}, nil
	}
	if err != nil {
		return State{}, err
	}
	s, err := parseState(data)
	if err != nil {
		return State{}, &Error{Kind: Corrupt, Op: "read state", Path: h.Join(StateFile), Err: err}
	}
	return s, nil
}

// UpdateState reads the state, lets change alter it, and writes it if it is
// different, all under one lock, so that updates by several processes never
// undo each other. An error of change is returned as it is and nothing is
// written; a corrupt file is never overwritten. change must not call UpdateState.
func (h *Home) UpdateState(ctx context.Context, change func(*State) error) error {
	return h.update(ctx, StateFile, func(old []byte) ([]byte, error) {
		s, err := h.ReadState()
		if err != nil {
			return nil, err
		}
		if err := change(&s); err != nil {
			return nil, err
		}
		return s.text()
	})
}

// update replaces one file under the lock of its name. render gets the file's
// bytes (nil when absent) and returns the new ones.
func (h *Home) update(ctx context.Context, file string, render func([]byte) ([]byte, error)) error {
	release, err := h.Lock(ctx, "file "+file)
	if err != nil {
		return err
	}
	defer release()
	old, err := h.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	data, err := render(old)
	if err != nil || (old != nil && bytes.Equal(old, data)) {
		return err
	}
	return h.WriteFile(file, data)
}

func parseState(data []byte) (State, error) {
	o, err := parseObject(data)
	if err != nil {
		return State{}, err
	}
	s := State{unknown: o}
	err = errors.Join(
		o.take("current", &s.Current),
		o.take("previous", &s.Previous),
		o.take("previousAccount", &s.PreviousAccount),
		o.take("accounts", &s.Accounts),
	)
	if s.Accounts == nil {
		s.Accounts = map[string]string{}
	}
	return s, err
}

func (s State) text() ([]byte, error) {
	accounts := maps.Clone(s.Accounts)
	if accounts == nil {
		accounts = map[string]string{}
	}
	members := map[string]any{
		"current":  s.Current,
		"previous": s.Previous,
		"accounts": accounts,
	}
	if s.PreviousAccount != "" {
		members["previousAccount"] = s.PreviousAccount
	}
	o, err := s.unknown.with(members)
	if err != nil {
		return nil, err
	}
	return o.text()
}
