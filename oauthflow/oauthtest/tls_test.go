package oauthtest

import (
	"net/http"
	"testing"
)

// TestTLS uses the server's own authority and breaks the certificate.
func TestTLS(t *testing.T) {
	s := start(t, Options{TLS: true, Host: "localhost"})
	if res, err := Trusting(s.CA()).Get(s.URL(MetadataOAuth)); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", res, err)
	}
	if _, err := http.Get(s.URL(MetadataOAuth)); err == nil {
		t.Error("a client without the authority trusts the server")
	}
	for name, set := range map[string]func(*TLSFaults){
		"expired":    func(f *TLSFaults) { f.Expired = true },
		"wrong name": func(f *TLSFaults) { f.WrongName = true },
		"untrusted":  func(f *TLSFaults) { f.Untrusted = true },
		"old":        func(f *TLSFaults) { f.Old = true },
	} {
		s.Set(func(b *Behaviour) { b.TLS = TLSFaults{}; set(&b.TLS) })
		if _, err := Trusting(s.CA()).Get(s.URL(MetadataOAuth)); err == nil {
			t.Errorf("%s: the connection worked", name)
		}
	}
	s.Set(func(b *Behaviour) { b.TLS = TLSFaults{} })
	if _, err := Trusting(s.CA()).Get(s.Plain() + "/x"); err != nil || s.Count(Other) != 1 {
		t.Errorf("%v, %d requests", err, s.Count(Other))
	}
}
