package keychaintest

import (
	"os"
	"testing"
)

// All is the environment variable that turns "skipped, because a part is missing"
// into a failure.
const All = "MCP_BRIDGE_TEST_ALL"

// Need skips the test when ok is false, or fails it when MCP_BRIDGE_TEST_ALL=1.
func Need(t testing.TB, ok bool, missing string) {
	t.Helper()
	switch {
	case ok:
	case os.Getenv(All) == "1":
		t.Fatalf("missing: %s", missing)
	default:
		t.Skipf("missing: %s", missing)
	}
}

// State is what a process finds when it looks for the Secret Service.
type State string

// The states of the Secret Service.
const (
	Unlocked State = "unlocked" // ready
	Locked   State = "locked"   // the default keyring is locked, and no dialog can appear
	Frozen   State = "frozen"   // the keyring's process is stopped: it never answers
	Absent   State = "absent"   // a bus with no Secret Service on it
	NoBus    State = "no bus"   // the bus address leads nowhere
	DeadBus  State = "dead bus" // the bus accepts connections and never answers
)
