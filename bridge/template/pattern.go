package template

import "regexp/syntax"

// The bounds of a pattern: it is compiled for each call.
const (
	maxPattern = 64 << 10 // bytes
	maxProgram = 20_000   // instructions
)

// patternEffort is how many steps matching a text of n bytes takes at most: Go runs
// through every instruction of the pattern for each byte.
func patternEffort(pattern string, n int) int {
	if len(pattern) > maxPattern {
		return MaxSteps + 1
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return len(pattern) / 16 // the function will say so
	}
	program := programSize(re)
	if program > maxProgram {
		return MaxSteps + 1
	}
	return program/4 + steps(program, n, 64)
}

// programSize is about the number of instructions of a pattern: repetitions are
// written out. Go's parser bounds how deep it is.
func programSize(re *syntax.Regexp) int {
	n := 1
	for _, sub := range re.Sub {
		n += programSize(sub)
	}
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass:
		return 1 + len(re.Rune)/8
	case syntax.OpRepeat:
		return times(n, max(re.Min, re.Max)+1)
	}
	return min(n, maxProduct)
}
