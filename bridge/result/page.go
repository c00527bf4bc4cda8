package result

import "strings"

// nextPage says where an imported tool's next page is, as the backend's Link header
// has it (RFC 8288); a model pages by the arguments that it can read there.
func (s *shaper) nextPage() []string {
	if !s.tool.Imported {
		return nil
	}
	for _, value := range s.response.Header.Values("Link") {
		if to := nextLink(string(s.options.Mask([]byte(value)))); to != "" {
			return []string{"There is a next page (Link header): " + to}
		}
	}
	return nil
}

// nextLink returns the target of the link whose relation is next.
func nextLink(value string) string {
	for value != "" {
		open := strings.IndexByte(value, '<')
		if open < 0 {
			return ""
		}
		end := strings.IndexByte(value[open:], '>')
		if end < 0 {
			return ""
		}
		target := value[open+1 : open+end]
		value = value[open+end+1:]
		var params string
		params, value = linkParams(value)
		for param := range strings.SplitSeq(params, ";") {
			name, rel, _ := strings.Cut(strings.TrimSpace(param), "=")
			if !strings.EqualFold(strings.TrimSpace(name), "rel") {
				continue
			}
			for one := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(rel), `"`)) {
				if strings.EqualFold(one, "next") {
					return target
				}
			}
		}
	}
	return ""
}

// linkParams splits off the parameters of one link, up to the comma before the next.
func linkParams(s string) (params, rest string) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}
