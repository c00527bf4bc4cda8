package oauthflow

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/internal/outbound"
)

func TestErrorsTellWhatToDo(t *testing.T) {
	for _, row := range []struct {
		err        Error
		text, hint string
	}{
		{Error{Kind: Refused, Stage: "exchange", Code: "invalid_client", Host: "as.example", Description: `no "client"`},
			`sign-in: exchange (as.example): refused: invalid_client; the server says: "no \"client\""`, "client.id"},
		{Error{Kind: Unreachable, Stage: "refresh", RetryAfter: 90 * time.Second, Err: errors.New("status 503")}, "sign-in: refresh: unreachable: status 503", "1m30s"},
		{Error{Kind: NoPKCE, Stage: "authorize"}, "sign-in: authorize: no PKCE", "assume-s256"},
		{Error{Kind: PortBusy, Stage: "authorize"}, "sign-in: authorize: port busy", "client.redirect.port"},
		{Error{Kind: Denied, Stage: "device"}, "sign-in: device: denied", "mcp-bridge login"},
		{Error{Kind: InvalidGrant, Stage: "refresh"}, "sign-in: refresh: invalid grant", "mcp-bridge login"},
		{Error{Kind: IssuerMismatch, Stage: "discover"}, "sign-in: discover: issuer mismatch", "set issuer"},
		{Error{Kind: IssuerMismatch, Stage: "authorize"}, "sign-in: authorize: issuer mismatch", "begin anew"},
		{Error{Kind: Refused, Code: "invalid_target"}, "refused: invalid_target", "client.resource"},
		{Error{Kind: Refused, Code: "invalid_scope"}, "invalid_scope", "client.scopes"},
		{Error{Kind: Refused, Code: "invalid_redirect_uri"}, "invalid_redirect_uri", "client.redirect"},
		{Error{Kind: Refused, Code: "unsupported_grant_type"}, "unsupported_grant_type", "client.grant"},
		{Error{Kind: Refused, Stage: "authorize", Code: "invalid_request"}, "invalid_request", "redirect URI"},
		{Error{Kind: Refused, Code: "login_required"}, "login_required", "login"},
		{Error{Kind: Configuration, Stage: "register"}, "register", "client.id"},
		{Error{Kind: Configuration, Stage: "discover"}, "discover", "openIdConnectUrl"},
		{Error{Kind: Configuration, Stage: "configure"}, "configure", "mcp-bridge check"},
		{Error{Kind: Unusable, Stage: "discover"}, "discover", "tokenUrl"},
		{Error{Kind: Unusable, Stage: "refresh"}, "refresh", "mcp-bridge login"},
		{Error{Kind: Unusable, Stage: "device", Err: errNoEndpoint}, "name the address", "flows"},
		{Error{Kind: Configuration, Stage: "configure", Err: outbound.ErrPrivate}, "private network", "http.allowPrivate"},
		{Error{Kind: Refused, Stage: "refresh", Code: "invalid_dpop_proof"}, "invalid_dpop_proof", "clock"},
		{Error{Kind: Refused, Stage: "exchange", Code: "invalid_request"}, "invalid_request", "server says"},
		{Error{Kind: Unusable, Stage: "discover", Err: outbound.ErrPrivate}, "private network", "http.allowPrivate = [\"HOST\"]"},
	} {
		if got := row.err.Error(); !strings.Contains(got, row.text) {
			t.Errorf("%q, want %q", got, row.text)
		}
		if got := row.err.Hint(); !strings.Contains(got, row.hint) || strings.Contains(got, "\n") {
			t.Errorf("%v: hint %q, want %q", row.err.Error(), got, row.hint)
		}
	}
	if err := fail(Unreachable, "x", context.DeadlineExceeded); !errors.Is(err, context.DeadlineExceeded) {
		t.Error("the cause is lost")
	}
}

func TestWordsOfServersAreMaskedBeforeTheyAreCut(t *testing.T) {
	form := map[string][]string{"refresh_token": {"refresh-secret"}, "client_id": {"client"}, "code": {"a+b/c=123"}}
	m := masker(form)
	for words, want := range map[string]string{
		"client sent refresh-secret":                             "client sent [secret]",
		"sent a%2Bb%2Fc%3D123":                                   "sent [secret]",
		strings.Repeat("x", maxDescription-5) + "refresh-secret": strings.Repeat("x", maxDescription-5) + "[secr…",
		strings.Repeat(" ", 9000) + "refresh-secret":             "[secret]",
		"\xff\xfe ok \x00\x07":                                   "ok",
	} {
		if got := clean(words, m, maxDescription); got != want {
			t.Errorf("%.40q…: %q, want %q", words, got, want)
		}
	}
	if got := cleanCode("a\"b\\cé refresh-secret", m); got != "a?b?c? [secret]" {
		t.Errorf("code %q", got)
	}
}
