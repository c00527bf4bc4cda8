package template

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	tt "text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
)

// refused are the functions of sprig that templates do not get, and why.
func refused() map[string]string {
	const (
		world = "it reads the environment or the network"
		keys  = "it makes or uses keys"
		files = "it belongs to files"
	)
	return map[string]string{
		"env": world, "expandenv": world, "getHostByName": world,
		"genPrivateKey": keys, "genCA": keys, "genCAWithKey": keys, "genSelfSignedCert": keys, "genSelfSignedCertWithKey": keys,
		"genSignedCert": keys, "genSignedCertWithKey": keys, "buildCustomCert": keys, "derivePassword": keys, "htpasswd": keys,
		"bcrypt": keys, "encryptAES": keys, "decryptAES": keys,
		"osBase": files, "osClean": files, "osDir": files, "osExt": files, "osIsAbs": files,
		"call": "there is nothing to call",
	}
}

// sprigFunctions are the text functions of sprig that are allowed.
func sprigFunctions() map[string]any {
	all := sprig.GenericFuncMap()
	for name := range refused() {
		delete(all, name)
	}
	for _, name := range []string{"merge", "mergeOverwrite"} {
		all[name] = merged(all[name].(func(map[string]any, ...map[string]any) any))
	}
	all["mustMerge"], all["mustMergeOverwrite"] = all["merge"], all["mergeOverwrite"]
	return all
}

// names declares every function to the parser.
func names() tt.FuncMap {
	return (&instance{}).functions()
}

// nearest returns the known function that a word probably means.
func nearest(word string) string {
	var list []string
	for name := range names() {
		if !strings.HasPrefix(name, "__") {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	best, least := "", 3
	for _, name := range list {
		if d := distance(strings.ToLower(word), strings.ToLower(name), least); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance is the Levenshtein distance, or most when it is not below that.
func distance(a, b string, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most || len(a) > 40 {
		return most
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			last, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, last+cost)
		}
	}
	return row[len(b)]
}

// functions returns every function of this instance: sprig's with their arguments
// converted and bounded, Go's own with our values, and those of the engine.
func (i *instance) functions() tt.FuncMap {
	out := tt.FuncMap{}
	for name, f := range sprigFunctions() {
		out[name] = i.wrap(name, f)
	}
	for name, f := range i.replacements() {
		out[name] = i.wrap(name, f)
	}
	for name, f := range i.builtins() {
		out[name] = i.counted(name, f)
	}
	for name, f := range i.engine() {
		out[name] = f
	}
	return out
}

// builtins are Go's own functions, over our values.
func (i *instance) builtins() map[string]func(args []any) (any, error) {
	logic := func(stop bool) func([]any) (any, error) {
		return func(args []any) (any, error) {
			for _, a := range args {
				if truth(a) == stop {
					return a, nil
				}
			}
			return args[len(args)-1], nil
		}
	}
	order := func(wanted func(int) bool) func([]any) (any, error) {
		return func(args []any) (any, error) {
			if len(args) != 2 {
				return nil, fmt.Errorf("wants 2 arguments, not %d", len(args))
			}
			c, _ := compare(args[0], args[1])
			return wanted(c), nil
		}
	}
	equal := func(args []any) (any, error) {
		if len(args) < 2 {
			return nil, fmt.Errorf("wants 2 arguments or more")
		}
		for _, other := range args[1:] {
			if c, ok := compare(args[0], other); ok && c == 0 {
				return true, nil
			}
		}
		return false, nil
	}
	return map[string]func([]any) (any, error){
		"and": logic(false), "or": logic(true),
		"not": func(args []any) (any, error) { return !truth(args[0]), nil },
		"eq":  equal,
		"ne":  func(args []any) (any, error) { yes, err := equal(args); return yes != any(true), err },
		"lt":  order(func(c int) bool { return c < 0 }), "le": order(func(c int) bool { return c <= 0 }),
		"gt": order(func(c int) bool { return c > 0 }), "ge": order(func(c int) bool { return c >= 0 }),
		"len": length, "index": index, "slice": cut,
		"print":    func(args []any) (any, error) { return fmt.Sprint(texts(args)...), nil },
		"println":  func(args []any) (any, error) { return fmt.Sprintln(texts(args)...), nil },
		"printf":   printf,
		"html":     func(args []any) (any, error) { return html.EscapeString(fmt.Sprint(texts(args)...)), nil },
		"js":       func(args []any) (any, error) { return tt.JSEscapeString(fmt.Sprint(texts(args)...)), nil },
		"urlquery": func(args []any) (any, error) { return url.QueryEscape(fmt.Sprint(texts(args)...)), nil },
		"toJson":   toJSON, "mustToJson": toJSON, "toRawJson": toJSON, "mustToRawJson": toJSON,
		"getSocketIP": func([]any) (any, error) { return "", nil },
		"getRealIP":   func([]any) (any, error) { return "", nil },
	}
}

// texts turns lists and maps into their JSON, so that they print as values do.
func texts(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		switch reflect.ValueOf(a).Kind() {
		case reflect.Map, reflect.Slice, reflect.Invalid:
			out[i] = text(a)
		default:
			out[i] = a
		}
	}
	return out
}

// toJSON embeds a value as JSON.
func toJSON(args []any) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("wants 1 argument, not %d", len(args))
	}
	if v, ok := args[0].(value); ok && v.r.Raw != "" {
		return v.r.Raw, nil
	}
	b, err := json.Marshal(plain(args[0]))
	return string(b), err
}

// replacements are sprig's functions that read the clock or randomness.
func (i *instance) replacements() map[string]any {
	letters := func(alphabet string) func(n int) string {
		return func(n int) string {
			b := make([]byte, min(max(n, 0), maxRandom))
			for j := range b {
				b[j] = alphabet[i.random(uint64(len(alphabet)))]
			}
			return string(b)
		}
	}
	const abc = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	const digits = "0123456789"
	ascii := make([]byte, 0, 95)
	for c := byte(' '); c <= '~'; c++ {
		ascii = append(ascii, c)
	}
	return map[string]any{
		"now":  i.now,
		"ago":  func(t time.Time) string { return i.now().Sub(t).Round(time.Second).String() },
		"date": func(layout string, t any) string { return i.timeOf(t).Format(layout) },
		"dateInZone": func(layout string, t any, zone string) string {
			return i.in(t, zone).Format(layout)
		},
		"date_in_zone": func(layout string, t any, zone string) string { return i.in(t, zone).Format(layout) },
		"htmlDate":     func(t any) string { return i.timeOf(t).Format("2006-01-02") },
		"htmlDateInZone": func(t any, zone string) string {
			return i.in(t, zone).Format("2006-01-02")
		},
		"randAlpha": letters(abc), "randAlphaNum": letters(abc + digits), "randNumeric": letters(digits), "randAscii": letters(string(ascii)),
		"randBytes": func(n int) string { return letters(abc + digits)(n) },
		"randInt": func(from, to int) int {
			if to <= from {
				return from
			}
			return from + int(i.random(uint64(to-from)))
		},
		"uuidv4": func() string {
			const hex = "0123456789abcdef"
			b := []byte("xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx")
			for j, c := range b {
				switch c {
				case 'x':
					b[j] = hex[i.random(16)]
				case 'y':
					b[j] = hex[8+i.random(4)]
				}
			}
			return string(b)
		},
		"toDate":        toDate,
		"mustToDate":    func(layout, s string) (time.Time, error) { return time.Parse(layout, s) },
		"durationRound": func(t any) string { return rounded(i.lasting(t)) },
		"set":           set,
		"keys":          keys,
		"values":        values,
		"shuffle": func(s string) string {
			r := []rune(s)
			for j := len(r) - 1; j > 0; j-- {
				k := int(i.random(uint64(j + 1)))
				r[j], r[k] = r[k], r[j]
			}
			return string(r)
		},
	}
}

const maxRandom = 10_000

// in is sprig's way to take a zone: an unknown one is UTC.
func (i *instance) in(t any, zone string) time.Time {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return i.timeOf(t).In(loc)
}

// timeOf reads what sprig's date functions take: a time or Unix seconds.
func (i *instance) timeOf(t any) time.Time {
	switch t := t.(type) {
	case time.Time:
		return t
	case *time.Time:
		return *t
	}
	if s, ok := t.(string); ok { // numbers of the data come as their digits
		if seconds, err := strconv.ParseInt(s, 10, 64); err == nil {
			return time.Unix(seconds, 0).UTC()
		}
	}
	if n, ok := number(t); ok {
		seconds, _ := n.Float64()
		return time.Unix(int64(seconds), 0).UTC()
	}
	return i.now()
}
