package keychaintest

import "testing"

// Service is a private Secret Service, elsewhere than on Windows.
type Service struct {
	Env    []string
	RunDir string
}

// Start skips the test, see [Need]: Windows has no Secret Service.
func Start(t testing.TB, _ State) *Service {
	t.Helper()
	Need(t, false, "a Secret Service, on Windows")
	return &Service{}
}

// SecretService is [Start] for tests that need the environment only.
func SecretService(t testing.TB, state State) []string {
	t.Helper()
	return Start(t, state).Env
}

// Lock does nothing.
func (*Service) Lock(testing.TB) {}

// Freeze does nothing.
func (*Service) Freeze(testing.TB) {}

// Thaw does nothing.
func (*Service) Thaw(testing.TB) {}

// Lookup finds nothing.
func (*Service) Lookup(testing.TB, string) (text string, found bool) { return "", false }
