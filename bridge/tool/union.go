package tool

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/plaintext"
	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
	jsonschema "github.com/mcp-bridge/mcp-bridge/profiles/schema"
)

// matching counts the forms that v satisfies, up to most. When it satisfies none, the
// error says what would help: the values of the property that tells the forms apart,
// the error of the form that is meant, or what each of them wants.
func (c checker) matching(list, v *doc.Node, at *place, most int) (int, error) {
	c.within = true
	n, errs := 0, make([]*ArgumentError, 0, len(list.Items))
	for _, form := range list.Items {
		err := c.check(form, v, at)
		if err == nil {
			if n++; n == most {
				return n, nil
			}
			continue
		}
		e, _ := err.(*ArgumentError)
		errs = append(errs, e)
	}
	switch {
	case n > 0 || len(errs) == 0:
		return n, nil
	case c.quiet || !c.step(0):
		return 0, errForm
	}
	return 0, c.unmatched(list.Items, errs, v, at)
}

// unmatched says why v fits none of the forms; errs has the error of each.
func (c checker) unmatched(forms []*doc.Node, errs []*ArgumentError, v *doc.Node, at *place) error {
	if len(forms) == 1 {
		return errs[0]
	}
	var possible []*doc.Node // of the value's type
	var theirs []*ArgumentError
	var wanted jsonschema.Kinds
	for i, form := range forms {
		kinds := c.allowed(form)
		if wanted |= kinds; kinds.Fits(v) {
			possible, theirs = append(possible, form), append(theirs, errs[i])
		}
	}
	switch len(possible) {
	case 0:
		return c.kind(wanted, v, at)
	case 1:
		return theirs[0]
	}
	if err := c.discriminated(possible, theirs, v, at); err != nil {
		return err
	}
	if values, ok := choices(possible); ok {
		return c.mustBeOneOf(values, v, at)
	}
	if i, ok := nearest(possible, theirs, v, at); ok {
		return theirs[i]
	}
	return c.fail(at, "fits none of the "+strconv.Itoa(len(possible))+" forms that are allowed", each(theirs, at))
}

// discriminated decides by the property whose values tell the forms apart; nil: there
// is none.
func (c checker) discriminated(forms []*doc.Node, errs []*ArgumentError, v *doc.Node, at *place) error {
	name, values := discriminator(forms)
	if name == "" || v.Kind != doc.Table {
		return nil
	}
	given := v.Get(name)
	var all []*doc.Node
	for i, list := range values {
		if given != nil && slices.ContainsFunc(list, func(one *doc.Node) bool { return jsonschema.Same(one, given) }) {
			return errs[i]
		}
		all = append(all, list...)
	}
	if given == nil {
		return c.fail(at.member(name), "is required: it must be one of "+valueList(all), "")
	}
	return c.mustBeOneOf(all, given, at.member(name))
}

// discriminator finds the property that has one value, or a few, in each of several
// forms of an object, and in each form others.
func discriminator(forms []*doc.Node) (name string, values [][]*doc.Node) {
	first := forms[0]
	for _, m := range declaredProperties(first) {
		seen := map[string]bool{}
		values = values[:0]
		for _, form := range forms {
			list := fixed(form, m.Key)
			for _, one := range list {
				if k := jsonschema.Key(one); seen[k] {
					list = nil
				} else {
					seen[k] = true
				}
			}
			if list == nil {
				break
			}
			values = append(values, list)
		}
		if len(values) == len(forms) {
			return m.Key, values
		}
	}
	return "", nil
}

// declaredProperties lists the properties of a form, and of what it is composed of.
func declaredProperties(form *doc.Node) []doc.Member {
	var out []doc.Member
	if p := form.Get("properties"); p != nil {
		out = append(out, p.Members...)
	}
	if all := form.Get("allOf"); all != nil {
		for _, one := range all.Items {
			out = append(out, declaredProperties(one)...)
		}
	}
	return out
}

// fixed returns the values that a form allows for a property, if it lists them.
func fixed(form *doc.Node, name string) []*doc.Node {
	for _, m := range declaredProperties(form) {
		if m.Key != name {
			continue
		}
		if list := listed(m.Value); list != nil {
			return list
		}
	}
	return nil
}

// listed returns the values that a schema lists.
func listed(schema *doc.Node) []*doc.Node {
	if only := schema.Get("const"); only != nil {
		return []*doc.Node{only}
	}
	if enum := schema.Get("enum"); enum != nil {
		return enum.Items
	}
	return nil
}

// choices returns the values of forms that all list theirs.
func choices(forms []*doc.Node) (values []*doc.Node, ok bool) {
	for _, form := range forms {
		list := listed(form)
		if list == nil {
			return nil, false
		}
		values = append(values, list...)
	}
	return values, true
}

// nearest finds the form that came nearest: the one whose error lies deepest, else the
// one that knows the most of an object's members and lacks the fewest.
func nearest(forms []*doc.Node, errs []*ArgumentError, v *doc.Node, at *place) (int, bool) {
	best, score, only := -1, 0, false
	for i, form := range forms {
		points := 0
		if v.Kind == doc.Table {
			declared := declaredProperties(form)
			for _, m := range v.Members {
				if slices.ContainsFunc(declared, func(p doc.Member) bool { return p.Key == m.Key }) {
					points += 2
				}
			}
			points -= len(missing(form, v))
		}
		points = 100*max(0, errs[i].depth-at.depth()-1) + points
		switch {
		case best < 0 || points > score:
			best, score, only = i, points, true
		case points == score:
			only = false
		}
	}
	return best, only
}

// missing lists what a form requires and the object does not have.
func missing(form, v *doc.Node) []string {
	var out []string
	if required := form.Get("required"); required != nil {
		for _, name := range required.Items {
			if v.Get(name.Text) == nil {
				out = append(out, name.Text)
			}
		}
	}
	return out
}

// each says what every form wants, each thing once.
func each(errs []*ArgumentError, at *place) string {
	const most = 5
	var wants []string
	for _, e := range errs {
		want := strings.TrimPrefix(e.Pointer, at.pointer()) + " " + e.Message
		if want = strings.TrimSpace(want); !slices.Contains(wants, want) {
			wants = append(wants, want)
		}
	}
	if len(wants) > most {
		wants = append(wants[:most], "…")
	}
	return "either " + strings.Join(wants, ", or ")
}

// mustBeOneOf names the values that are allowed.
func (c checker) mustBeOneOf(values []*doc.Node, v *doc.Node, at *place) error {
	if c.quiet {
		return errForm
	}
	var words []string
	for _, one := range values {
		if one.Kind == doc.String {
			words = append(words, one.Text)
		}
	}
	hint := ""
	if near := plaintext.Nearest(v.Text, words); v.Kind == doc.String && near != "" {
		hint = "did you mean " + near + "?"
	}
	return c.fail(at, "must be one of "+valueList(values), hint)
}

func valueList(values []*doc.Node) string {
	const most = 20
	var out []string
	for _, one := range values[:min(len(values), most)] {
		out = append(out, plaintext.ShortenBytes(string(one.JSON()), 60))
	}
	if len(values) > most {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}
