package outbound

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// Hosts is a set of hosts that were named or allowed, each for every port or for one.
// The zero Hosts is empty and may be read, not added to. It is not safe for concurrent
// use while something is added.
type Hosts map[string]bool

// NewHosts returns a set of hosts as [ReadHost] reads them. What is none is left out.
func NewHosts(list ...string) Hosts {
	h := Hosts{}
	for _, one := range list {
		h.Add(one)
	}
	return h
}

// ReadHost reads a host as people write it in a list: "host", "host:port",
// "[::1]:port" or "::1". The host is returned in the form of [Host]; port is empty
// when there is none. The error says what is wrong without showing the text.
func ReadHost(text string) (host, port string, err error) {
	if strings.Count(text, ":") > 1 && !strings.HasPrefix(text, "[") {
		host, err = Host(text)
		return host, "", err
	}
	if strings.ContainsAny(text, "/@?#\\ \t\r\n") {
		return "", "", errors.New("must be a host, or host:port")
	}
	u, err := url.Parse("//" + text)
	if err != nil || strings.HasSuffix(text, ":") || !validPort(u.Port()) {
		return "", "", errors.New("must be a host, or host:port")
	}
	host, err = Host(u.Hostname())
	return host, u.Port(), err
}

// Add adds a host as [ReadHost] reads it. What is none is left out.
func (h Hosts) Add(text string) {
	if host, port, err := ReadHost(text); err == nil {
		h[key(host, port)] = true
	}
}

// AddURL adds the host of an http or https URL, whatever stands before or behind it, for
// every port. What has none is left out.
func (h Hosts) AddURL(raw string) {
	scheme, authority, _ := strings.Cut(raw, "://")
	if end := strings.IndexAny(authority, "/?#"); end >= 0 {
		authority = authority[:end]
	}
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	if u, err := url.Parse(Origin(scheme + "://" + authority)); err == nil && u.Host != "" {
		h[u.Hostname()] = true
	}
}

// Remove takes a host out for every port, whatever port the text, which is read as by
// [ReadHost], has.
func (h Hosts) Remove(text string) {
	host, _, err := ReadHost(text)
	if err != nil {
		return
	}
	for one := range h {
		if same, _, err := ReadHost(one); err == nil && same == host {
			delete(h, one)
		}
	}
}

// Has reports whether the set holds the host of a URL, for every port or for the
// URL's.
func (h Hosts) Has(u *url.URL) bool {
	host, err := Host(u.Hostname())
	if err != nil {
		return false
	}
	return h[host] || h[HostPort(u)]
}

// HasHost reports whether the set holds a host for every port.
func (h Hosts) HasHost(host string) bool {
	host, err := Host(host)
	return err == nil && h[host]
}

// List returns the hosts in order, as [ReadHost] reads them.
func (h Hosts) List() []string {
	out := make([]string, 0, len(h))
	for one := range h {
		out = append(out, one)
	}
	slices.Sort(out)
	return out
}

func key(host, port string) string {
	if port == "" {
		return host
	}
	return join(host, port, "")
}
