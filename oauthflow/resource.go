package oauthflow

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// resourceMetadata is what RFC 9728 metadata say, checked.
type resourceMetadata struct {
	resource string
	from     string // the document
	servers  []string
	scopes   []string
	bound    bool // only DPoP tokens are taken
}

// place is an address where metadata may lie, and what they must call themselves
// there.
type place struct {
	address string
	from    string // where the address was learned; empty: the profile's host
	is      []string
}

const wellKnownAPI = "/.well-known/oauth-protected-resource"

// resourcePlaces lists where the metadata of the API lie: where the challenge says,
// then the well-known address with the API's path, then the one of its host.
func resourcePlaces(api, challenge string) []place {
	u, err := url.Parse(api)
	if err != nil {
		return nil
	}
	root := u.Scheme + "://" + u.Host
	whole := []string{api}
	if trimmed := strings.TrimSuffix(api, "/"); trimmed != api { // a base URL is ours, a resource is the API's
		whole = []string{trimmed, api}
	}
	var all []place
	if challenge != "" {
		all = append(all, place{address: challenge, from: api, is: append(whole, root)})
	}
	if path := strings.TrimSuffix(u.EscapedPath(), "/"); path != "" {
		if u.RawQuery != "" {
			path += "?" + u.RawQuery
		}
		all = append(all, place{address: root + wellKnownAPI + path, is: whole})
	}
	return append(all, place{address: root + wellKnownAPI, is: []string{root}})
}

// same holds RFC 9728, section 3.3: identical. An empty path and / are one (RFC 3986,
// section 6.2.3).
func same(resource, asked string) bool {
	if resource == asked {
		return true
	}
	u, err := url.Parse(asked)
	return err == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && strings.TrimSuffix(resource, "/") == strings.TrimSuffix(asked, "/")
}

// resource reads the API's metadata from the first place that has some.
func (f *Flow) resource(ctx context.Context) (*resourceMetadata, error) {
	api := f.config.API
	if _, err := f.net.check(api, ""); err != nil {
		return nil, fail(Configuration, "discover", err)
	}
	var last error
	for _, p := range resourcePlaces(api, f.config.Metadata) {
		a, err := f.document(ctx, p.address, p.from)
		if err != nil {
			return nil, err
		}
		if !a.ok() || a.object() == nil {
			last = keep(last, f.absent(a))
			continue
		}
		return f.readResource(a, p)
	}
	return nil, last
}

func (f *Flow) readResource(a *answer, p place) (*resourceMetadata, error) {
	o := a.object()
	m := &resourceMetadata{resource: o.text("resource"), from: p.address, servers: o.list("authorization_servers"), scopes: o.list("scopes_supported"),
		bound: o.flag("dpop_bound_access_tokens_required")}
	for _, is := range p.is {
		if same(m.resource, is) {
			return m, nil
		}
	}
	return nil, &Error{Kind: Unusable, Stage: "discover", Host: a.host,
		Err: fmt.Errorf("resource metadata are for %q and not for %q", clean(m.resource, nil, 200), p.is[0])}
}

// document reads an address after checking it.
func (f *Flow) document(ctx context.Context, address, from string) (*answer, error) {
	if _, err := f.net.check(address, from); err != nil {
		return nil, fail(Unusable, "discover", err)
	}
	return f.get(ctx, "discover", address)
}

// absent says that a place has no metadata: for a while or at all.
func (f *Flow) absent(a *answer) *Error {
	e := &Error{Kind: Unusable, Stage: "discover", Host: a.host, Err: fmt.Errorf("no metadata (status %d)", a.status)}
	if a.status == 429 || a.status/100 == 5 {
		e.Kind, e.RetryAfter = Unreachable, retryAfter(a.header, f.now())
	}
	return e
}

// keep returns the error that says more: a server that fails may well have metadata.
func keep(last error, next *Error) error {
	if e, ok := last.(*Error); ok && e.Kind == Unreachable {
		return last
	}
	return next
}
