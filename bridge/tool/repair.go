package tool

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// repair returns the value in the form that the schema wants, where the meaning
// is certain; otherwise the value as it is. Values inside are repaired too.
func repair(schema, v *doc.Node) *doc.Node {
	if schema == nil || schema.Kind != doc.Table {
		return v
	}
	switch v.Kind {
	case doc.String:
		v = fromText(schema, v)
	case doc.Number:
		if !allows(schema, "number") && !allows(schema, "integer") && allows(schema, "string") {
			return &doc.Node{Kind: doc.String, Text: v.Text}
		}
		if !allows(schema, "number") && allows(schema, "integer") {
			v = whole(v)
		}
	case doc.Bool:
		if !allows(schema, "boolean") && allows(schema, "string") {
			return &doc.Node{Kind: doc.String, Text: boolText(v.Bool)}
		}
	}
	switch v.Kind {
	case doc.List:
		return repairItems(schema, v)
	case doc.Table:
		return repairMembers(schema, v)
	}
	return v
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// fromText reads a text that stands where no text is declared.
func fromText(schema, v *doc.Node) *doc.Node {
	if len(types(schema)) == 0 || allows(schema, "string") {
		return v
	}
	s := strings.TrimSpace(v.Text)
	if (s == "true" || s == "false") && allows(schema, "boolean") {
		return &doc.Node{Kind: doc.Bool, Bool: s == "true"}
	}
	if s == "" {
		return v
	}
	n, err := doc.FromJSON([]byte(s))
	if err != nil {
		return v
	}
	switch {
	case n.Kind == doc.Number && allows(schema, "number"):
		return n
	case n.Kind == doc.Number && allows(schema, "integer"):
		return whole(n)
	case n.Kind == doc.List && allows(schema, "array"), n.Kind == doc.Table && allows(schema, "object"):
		return n
	}
	return v
}

// whole writes a number that is an integer, such as 5.0 or 1e3, with its digits
// alone. Any other number stays as it is.
func whole(v *doc.Node) *doc.Node {
	if strings.Trim(v.Text, "-0123456789") == "" {
		return v
	}
	r, ok := rational(v.Text)
	if !ok || !r.IsInt() {
		return v
	}
	return &doc.Node{Kind: doc.Number, Text: r.Num().String()}
}

func repairItems(schema, v *doc.Node) *doc.Node {
	items := schema.Get("items")
	if items == nil {
		return v
	}
	out := *v
	out.Items = make([]*doc.Node, len(v.Items))
	for i, item := range v.Items {
		out.Items[i] = repair(items, item)
	}
	return &out
}

// repairMembers repairs the members of an object and leaves out an optional one
// that is null.
func repairMembers(schema, v *doc.Node) *doc.Node {
	properties := schema.Get("properties")
	if properties == nil {
		return v
	}
	out := *v
	out.Members = make([]doc.Member, 0, len(v.Members))
	for _, m := range v.Members {
		if declared := properties.Get(m.Key); declared != nil {
			if m.Value.Kind == doc.Null && !allows(declared, "null") && !requires(schema, m.Key) {
				continue
			}
			m.Value = repair(declared, m.Value)
		}
		out.Members = append(out.Members, m)
	}
	return &out
}

func requires(schema *doc.Node, name string) bool {
	list := schema.Get("required")
	if list == nil {
		return false
	}
	for _, item := range list.Items {
		if item.Text == name {
			return true
		}
	}
	return false
}
