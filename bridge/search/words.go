package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestWord is where words are cut: nobody types a longer one, and hashes in
// descriptions need not be told apart.
const longestWord = 32

// split calls add with every word of text, folded and in lower case: runs of letters,
// runs of digits, and the parts of camelCase and HTTPServer. Letters with digits behind
// them are one word too ("ipv6", "k8s"). Where a script has no blanks between words,
// each two neighbouring characters are one.
func split(text string, add func(word string)) {
	text = fold(text)
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if !isWord(r) {
			text = text[size:]
			continue
		}
		end := strings.IndexFunc(text, func(r rune) bool { return !isWord(r) })
		if end < 0 {
			end = len(text)
		}
		splitScripts(text[:end], add)
		text = text[end:]
	}
}

// isWord holds for letters and digits, and for the marks of scripts in which vowels are
// marks.
func isWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r > 0x0900 && unicode.IsMark(r))
}

// splitScripts splits one run of letters and digits where scripts without blanks between
// words begin and end.
func splitScripts(run string, add func(word string)) {
	for run != "" {
		first, _ := utf8.DecodeRuneInString(run)
		runOn := isRunOn(first)
		end := strings.IndexFunc(run, func(r rune) bool { return isRunOn(r) != runOn })
		if end < 0 {
			end = len(run)
		}
		if runOn {
			addRunOn(run[:end], add)
		} else {
			splitRun(run[:end], add)
		}
		run = run[end:]
	}
}

// splitRun splits one run of letters and digits where its case changes.
func splitRun(run string, add func(word string)) {
	start := 0
	var before rune
	for i, r := range run {
		if i > start && unicode.IsUpper(r) && (unicode.IsLower(before) || nextIsLower(run[i+utf8.RuneLen(r):])) {
			addWord(run[start:i], add)
			start = i
		}
		before = r
	}
	addWord(run[start:], add)
}

// nextIsLower reports whether two lower-case letters follow: the "s" of "IDs" does
// not begin a word with the letter before.
func nextIsLower(rest string) bool {
	n := 0
	for _, r := range rest {
		if !unicode.IsLower(r) {
			break
		}
		n++
	}
	return n >= 2
}

func addWord(word string, add func(word string)) {
	word = strings.ToLower(word)
	if len(word) > longestWord {
		word = strings.ToValidUTF8(word[:longestWord], "")
	}
	if word != "" {
		add(word)
	}
}

// singular returns a word without the ending of the plural.
func singular(w string) string {
	n := len(w)
	switch {
	case n > 4 && strings.HasSuffix(w, "ies"):
		return w[:n-3] + "y"
	case n > 4 && hasAny(w, "sses", "shes", "ches", "xes", "zes"):
		return w[:n-2]
	case n > 5 && strings.HasSuffix(w, "uses"):
		return w[:n-2] // statuses
	case n > 3 && w[n-1] == 's' && !hasAny(w, "ss", "us", "is"):
		return w[:n-1]
	}
	return w
}

// light returns the form of a word that is indexed: "merged", "merging", "merges"
// and "merge" are one.
func light(w string) string {
	if !plain(w) {
		return w
	}
	w = singular(w)
	for _, ending := range [...]string{"ing", "ed"} {
		stem, found := strings.CutSuffix(w, ending)
		if !found || len(stem) < 3 || !hasVowel(stem) {
			continue
		}
		if ending == "ed" && strings.HasSuffix(stem, "e") { // need, feed
			break
		}
		return undouble(stem)
	}
	if len(w) > 3 && w[len(w)-1] == 'e' {
		return w[:len(w)-1]
	}
	if n := len(w); n > 3 && w[n-1] == 'y' && !vowel(w[n-2]) {
		return w[:n-1] + "i"
	}
	return w
}

// undouble undoes what -ing and -ed do to the end of a word.
func undouble(w string) string {
	n := len(w)
	switch last := w[n-1]; {
	case n > 3 && last == w[n-2] && !strings.ContainsRune("lsz", rune(last)):
		return w[:n-1] // runn
	case last == 'e' && n > 3:
		return w[:n-1]
	case last == 'y' && n > 3 && !vowel(w[n-2]):
		return w[:n-1] + "i"
	}
	return w
}

// deep returns the form that "deployment", "deployer" and "deploy" have in common.
// It is given a light form.
func deep(w string) string {
	if !plain(w) {
		return w
	}
	for _, e := range [...]struct{ ending, instead string }{
		{"isation", "iz"}, {"ization", "iz"}, {"ification", "ifi"}, {"ication", "icat"}, {"ation", "at"}, {"ssion", "ss"}, {"tion", "t"}, {"sion", "s"},
		{"ship", ""}, {"ment", ""}, {"ance", ""}, {"anc", ""}, {"enc", ""}, {"iti", ""}, {"ness", ""}, {"abl", ""}, {"ibl", ""}, {"ator", "at"}, {"or", ""}, {"er", ""},
		{"ive", ""}, {"iv", ""}, {"al", ""}, {"is", "iz"},
	} {
		if stem, found := strings.CutSuffix(w, e.ending); found && len(stem) >= 3 && hasVowel(stem) {
			return undouble(stem + e.instead)
		}
	}
	return w
}

// plain reports whether the word is one that English endings apply to.
func plain(w string) bool {
	for i := 0; i < len(w); i++ {
		if w[i] < 'a' || w[i] > 'z' {
			return false
		}
	}
	return len(w) > 2
}

func hasAny(w string, endings ...string) bool {
	for _, e := range endings {
		if strings.HasSuffix(w, e) {
			return true
		}
	}
	return false
}

func vowel(c byte) bool { return strings.IndexByte("aeiou", c) >= 0 }

func hasVowel(w string) bool { return strings.ContainsAny(w, "aeiouy") }

// squash returns what is left of a name when only its letters and digits count.
func squash(text string) string {
	return strings.Map(func(r rune) rune {
		if !isWord(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, fold(text))
}
