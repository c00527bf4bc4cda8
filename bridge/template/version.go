package template

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// version is a semantic version, of which the minor and patch number may be left out.
// What follows a + says nothing of the order.
type version struct {
	numbers   [3]uint64
	pre, meta string
}

// String returns the version with all three numbers.
func (v *version) String() string {
	s := fmt.Sprintf("%d.%d.%d", v.numbers[0], v.numbers[1], v.numbers[2])
	if v.pre != "" {
		s += "-" + v.pre
	}
	if v.meta != "" {
		s += "+" + v.meta
	}
	return s
}

// MarshalText is how toJson writes a version.
func (v *version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

var errVersion = errors.New("no semantic version")

func newVersion(s string) (*version, error) {
	v, _, err := readVersion(s, false)
	return v, err
}

// readVersion reads a version. given says how many numbers there are, where wildcards
// are allowed before the first x, X or *.
func readVersion(s string, wildcards bool) (v *version, given int, err error) {
	core, meta, hasMeta := strings.Cut(strings.TrimPrefix(s, "v"), "+")
	core, pre, hasPre := strings.Cut(core, "-")
	parts := strings.Split(core, ".")
	if hasMeta && !identifiers(meta, false) || hasPre && !identifiers(pre, true) || len(parts) > 3 {
		return nil, 0, errVersion
	}
	v = &version{pre: pre, meta: meta}
	open := false
	for j, part := range parts {
		if wildcards && (part == "x" || part == "X" || part == "*") {
			open = true
			continue
		}
		n, err := strconv.ParseUint(part, 10, 64)
		if err != nil {
			return nil, 0, errVersion
		}
		if !open {
			v.numbers[j], given = n, j+1
		}
	}
	return v, given, nil
}

// identifiers checks what stands behind - or +; ordered ones that are numbers have no
// leading zero.
func identifiers(s string, ordered bool) bool {
	for part := range strings.SplitSeq(s, ".") {
		digits := strings.Trim(part, "0123456789") == ""
		if part == "" || ordered && digits && len(part) > 1 && part[0] == '0' {
			return false
		}
		for _, c := range []byte(part) {
			if c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
				return false
			}
		}
	}
	return true
}

// compare orders versions; a pre-release comes before its release.
func (v *version) compare(o *version) int {
	if c := slices.Compare(v.numbers[:], o.numbers[:]); c != 0 {
		return c
	}
	switch {
	case v.pre == o.pre:
		return 0
	case v.pre == "":
		return 1
	case o.pre == "":
		return -1
	}
	return slices.CompareFunc(strings.Split(v.pre, "."), strings.Split(o.pre, "."), func(a, b string) int {
		x, notX := strconv.ParseUint(a, 10, 64)
		y, notY := strconv.ParseUint(b, 10, 64)
		switch {
		case notX == nil && notY == nil:
			return cmp.Compare(x, y)
		case notX == nil:
			return -1
		case notY == nil:
			return 1
		}
		return strings.Compare(a, b)
	})
}

// compareVersions is semverCompare: requirements with a space or comma between them
// hold together, and || stands between alternatives.
func compareVersions(constraint, of string) (bool, error) {
	alternatives := [][]requirement{}
	for text := range strings.SplitSeq(constraint, "||") {
		all, err := readRequirements(text)
		if err != nil {
			return false, err
		}
		alternatives = append(alternatives, all)
	}
	v, err := newVersion(of)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(alternatives, func(all []requirement) bool {
		return !slices.ContainsFunc(all, func(c requirement) bool { return !c.holds(v) })
	}), nil
}
