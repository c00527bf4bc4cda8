package search

import "strings"

func shapeOf(e *Entry) shape {
	s := shape{method: methodLetter(e.Method)}
	if e.ReadOnly {
		s.flags |= flagReadOnly
	}
	if e.Deprecated {
		s.flags |= flagDeprecated
	}
	for part := range strings.SplitSeq(e.Path, "/") {
		switch part = withoutFormat(part); {
		case part == "":
		case isParameter(part):
			s.params = min(s.params+1, 255)
			s.flags |= flagItem
		default:
			s.static = min(s.static+1, 255)
			s.flags &^= flagItem
		}
	}
	return s
}

// withoutFormat returns a part of a path without what says only in which form the
// answer comes: "Calls.json" is about calls, and "containers/json" about containers.
func withoutFormat(part string) string {
	for _, format := range [...]string{"json", "xml"} {
		if part == format {
			return ""
		}
		part = strings.TrimSuffix(part, "."+format)
	}
	return part
}

// isVersion reports whether a part of a path is "v1", "v2beta1" and the like, which
// say nothing.
func isVersion(part string) bool {
	return len(part) > 1 && (part[0] == 'v' || part[0] == 'V') && part[1] >= '0' && part[1] <= '9'
}

// pathKey returns a path as it is looked up: parameters have no names, and a
// version or slash at the end does not count.
func pathKey(path string) string {
	path, _, _ = strings.Cut(strings.TrimSpace(path), "?")
	var b strings.Builder
	for part := range strings.SplitSeq(path, "/") {
		if part == "" {
			continue
		}
		if isParameter(part) {
			part = "{}"
		}
		b.WriteByte('/')
		b.WriteString(strings.ToLower(part))
	}
	return b.String()
}

// isParameter reports whether a part of a path is a parameter, also as ":id".
func isParameter(part string) bool {
	return strings.HasPrefix(part, "{") && strings.HasSuffix(part, "}") || strings.HasPrefix(part, ":") && len(part) > 1
}
