package mcpserver

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mcp-bridge/mcp-bridge/bridge/request"
)

const (
	// maxOpen bounds the states that were handed out and have not come back. The
	// oldest is forgotten for a new one.
	maxOpen = 1024
	// maxState bounds the text of a state that is looked at.
	maxState = 64 << 10
)

// state is what a modern client carries from one round of a call to the next. The
// client could write anything into it, so it is sealed: it is good for one retry of
// the same call, soon.
type state struct {
	Method    string            `json:"method"`
	Tool      string            `json:"tool"`
	Arguments []byte            `json:"arguments"`         // their hash
	Asked     []string          `json:"asked"`             // the questions of this round
	Answers   map[string]Answer `json:"answers,omitempty"` // those of the rounds before
	Round     int               `json:"round"`             // the next one
	Once      string            `json:"once"`
}

// errState is all that is said about a state that does not hold: whoever tries to
// make one learns nothing.
var errState = errors.New("requestState is not one for this call, or too old: make the call again without it")

// sealer seals states with a key that this process alone has.
type sealer struct {
	key  []byte
	life time.Duration

	mu   sync.Mutex
	open map[string]time.Time // by Once: until when the state is good
	once []string             // the keys of open, oldest first
}

func newSealer(life time.Duration) *sealer {
	s := &sealer{key: make([]byte, sha256.Size), life: life, open: map[string]time.Time{}}
	_, _ = rand.Read(s.key) // never fails: crypto/rand ends the process first
	return s
}

// seal writes a state as text.
func (s *sealer) seal(st state) string {
	st.Once = rand.Text()
	s.mu.Lock()
	if len(s.once) >= maxOpen {
		delete(s.open, s.once[0])
		s.once = slices.Delete(s.once, 0, 1)
	}
	s.open[st.Once] = time.Now().Add(s.life)
	s.once = append(s.once, st.Once)
	s.mu.Unlock()
	text := encode(st)
	return base64.RawURLEncoding.EncodeToString(text) + "." + base64.RawURLEncoding.EncodeToString(s.mac(text))
}

// unseal reads a state, and uses it up. The error is errState.
func (s *sealer) unseal(sealed string, want state) (state, error) {
	var st state
	if len(sealed) > maxState {
		return state{}, errState
	}
	payload, mac, _ := strings.Cut(sealed, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	sum, err2 := base64.RawURLEncoding.DecodeString(mac)
	if err != nil || err2 != nil || !hmac.Equal(sum, s.mac(text)) || json.Unmarshal(text, &st) != nil {
		return state{}, errState
	}
	if st.Method != want.Method || st.Tool != want.Tool || !bytes.Equal(st.Arguments, want.Arguments) {
		return state{}, errState
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	until, open := s.open[st.Once]
	if open {
		delete(s.open, st.Once)
		i := slices.Index(s.once, st.Once)
		s.once = slices.Delete(s.once, i, i+1)
	}
	if !open || !time.Now().Before(until) {
		return state{}, errState
	}
	return st, nil
}

func (s *sealer) mac(text []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write(text)
	return h.Sum(nil)
}

// callState is what a state must say to be one for this call. What a program passes
// in for the backend is part of the call.
func callState(tool string, arguments json.RawMessage, meta map[string]json.RawMessage) state {
	h := sha256.New()
	for _, part := range []json.RawMessage{arguments, meta[request.MetaHeaders], meta[request.MetaQuery]} {
		h.Write(canonical(part))
		h.Write([]byte{0})
	}
	return state{Method: "tools/call", Tool: tool, Arguments: h.Sum(nil)}
}

// canonical writes equal JSON with equal bytes: a client may write its arguments
// again in another order.
func canonical(text json.RawMessage) []byte {
	if len(text) == 0 {
		return []byte("{}")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return text
	}
	return encode(v)
}
