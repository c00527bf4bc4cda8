package result

import "github.com/mcp-bridge/mcp-bridge/profiles"

// Limits are what a client takes of one result.
type Limits struct {
	Chars int // of all texts
	Blob  int // bytes of one image, sound or file; 0: no limit
}

// clientLimits are those that are known, by the name that a client gives itself. A
// result beyond them is not shown to the model.
//
//   - Claude Code throws away what is more than 25,000 tokens; JSON full of numbers
//     and hashes has about two characters a token.
//   - Claude Desktop and claude.ai take 1 MiB for a whole result, as it is sent: a
//     character may be six bytes there, and base64 takes four for three.
func clientLimits(client string) (Limits, bool) {
	switch client {
	case "claude-code":
		return Limits{Chars: 50_000, Blob: 0}, true
	case "claude-ai":
		return Limits{Chars: 100_000, Blob: 700 << 10}, true
	}
	return Limits{}, false
}

// LimitsOf returns what a client takes. chars is what the profile says of
// exposure.maxResultChars, which wins when it is not 0.
func LimitsOf(client string, chars int) Limits {
	l, known := clientLimits(client)
	if !known {
		l.Chars = profiles.DefaultMaxResultChars
	}
	if chars > 0 {
		l.Chars = chars
	}
	return l
}
