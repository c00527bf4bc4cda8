package bridge

import (
	"context"
	"errors"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/bridge/request"
	"github.com/mcp-bridge/mcp-bridge/bridge/result"
	"github.com/mcp-bridge/mcp-bridge/bridge/tool"
)

// callError is a call that cannot be made.
type callError struct {
	kind    result.Kind
	message string
	hint    string
}

func (e *callError) Error() string { return e.message }
func (e *callError) Hint() string  { return e.hint }

// SendError says why a request got no usable response. It never holds a
// credential, a path or a query.
type SendError struct {
	Kind    result.Kind
	Host    string // host and port that were meant
	Message string
	Err     error // the cause; may be nil
	hint    string
	again   bool // the same request may succeed a moment later
}

// Error names the host.
func (e *SendError) Error() string { return e.Host + ": " + e.Message }

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *SendError) Hint() string { return e.hint }

// kindOf returns the kind of result that an error is.
func kindOf(err error) result.Kind {
	var (
		own   *callError
		sent  *SendError
		args  *tool.ArgumentError
		plan  *request.Error
		creds *credential.Error
		conf  *ConfigError
	)
	switch {
	case errors.As(err, &conf) && strings.Contains(conf.Key, "proxy"):
		return result.BackendUnreachable
	case errors.As(err, &conf):
		return result.TLSFailed
	case errors.As(err, &own):
		return own.kind
	case errors.As(err, &sent):
		return sent.Kind
	case errors.As(err, &args):
		return result.InvalidArguments
	case errors.As(err, &plan):
		return result.Kind(plan.Kind)
	case errors.Is(err, context.Canceled):
		return result.Interrupted
	case errors.As(err, &creds):
		switch creds.Reason {
		case credential.Missing, credential.Refused, credential.Unusable:
			return result.CredentialMissing
		case credential.Unreachable:
			return result.BackendUnreachable
		case credential.SignInNeeded:
			return result.SignInNeeded
		case credential.SignInPending:
			return result.SignInPending
		case credential.KeychainUnavailable:
			return result.KeychainUnavailable
		}
	case errors.Is(err, context.DeadlineExceeded):
		return result.Timeout
	}
	return result.Internal
}
