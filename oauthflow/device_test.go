package oauthflow

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// device makes the server answer a device sign-in: begin once, then polls in turn.
// "drop" breaks the connection, a number is a status, "ok" grants.
func (s *server) device(t *testing.T, begin map[string]any, polls ...string) {
	all := map[string]any{"device_code": "device-secret", "user_code": "ABCD-EFGH", "verification_uri": "https://as.example/device", "expires_in": 600}
	for k, v := range begin {
		all[k] = v
	}
	s.on("/device", func(w http.ResponseWriter, _ *http.Request) { write(w, 200, all) })
	n := 0
	s.on("/token", func(w http.ResponseWriter, r *http.Request) {
		if n == len(polls) {
			t.Error("a poll too many")
			return
		}
		n++
		switch answer := polls[n-1]; answer {
		case "ok":
			write(w, 200, s.token)
		case "drop":
			panic(http.ErrAbortHandler)
		case "503":
			w.Header().Set("Retry-After", "33")
			w.WriteHeader(503)
		default:
			write(w, 400, map[string]any{"error": answer, "error_description": "of " + r.Form.Get("device_code")})
		}
	})
}

// signIn runs a device sign-in whose time passes at once.
func (s *server) signIn(t *testing.T, change ...func(*Config)) (Token, []DevicePrompt, string, error) {
	t.Helper()
	f := s.flow(t, change...)
	c := &clock{at: time.Now()}
	f.now, f.sleep = c.now, c.sleep
	var shown []DevicePrompt
	token, err := f.Device(t.Context(), []string{"write"}, func(p DevicePrompt) { shown = append(shown, p) })
	return token, shown, strings.Trim(fmt.Sprint(c.slept), "[]"), err
}

func TestDevice(t *testing.T) {
	for name, row := range map[string]struct {
		begin map[string]any
		polls string
		kind  Kind
		slept string
	}{
		"at once":       {nil, "ok", "", "5s"},
		"later":         {nil, "authorization_pending authorization_pending ok", "", "5s 5s 5s"},
		"own interval":  {map[string]any{"interval": 7}, "authorization_pending ok", "", "7s 7s"},
		"slower":        {nil, "slow_down authorization_pending slow_down ok", "", "5s 10s 10s 15s"},
		"dropped":       {nil, "drop drop authorization_pending ok", "", "5s 10s 20s 5s"},
		"outage":        {nil, "503 ok", "", "5s 33s"},
		"declined":      {nil, "access_denied", Denied, "5s"},
		"ran out there": {nil, "authorization_pending expired_token", TimedOut, "5s 5s"},
		"ran out here":  {map[string]any{"expires_in": 12}, "authorization_pending authorization_pending", TimedOut, "5s 5s"},
		"wrong":         {nil, "invalid_client", Refused, "5s"},
		"mad interval":  {map[string]any{"interval": 1e9}, "ok", "", "1m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.device(t, row.begin, strings.Fields(row.polls)...)
			token, shown, slept, err := s.signIn(t, func(c *Config) { c.Resource = "https://api.example.com" })
			if slept != row.slept {
				t.Errorf("waited %s, want %s", slept, row.slept)
			}
			if len(shown) != 1 || shown[0].UserCode != "ABCD-EFGH" || shown[0].Address != "https://as.example/device" || shown[0].Expires.IsZero() {
				t.Errorf("shown %+v", shown)
			}
			if want := "client_id=client&resource=https%3A%2F%2Fapi.example.com&scope=read+write"; s.of("/device")[0].form.Encode() != want {
				t.Errorf("sent %v", s.of("/device")[0].form)
			}
			for _, r := range s.of("/token") {
				want := "client_id=client&device_code=device-secret&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&resource=https%3A%2F%2Fapi.example.com"
				if r.form.Encode() != want {
					t.Errorf("sent %s", r.form.Encode())
				}
			}
			if row.kind == "" {
				if err != nil || token.Access.Reveal() != "access-1" || strings.Join(token.Scopes, " ") != "read write" {
					t.Errorf("%+v, %v", token, err)
				}
				return
			}
			if e := wants(t, err, row.kind); strings.Contains(e.Error(), "device-secret") {
				t.Errorf("%v", e)
			}
		})
	}
}

func TestDevicePrompt(t *testing.T) {
	for name, row := range map[string]struct {
		begin    map[string]any
		complete string
		kind     Kind
	}{
		"complete":         {map[string]any{"verification_uri_complete": "https://as.example/device?c=ABCD"}, "https://as.example/device?c=ABCD", ""},
		"script":           {map[string]any{"verification_uri_complete": "javascript:x"}, "", ""},
		"Google":           {map[string]any{"verification_uri": nil, "verification_url": "https://as.example/device"}, "", ""},
		"no address":       {map[string]any{"verification_uri": nil}, "", Unusable},
		"http":             {map[string]any{"verification_uri": "http://as.example/"}, "", Unusable},
		"no user code":     {map[string]any{"user_code": ""}, "", Unusable},
		"strange code":     {map[string]any{"user_code": "A\x1b[2J"}, "", Unusable},
		"no device code":   {map[string]any{"device_code": nil}, "", Unusable},
		"error in success": {map[string]any{"error": "invalid_scope"}, "", Refused},
	} {
		s := newServer(t)
		s.device(t, row.begin, "ok")
		_, shown, _, err := s.signIn(t)
		if row.kind != "" {
			wants(t, err, row.kind)
			if len(shown) > 0 {
				t.Errorf("%s: shown %v", name, shown)
			}
			continue
		}
		if err != nil || len(shown) != 1 || shown[0].CompleteAddress != row.complete || shown[0].Address != "https://as.example/device" {
			t.Errorf("%s: %+v, %v", name, shown, err)
		}
	}
}

func TestDeviceNeedsAnEndpoint(t *testing.T) {
	s := newServer(t)
	delete(s.meta, "device_authorization_endpoint")
	_, _, _, err := s.signIn(t)
	wants(t, err, Unusable)

	s = newServer(t)
	s.device(t, nil)
	f := s.flow(t)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := f.Device(ctx, nil, func(DevicePrompt) { cancel() }); err != context.Canceled {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestDeviceRegisters(t *testing.T) {
	s := newServer(t)
	s.device(t, nil, "ok")
	token, _, _, err := s.signIn(t, func(c *Config) { c.ClientID = "" })
	if err != nil || token.ClientID != "given" {
		t.Fatalf("%+v, %v", token, err)
	}
	if body := s.of("/register")[0].body; strings.Contains(body, "redirect_uris") || !strings.Contains(body, grantDevice) {
		t.Errorf("sent %s", body)
	}
}
