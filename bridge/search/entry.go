package search

import (
	"strconv"
	"strings"
)

// Entry is one operation as it is indexed.
type Entry struct {
	Name        string // of the tool
	Operation   string // the document's operationId; may be empty
	Summary     string
	Description string // only its beginning is indexed
	Method      string // upper case; may be empty
	Path        string // the path key, "/repos/{owner}/{repo}"; may be empty
	Tags        []string
	Arguments   []Argument
	ReadOnly    bool // it reads, whatever the method
	Deprecated  bool
}

// Argument is one argument of an operation. A member of an object is named behind
// a dot: "body.title".
type Argument struct {
	Name     string
	Required bool
}

// mostArguments is how many arguments [Arguments] names.
const mostArguments = 24

// Arguments returns the arguments in one line for a model, the required ones first
// and marked: "owner*, repo*, title*, body". Beyond 24, optional ones are only
// counted; required ones are always named.
func Arguments(list []Argument) string {
	var b strings.Builder
	named, left := 0, 0
	add := func(text string) {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(text)
		named++
	}
	for _, a := range list {
		if a.Required {
			add(a.Name + "*")
		}
	}
	for _, a := range list {
		switch {
		case a.Required:
		case named < mostArguments:
			add(a.Name)
		default:
			left++
		}
	}
	if left > 0 {
		add("and " + strconv.Itoa(left) + " more")
	}
	return b.String()
}
