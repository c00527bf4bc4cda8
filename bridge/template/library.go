package template

import (
	"errors"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/huandu/xstrings"
)

// library holds the functions that templates know from sprig, by their names there
// and with sprig's results. They are written here because sprig's own, in one map,
// bring certificates, keys and a dozen modules into the binary. Nobody changes it.
var library = sync.OnceValue(func() map[string]any {
	all := map[string]any{}
	for _, part := range []map[string]any{textFunctions(), wordFunctions(), numberFunctions(), listFunctions(), dictFunctions(), patternFunctions(), otherFunctions()} {
		for name, f := range part {
			all[name] = f
		}
	}
	for _, name := range []string{"Append", "Chunk", "Compact", "DeepCopy", "First", "Has", "Initial", "Last", "Merge", "MergeOverwrite", "Prepend", "Push",
		"RegexFind", "RegexFindAll", "RegexReplaceAll", "RegexReplaceAllLiteral", "RegexSplit", "Rest", "Reverse", "Slice", "Uniq", "Without"} {
		all["must"+name] = all[strings.ToLower(name[:1])+name[1:]] // a failure is an error in any case
	}
	return all
})

// otherFunctions are those about dates, paths, types, versions and addresses.
func otherFunctions() map[string]any {
	shift := func(by string, t time.Time) (time.Time, error) {
		d, err := time.ParseDuration(by)
		return t.Add(d), err
	}
	shiftIf := func(by string, t time.Time) time.Time {
		if moved, err := shift(by, t); err == nil {
			return moved
		}
		return t
	}
	typeOf := func(x any) string { return fmt.Sprintf("%T", x) }
	kindOf := func(x any) string { return reflect.ValueOf(x).Kind().String() }
	return map[string]any{
		"hello":      func() string { return "Hello!" },
		"fail":       func(message string) (string, error) { return "", errors.New(message) },
		"dateModify": shiftIf, "date_modify": shiftIf, "mustDateModify": shift, "must_date_modify": shift,
		"toDate": toDate, "mustToDate": mustToDate, "duration": duration,
		"unixEpoch": func(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) },
		"base":      path.Base, "clean": path.Clean, "dir": path.Dir, "ext": path.Ext, "isAbs": path.IsAbs,
		// On every system those of a server.
		"osBase": path.Base, "osClean": path.Clean, "osDir": path.Dir, "osExt": path.Ext, "osIsAbs": path.IsAbs,
		"typeOf": typeOf, "kindOf": kindOf, "deepEqual": reflect.DeepEqual,
		"typeIs":     func(name string, x any) bool { return name == typeOf(x) },
		"typeIsLike": func(name string, x any) bool { return name == typeOf(x) || "*"+name == typeOf(x) },
		"kindIs":     func(name string, x any) bool { return name == kindOf(x) },
		"semver":     newVersion, "semverCompare": compareVersions,
		"urlParse": parseURL, "urlJoin": joinURL,
	}
}

// wordFunctions change how words are written.
func wordFunctions() map[string]any {
	return map[string]any{
		"camelcase": xstrings.ToPascalCase, "kebabcase": xstrings.ToKebabCase, "snakecase": xstrings.ToSnakeCase,
		"title": title, "untitle": untitle, "swapcase": swapCase, "initials": initials,
		"plural": func(one, many string, n int) string {
			if n == 1 {
				return one
			}
			return many
		},
	}
}

// patternFunctions are those with regular expressions.
func patternFunctions() map[string]any {
	return map[string]any{
		"regexQuoteMeta": regexp.QuoteMeta,
		"mustRegexMatch": regexp.MatchString,
		"regexMatch": func(pattern, s string) bool {
			yes, _ := regexp.MatchString(pattern, s)
			return yes
		},
		"regexFind": matching(func(r *regexp.Regexp, s string) string { return r.FindString(s) }),
		"regexFindAll": func(pattern, s string, n int) ([]string, error) {
			return matching(func(r *regexp.Regexp, s string) []string { return r.FindAllString(s, n) })(pattern, s)
		},
		"regexSplit": func(pattern, s string, n int) ([]string, error) {
			return matching(func(r *regexp.Regexp, s string) []string { return r.Split(s, n) })(pattern, s)
		},
		"regexReplaceAll": func(pattern, s, by string) (string, error) {
			return matching(func(r *regexp.Regexp, s string) string { return r.ReplaceAllString(s, by) })(pattern, s)
		},
		"regexReplaceAllLiteral": func(pattern, s, by string) (string, error) {
			return matching(func(r *regexp.Regexp, s string) string { return r.ReplaceAllLiteralString(s, by) })(pattern, s)
		},
	}
}

// matching compiles the pattern of a function.
func matching[R any](f func(r *regexp.Regexp, s string) R) func(pattern, s string) (R, error) {
	return func(pattern, s string) (R, error) {
		r, err := regexp.Compile(pattern)
		if err != nil {
			var none R
			return none, err
		}
		return f(r, s), nil
	}
}
