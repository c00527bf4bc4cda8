package signin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// Order is what a helper is told on its standard input.
type Order struct {
	Profile  string   `json:"profile"` // name or path
	Account  string   `json:"account"`
	Record   string   `json:"record"` // as --scheme takes it
	Origin   string   `json:"origin"` // the one that the credential is approved for
	Scopes   []string `json:"scopes,omitempty"`
	Metadata string   `json:"metadata,omitempty"` // resource_metadata of a challenge
	After    string   `json:"after,omitempty"`    // Task.After
	Open     bool     `json:"open,omitempty"`
	// Variable of the server's environment holds the client secret. The helper does
	// not get that variable, only here its value.
	Variable string `json:"variable,omitempty"`
	Secret   string `json:"secret,omitempty"`
}

// SetSecret puts a client secret into the order.
func (o *Order) SetSecret(variable string, v secret.Value) {
	o.Variable, o.Secret = variable, v.Reveal()
}

// String names what is ordered, and nothing of the secret.
func (o Order) String() string {
	return fmt.Sprintf("sign-in for %s/%s, %s", o.Profile, o.Account, o.Record)
}

// Format keeps the secret out of everything that prints.
func (o Order) Format(f fmt.State, _ rune) { fmt.Fprint(f, o.String()) }

// Helper says how a helper is started.
type Helper struct {
	Program string   // of this same binary
	Args    []string // the hidden command and the home
	Environ []string // without any credential
	Dir     string   // a folder that stays
}

// Start starts a helper that outlives this process. ended is closed when it has
// ended. Its output goes nowhere: what it has to say stands on the desk.
func (h Helper) Start(o Order) (ended <-chan struct{}, err error) {
	order, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	cmd, err := startDetached(func() *exec.Cmd {
		cmd := exec.Command(h.Program, h.Args...)
		cmd.Env, cmd.Dir = h.Environ, h.Dir
		cmd.Stdin = bytes.NewReader(order)
		return cmd
	})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", h.Program, err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait()
	}()
	return done, nil
}
