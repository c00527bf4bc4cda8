package bridge

import (
	"fmt"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
)

// TestRecentCredentialsAreBounded: the oldest is forgotten first, one that is used again
// stays, and none of the profile's own.
func TestRecentCredentialsAreBounded(t *testing.T) {
	b := &Bridge{mask: secret.NewMasker(secret.New("of-the-profile"))}
	for i := range 3 * maxRecent {
		b.know(secret.New(fmt.Sprintf("Bearer token-number-%d", i)))
		b.know(secret.New("used-all-the-time"))
	}
	for text, masked := range map[string]bool{
		"of-the-profile": true, "used-all-the-time": true, fmt.Sprintf("token-number-%d", 3*maxRecent-1): true, "token-number-7": false, "token-number-300x": false,
	} {
		if got := b.mask.String(text); (got == secret.Mask) != masked {
			t.Errorf("%s: %s", text, got)
		}
	}
	if n := len(b.recent.leases); n != maxRecent || len(b.recent.order) != n {
		t.Errorf("%d are kept", n)
	}
}
