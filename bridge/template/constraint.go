package template

import (
	"errors"
	"strings"
)

// requirement is what a version is compared with: ^1.2, say.
type requirement struct {
	operator string
	version  *version
	given    int // how many numbers of the version
}

const blanks = " \t\n\f\r"

// readRequirements reads requirements that hold together. A range is two: 1.2 - 2.0.
func readRequirements(s string) ([]requirement, error) {
	var out []requirement
	rest, mayRange := strings.TrimLeft(s, blanks), true
	for {
		c, word, after, err := readRequirement(rest)
		if err != nil {
			return nil, err
		}
		end, isRange := strings.CutPrefix(strings.TrimLeft(after, blanks), "-")
		if isRange && mayRange && c.operator == "" && word && end != strings.TrimLeft(end, blanks) {
			last, _, behind, err := readRequirement(strings.TrimLeft(end, blanks))
			if err != nil || last.operator != "" {
				return nil, errors.New("no range")
			}
			c.operator, last.operator = ">=", "<="
			out, after = append(out, c, last), behind
		} else {
			out = append(out, c)
		}
		rest = strings.TrimLeft(after, blanks)
		if rest == "" {
			return out, nil
		}
		if rest, mayRange = strings.CutPrefix(rest, ","); mayRange {
			rest = strings.TrimLeft(rest, blanks)
		}
	}
}

// readRequirement reads one requirement; spaced says that there is a space behind it.
func readRequirement(s string) (c requirement, spaced bool, after string, err error) {
	for _, operator := range []string{"!=", ">=", "=>", "<=", "=<", "~>", "=", ">", "<", "~", "^"} {
		if rest, ok := strings.CutPrefix(s, operator); ok {
			c.operator, s = operator, strings.TrimLeft(rest, blanks)
			break
		}
	}
	end := strings.IndexAny(s, blanks+",")
	if end < 0 {
		end = len(s)
	}
	c.version, c.given, err = readVersion(s[:end], true)
	return c, end < len(s) && s[end] != ',', s[end:], err
}

// holds reports whether a version fulfils the requirement. A pre-release only does
// where the requirement names one.
func (c requirement) holds(v *version) bool {
	major, minor := v.numbers[0] == c.version.numbers[0], v.numbers[1] == c.version.numbers[1]
	order := v.compare(c.version)
	if c.operator == "!=" && c.given == 3 {
		return order != 0
	}
	if v.pre != "" && c.version.pre == "" {
		return false
	}
	switch c.operator {
	case "<":
		return order < 0
	case ">=", "=>":
		return order >= 0
	case "!=":
		return c.differs(v)
	case ">":
		switch c.given {
		case 1:
			return v.numbers[0] > c.version.numbers[0]
		case 2:
			return v.numbers[0] > c.version.numbers[0] || major && v.numbers[1] > c.version.numbers[1]
		}
		return order > 0
	case "<=", "=<":
		if c.given == 3 {
			return order <= 0
		}
		return v.numbers[0] < c.version.numbers[0] || major && (c.given == 1 || v.numbers[1] <= c.version.numbers[1])
	case "^":
		return order >= 0 && c.caret(v)
	case "~", "~>":
		return order >= 0 && c.tilde(major, minor)
	}
	if c.given == 3 {
		return order == 0
	}
	return order >= 0 && c.tilde(major, minor)
}

// differs is != where not all numbers are given.
func (c requirement) differs(v *version) bool {
	switch {
	case v.numbers[0] != c.version.numbers[0]:
		return true
	case c.given == 1:
		return false
	case v.numbers[1] != c.version.numbers[1]:
		return true
	case c.given == 2:
		return v.pre != c.version.pre
	}
	return v.compare(c.version) != 0
}

// tilde lets the last number that is given vary above, the major and minor one not.
func (c requirement) tilde(major, minor bool) bool {
	if c.version.numbers == [3]uint64{} && (c.given == 0 || c.given == 3) {
		return true // ~0.0.0 and *
	}
	return major && (minor || c.given == 1)
}

// caret lets everything behind the first number vary that is not zero.
func (c requirement) caret(v *version) bool {
	switch {
	case v.numbers[0] != c.version.numbers[0]:
		return false
	case v.numbers[0] > 0 || c.given == 1:
		return true
	case v.numbers[1] != c.version.numbers[1]:
		return false
	}
	return v.numbers[1] > 0 || c.given == 2 || v.numbers[2] == c.version.numbers[2]
}
