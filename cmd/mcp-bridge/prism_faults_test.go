package main

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const formKind = "application/x-www-form-urlencoded"

// fault is something in which Prism is wrong: it refuses what OpenAPI and the document
// allow. of recognises one of its complaints; hand is a right request, written by hand,
// that it refuses for the same reason.
type fault struct {
	api, why string
	of       func(v violation, x exchange) bool
	hand     byHand
}

// violation is one complaint of Prism.
type violation struct {
	Location []string
	Code     any // a word, or a number
	Message  string
}

var faults = []fault{
	{
		api: "stripe", why: "Prism takes an object in deepObject that was not sent for an empty one, and misses what that must have",
		of: func(v violation, x exchange) bool {
			return v.Code == "required" && len(v.Location) > 1 && !strings.Contains(x.header.Get("Content-Type"), "json") && !sends(x, v.Location[1:])
		},
		hand: byHand{request: "POST /v1/plans", kind: formKind, body: "currency=usd&interval=day"},
	},
	{
		api: "stripe", why: "Prism cannot read an array of objects in deepObject",
		of: func(v violation, x exchange) bool {
			return strings.HasPrefix(v.Message, "Cannot deserialize JSON object array") && strings.Contains(string(x.body), "%5B0%5D%5B")
		},
		hand: byHand{request: "POST /v1/customers", kind: formKind, body: "address%5Bline1%5D=x&tax_id_data%5B0%5D%5Btype%5D=ca_qst&tax_id_data%5B0%5D%5Bvalue%5D=7"},
	},
	{
		api: "stripe", why: "Prism does not see in deepObject what may be an array or something else",
		of: func(v violation, x exchange) bool {
			_, name, ok := strings.Cut(strings.TrimSuffix(v.Message, "'"), "must have required property '")
			return ok && len(v.Location) > 1 && sends(x, append(slices.Clone(v.Location[1:]), name, "0"))
		},
		hand: byHand{request: "POST /v1/billing_portal/configurations", kind: formKind,
			body: "business_profile%5Bheadline%5D=&features%5Bcustomer_update%5D%5Ballowed_updates%5D%5B0%5D=email&features%5Bcustomer_update%5D%5Benabled%5D=true"},
	},
	{
		api: "stripe", why: "Prism takes the + of a form for the reserved character",
		of: func(v violation, x exchange) bool {
			return v.Message == "Reserved characters used in request body" && strings.Contains(string(x.body), v.Location[1]+"=") &&
				strings.Contains(string(x.body), "+")
		},
		hand: byHand{request: "POST /v1/customers/cus_1/bank_accounts", kind: formKind, body: "bank_account=a+b"},
	},
	{
		api: "twilio", why: "Prism keeps only the last of a form's fields of one name, and then misses the array",
		of: func(v violation, x exchange) bool {
			return v.Code == "type" && strings.HasSuffix(v.Message, "must be array") && sends(x, v.Location[1:])
		},
		hand: byHand{request: "POST /2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Calls.json", kind: formKind,
			body: "To=a&From=b&Url=https%3A%2F%2Fexample.com&StatusCallbackEvent=initiated&StatusCallbackEvent=answered"},
	},
	{
		api: "docker", why: "the document wants bytes sent both as application/x-tar and as application/octet-stream",
		of: func(v violation, x exchange) bool {
			return x.url.Path == "/build" && strings.HasPrefix(v.Message, "Supported content types: application/octet-stream")
		},
		hand: byHand{request: "POST /build", kind: "application/x-tar", body: "tar"},
	},
	{
		api: "digitalocean", why: "Prism takes a parameter in angle brackets for a part of the path as it is written",
		of: func(v violation, x exchange) bool {
			return strings.HasSuffix(v.Message, "hasn't been found in the specification file") && strings.Count(x.url.Path, "/") == 1
		},
		hand: byHand{request: "PUT /upload", kind: "application/octet-stream", body: "{}"},
	},
	{
		api: "github", why: "Prism takes a number in the path for an integer and for a string, where it may be either, but not both",
		of: func(v violation, x exchange) bool {
			return v.Code == "oneOf" && v.Location[0] == "path"
		},
		hand: byHand{request: "GET /repos/o/r/actions/workflows/20"},
	},
}

// excuse returns the faults of Prism that explain why a request was refused, "" when
// they do not.
func excuse(api published, x exchange) string {
	var why []string
	for _, v := range x.complaints() {
		known := ""
		for _, f := range faults {
			if f.api == api.name && f.of(v, x) {
				known = f.why
				break
			}
		}
		if known == "" {
			return ""
		}
		if !slices.Contains(why, known) {
			why = append(why, known)
		}
	}
	return strings.Join(why, "; ")
}

// complaints are what Prism found wrong.
func (x exchange) complaints() []violation {
	var problem struct {
		Detail     string
		Validation []violation
	}
	if json.Unmarshal(x.answer, &problem) == nil && problem.Detail != "" {
		if len(problem.Validation) == 0 {
			return []violation{{Location: []string{""}, Message: problem.Detail}}
		}
		return problem.Validation
	}
	var all []violation
	_ = json.Unmarshal([]byte(x.violations), &all)
	for i := range all {
		all[i].Location = all[i].Location[1:] // "request"
	}
	return all
}

var partName = regexp.MustCompile(`form-data; name="([^"]*)"`)

// sends reports whether a form, multipart body or query has the value at a path, or some of it.
func sends(x exchange, path []string) bool {
	name := path[0]
	for _, p := range path[1:] {
		name += "[" + p + "]"
	}
	form, _ := url.ParseQuery(string(x.body))
	if strings.HasPrefix(x.header.Get("Content-Type"), "multipart/") {
		form = url.Values{}
		for _, found := range partName.FindAllSubmatch(x.body, -1) {
			form.Add(string(found[1]), "")
		}
	}
	for _, values := range []url.Values{form, x.url.Query()} {
		for key := range values {
			if key == name || strings.HasPrefix(key, name+"[") {
				return true
			}
		}
	}
	return false
}
