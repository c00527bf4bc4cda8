package template

import (
	"strings"

	"github.com/tidwall/gjson"
)

// lookUp looks a path up and says how many steps that was: GJSON reads the text
// before what it finds.
func lookUp(r gjson.Result, path string) (found gjson.Result, steps int) {
	found = r.Get(path)
	read := len(r.Raw)
	if before := found.Index - r.Index; before > 0 { // 0 where GJSON does not say
		read = min(read, before+len(found.Raw))
	}
	return found, 2 + read/2048
}

// gjson looks a path up below the dot, as upstream does, then below the root.
func (i *instance) gjson(dot, root any, path any) (any, error) {
	var found, last value
	for _, base := range []any{dot, root} {
		v, ok := base.(value)
		if !ok || v.r.Index == last.r.Index && len(v.r.Raw) == len(last.r.Raw) {
			continue // what a function made has no paths but those of {{.a.b}}
		}
		var err error
		if found, err = i.find(v, text(path)); err != nil || found.r.Exists() {
			return found, err
		}
		last = v
	}
	return found, nil
}

// find evaluates any GJSON path, within bounds.
func (i *instance) find(v value, path string) (value, error) {
	for {
		if len(path) > maxPath || times(growth(path), len(v.r.Raw)) > maxProduct {
			return value{}, &fault{"gjson", "the path would make too much"}
		}
		if err := i.step((1 + len(v.r.Raw)/256) * (1 + len(path)/32)); err != nil {
			return value{}, err
		}
		head, rest, ok := unwrapping(path)
		if !ok && openings(v.r.Raw) > maxLevels {
			return value{}, &fault{"gjson", "@fromstr must stand before any # and bracket in data as large as this"}
		}
		if v = (value{v.r.Get(head)}); deep(v.r.Raw) {
			return value{}, &fault{"gjson", "what the path finds is nested too deeply"}
		}
		if rest == "" {
			return v, i.afterwards(v)
		}
		path = rest
	}
}

// unwrapping splits a path behind @fromstr, which makes data out of a text: nobody has
// looked yet how deeply that is nested, and what follows recurses. ok is false when
// the path cannot be split there.
func unwrapping(path string) (head, rest string, ok bool) {
	const modifier = "@fromstr"
	at := strings.Index(path, modifier)
	if at < 0 {
		return path, "", true
	}
	at += len(modifier)
	if strings.ContainsAny(path[:at], `#([{"`) {
		return path, "", false
	}
	if at == len(path) {
		return path, "", true
	}
	return path[:at], path[at+1:], path[at] == '.' || path[at] == '|'
}

// openings counts the brackets that a text could open, whatever unwraps it.
func openings(s string) int {
	n := strings.Count(s, "[") + strings.Count(s, "{")
	for _, escaped := range []string{"u005b", "u005B", "u007b", "u007B"} {
		n += strings.Count(s, escaped)
	}
	return n
}

// maxPath bounds a GJSON path, in bytes.
const maxPath = 4096

// growth is how many times the document a GJSON path could make of it: every item
// of a multipath may be the whole document, and some modifiers write text longer.
func growth(path string) int {
	n, commas := 1, 0
	for j := range len(path) {
		switch path[j] {
		case ',':
			commas++
		case '{', '[':
			n, commas = times(n, commas+1), 0
		case '@':
			n = times(n, 2)
			if strings.HasPrefix(path[j:], "@pretty") {
				n = times(n, 8+len(path))
			}
		}
	}
	return times(n, commas+1)
}

// maxLevels bounds the data: functions and GJSON recurse.
const maxLevels = 1000

// deep reports whether a JSON document has more than maxLevels levels.
func deep[T string | []byte](data T) bool {
	if len(data) <= maxLevels {
		return false
	}
	level, quoted := 0, false
	for j := 0; j < len(data); j++ {
		switch c := data[j]; {
		case quoted && c == '\\':
			j++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if level++; level > maxLevels {
				return true
			}
		case c == ']' || c == '}':
			level--
		}
	}
	return false
}
