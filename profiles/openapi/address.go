package openapi

import (
	"slices"
	"strconv"
	"strings"
)

// accept writes the Accept header: the types of good answers, JSON first; "" when
// JSON is all there is.
func (b *builder) accept() string {
	if of := slices.DeleteFunc(slices.Clone(b.accepts), func(s string) bool { return !sendable(mediaType(s)) }); len(of) > 0 {
		return of[max(0, slices.IndexFunc(of, func(s string) bool { return isJSON(mediaType(s)) }))]
	}
	good, errors := b.answers()
	var first, then []string
	for _, m := range good {
		if isJSON(m) {
			first = append(first, m)
		} else {
			then = append(then, m)
		}
	}
	if len(good) == 0 || len(then) == 0 && len(first) == 1 && first[0] == jsonType {
		return ""
	}
	const most = 6
	out := first[:min(len(first), most)]
	for i, m := range then[:min(len(then), most)] {
		if len(first) > 0 {
			m += ";q=0." + strconv.Itoa(9-i)
		}
		out = append(out, m)
	}
	if len(first) == 0 && slices.Contains(errors, jsonType) {
		out = append(out, jsonType+";q=0.3")
	}
	if !slices.Contains(out, "*/*") {
		out = append(out, "*/*;q=0.1")
	}
	return strings.Join(out, ", ")
}

// answers lists the media types of good answers and of errors.
func (b *builder) answers() (good, errors []string) {
	add := func(to []string, m string) []string {
		const most = 50
		if m = mediaType(m); strings.HasSuffix(m, "/*+json") { // no range of RFC 9110
			m = jsonType
		}
		if len(to) < most && sendable(m) && !slices.Contains(to, m) {
			to = append(to, m)
		}
		return to
	}
	if b.r.swagger {
		produces := b.f.op.get("produces")
		if produces.kind() != list {
			produces = b.r.root.get("produces")
		}
		for _, m := range produces.strings() {
			good = add(good, m)
		}
		return good, nil
	}
	for code, answer := range b.f.op.get("responses").members {
		to, reason := b.r.resolve(answer)
		if reason != "" {
			continue
		}
		for media := range to.get("content").members {
			if strings.HasPrefix(code.text(), "2") {
				good = add(good, media.text())
			} else {
				errors = add(errors, media.text())
			}
		}
	}
	return good, errors
}
