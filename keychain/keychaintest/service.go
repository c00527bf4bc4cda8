package keychaintest

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
