package profiles

import (
	"strings"

	"github.com/mcp-bridge/mcp-bridge/profiles/doc"
)

// identity lists the arrays of tables that merge entry by entry, with the keys
// that tell which entries are the same. Every other array is replaced.
func identity(path string) []string {
	switch path {
	case "server.securitySchemes":
		return []string{"id"}
	case "tools", "tools[].args":
		return []string{"name"}
	case "tools[].requestTemplate.headers":
		return []string{"key"}
	case "openapi.overrides":
		return []string{"match", "operation"}
	}
	return nil
}

// isValue reports whether the table at path is one value, which is replaced: half
// of one credential with half of another would be neither.
func isValue(path string) bool {
	switch path {
	case "server.defaultUpstreamSecurity", "server.defaultDownstreamSecurity",
		"server.securitySchemes[].defaultCredential", "server.securitySchemes[].client.secret",
		"openapi.overrides[].security",
		"tools[].security", "tools[].requestTemplate.security", "tools[].outputSchema",
		"tools[].args[].default", "tools[].args[].items", "tools[].args[].properties":
		return true
	}
	return false
}

// mayRefer reports whether a value at path may be a reference, which is one value too.
func mayRefer(path string) bool {
	return strings.HasPrefix(path, "server.config.") || strings.HasPrefix(path, "http.headers.")
}

// merge returns parent with child laid over it: tables merge, arrays of tables
// merge by id or name, everything else is the child's where it says something.
func merge(path string, parent, child *doc.Node) *doc.Node {
	if parent == nil || parent.Kind != child.Kind || isValue(path) || mayRefer(path) && (isReference(parent) || isReference(child)) {
		return child
	}
	switch child.Kind {
	case doc.Table:
		return mergeTables(path, parent, child)
	case doc.List:
		if keys := identity(path); keys != nil {
			return mergeLists(path, keys, parent, child)
		}
	}
	return child
}

func mergeTables(path string, parent, child *doc.Node) *doc.Node {
	out := *child
	out.Members = nil
	for _, m := range parent.Members {
		if own := child.Get(m.Key); own == nil {
			out.Members = append(out.Members, m)
		}
	}
	for _, m := range child.Members {
		m.Value = merge(strings.TrimPrefix(path+"."+m.Key, "."), parent.Get(m.Key), m.Value)
		out.Members = append(out.Members, m)
	}
	return &out
}

// mergeLists keeps the parent's order, puts what the child says of an entry in
// its place, and appends the child's further entries.
func mergeLists(path string, keys []string, parent, child *doc.Node) *doc.Node {
	out := *child
	out.Items = append([]*doc.Node(nil), parent.Items...)
	taken := make([]bool, len(parent.Items))
	for _, item := range child.Items {
		at := sameEntry(keys, parent.Items, item)
		if at < 0 || taken[at] {
			out.Items = append(out.Items, item)
			continue
		}
		taken[at] = true
		out.Items[at] = merge(path+"[]", parent.Items[at], item)
	}
	return &out
}

func sameEntry(keys []string, among []*doc.Node, item *doc.Node) int {
	for i, other := range among {
		for _, key := range keys {
			a, b := other.Get(key), item.Get(key)
			if a != nil && b != nil && a.Kind == doc.String && b.Kind == doc.String &&
				(a.Text == b.Text || key == "key" && strings.EqualFold(a.Text, b.Text)) {
				return i
			}
		}
	}
	return -1
}
