package cli

import (
	"errors"

	"github.com/mcp-bridge/mcp-bridge/bridge/credential"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/importer"
	"github.com/mcp-bridge/mcp-bridge/cmd/internal/session"
	"github.com/mcp-bridge/mcp-bridge/keychain"
	"github.com/mcp-bridge/mcp-bridge/oauthflow"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

// codeOf returns the exit code of an error that came from a room below.
func codeOf(err error) int {
	var cred *credential.Error
	if errors.As(err, &cred) {
		switch cred.Reason {
		case credential.KeychainUnavailable:
			return exitKeychain
		case credential.Unreachable:
			return exitNetwork
		case credential.Refused, credential.Unusable:
			return exitFailed
		}
		return exitSignIn
	}
	if o, ok := errors.AsType[*oauthflow.Error](err); ok {
		if o.Kind == oauthflow.Unreachable {
			return exitNetwork
		}
		return exitFailed
	}
	if k, ok := errors.AsType[*keychain.Error](err); ok {
		if k.Reason == keychain.KeyExists {
			return exitFailed
		}
		return exitKeychain
	}
	if h, ok := errors.AsType[*home.Error](err); ok && (h.Kind == home.Symlink || h.Kind == home.Foreign || h.Kind == home.NotPrivate) {
		return exitKeychain
	}
	if _, ok := errors.AsType[*importer.FlagError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[profiles.Errors](err); ok {
		return exitInvalid
	}
	if _, ok := errors.AsType[*openapi.Error](err); ok {
		return exitInvalid
	}
	if _, ok := errors.AsType[*session.SpecError](err); ok {
		return exitInvalid
	}
	if _, ok := errors.AsType[*doc.Error](err); ok {
		return exitInvalid
	}
	if _, ok := errors.AsType[session.CompileErrors](err); ok {
		return exitInvalid
	}
	return exitFailed
}
