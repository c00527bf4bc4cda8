package oauthtest

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Trusting returns a client that trusts a certificate authority in PEM, as CA returns
// it, and keeps no connections. Without an authority it trusts the system's.
func Trusting(ca []byte) *http.Client {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(ca) > 0 {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(ca)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
}

// Choices reads what a robot does from words, so that a test can hand them to a fake
// opener in its environment: deny, abandon, twice, forge=N, user=NAME, password=TEXT
// and code=USERCODE, separated by spaces. An unknown word is an error.
func Choices(words string) (func(*Robot), error) {
	var r Robot
	for _, word := range strings.Fields(words) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "deny":
			r.Deny = true
		case "abandon":
			r.Abandon = true
		case "twice":
			r.Twice = true
		case "user":
			r.User = value
		case "password":
			r.Password = value
		case "code":
			r.UserCode = value
		case "forge":
			n, err := strconv.Atoi(value)
			if err != nil {
				return nil, fmt.Errorf("oauthtest: forge=%s: %w", value, err)
			}
			r.Forge = n
		default:
			return nil, fmt.Errorf("oauthtest: the robot does not know %q", word)
		}
	}
	return func(to *Robot) {
		client := to.Client
		*to = r
		to.Client = client
	}, nil
}
