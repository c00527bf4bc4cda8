package template

import (
	"errors"
	"net/url"
	"reflect"
)

// parseURL makes a dictionary of an address.
func parseURL(s string) (map[string]any, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, err
	}
	user := ""
	if u.User != nil {
		user = u.User.String()
	}
	return map[string]any{
		"scheme": u.Scheme, "userinfo": user, "host": u.Host, "hostname": u.Hostname(),
		"path": u.Path, "query": u.RawQuery, "opaque": u.Opaque, "fragment": u.Fragment,
	}, nil
}

// joinURL makes an address of such a dictionary.
func joinURL(d map[string]any) (string, error) {
	text := func(key string) (s string, err error) {
		if x, ok := d[key]; ok {
			v := reflect.ValueOf(x)
			if v.Kind() != reflect.String {
				return "", errors.New(key + " must be a text")
			}
			s = v.String()
		}
		return s, nil
	}
	var u url.URL
	var user string
	for key, part := range map[string]*string{"scheme": &u.Scheme, "host": &u.Host, "path": &u.Path, "query": &u.RawQuery, "opaque": &u.Opaque, "fragment": &u.Fragment, "userinfo": &user} {
		var err error
		if *part, err = text(key); err != nil {
			return "", err
		}
	}
	if user != "" {
		with, err := url.Parse("proto://" + user + "@host")
		if err != nil {
			return "", err
		}
		u.User = with.User
	}
	return u.String(), nil
}
