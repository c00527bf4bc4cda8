package oauthtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// certificates are the certificate authority and what it, or a stranger, has signed.
type certificates struct {
	ca                                  []byte
	good, expired, wrongName, untrusted *tls.Certificate
}

func newCertificates(host string) (*certificates, error) {
	authority, err := newAuthority("oauthtest")
	if err != nil {
		return nil, err
	}
	stranger, err := newAuthority("stranger")
	if err != nil {
		return nil, err
	}
	year := 365 * 24 * time.Hour
	c := &certificates{ca: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.cert.Raw})}
	for _, leaf := range []struct {
		to     **tls.Certificate
		from   *signer
		host   string
		expiry time.Time
	}{
		{&c.good, authority, host, time.Now().Add(year)},
		{&c.expired, authority, host, time.Now().Add(-time.Hour)},
		{&c.wrongName, authority, "elsewhere.invalid", time.Now().Add(year)},
		{&c.untrusted, stranger, host, time.Now().Add(year)},
	} {
		if *leaf.to, err = leaf.from.sign(leaf.host, leaf.expiry); err != nil {
			return nil, err
		}
	}
	return c, nil
}

type signer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(name string) (*signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name + " test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &signer{cert, key}, err
}

// sign makes a certificate for a host; the right host's is also good for every
// loopback name.
func (a *signer) sign(host string, expiry time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: host},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: expiry,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{host},
	}
	if host != "elsewhere.invalid" {
		template.DNSNames = []string{"localhost", "*.localhost"}
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
		if net.ParseIP(host) == nil {
			template.DNSNames = append(template.DNSNames, host, "*."+host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key}, nil
}

// tlsConfig answers every handshake as the behaviour of the moment wants.
func (s *Server) tlsConfig() *tls.Config {
	config := func() *tls.Config {
		b, _ := s.current()
		cert := s.certificates.good
		switch {
		case b.TLS.Expired:
			cert = s.certificates.expired
		case b.TLS.WrongName:
			cert = s.certificates.wrongName
		case b.TLS.Untrusted:
			cert = s.certificates.untrusted
		}
		c := &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
		if b.TLS.Old {
			c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		}
		return c
	}
	first := config()
	first.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return config(), nil }
	return first
}
