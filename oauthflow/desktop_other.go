//go:build !unix || darwin

package oauthflow

// desktop returns the environment as it is: here the system itself knows the screen.
func desktop(environ []string) []string { return environ }

// noScreen is always nil here.
func noScreen([]string) error { return nil }
