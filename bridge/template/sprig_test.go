package template

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Masterminds/sprig/v3"
)

// ownWays are functions that differ from sprig's on purpose: see functionCases,
// TestDictionaries and TestDates.
const ownWays = " set keys values toDate mustToDate duration osBase osClean osDir osExt osIsAbs "

// operandsLike returns something that a function may be given.
func operandLike(r *rand.Rand, depth int) any {
	texts := []string{"", "a", " ", "Hello World", "some_words-here dE", "HTTPServer20xOK", "Bld4Floor3rd", "  two  spaces\nand lines\tof it ", "a,b,,c", ",", "0x1F", "010", "1.0", "-7.50", "1e3", "12",
		"1.2.3", "^1.2", "v1.5.0-beta.1+build", ">= 1.0, < 2", "not a version", `{"a":[1,"x",null]}`, "[", "[a-z]+", "(l)(o)", "$1-$0", "aGVsbG8=", "NBSWY3DP", "/a/b/../c.txt", "https://u:p@h.example:8080/x?q=1#f",
		"map[string]interface {}", "string", "1h30m", "_", "ABC def_ghi 9x", "nothing-at_all", "x y  z", "supercalifragilistic and more of it"}
	numbers := []any{0, 1, -1, 2, 3, 5, 7, 12, -4, int64(9), 1.5, -2.75, 0.1, 0.2, 1e3, 3.0, true, false, json.Number("12345678901234567890"), json.Number("1.0000000000000000001")}
	switch n := r.IntN(14); {
	case n < 5:
		return texts[r.IntN(len(texts))]
	case n < 9:
		return numbers[r.IntN(len(numbers))]
	case n == 9:
		return []any{nil, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), []string{"b", "a", "b"}, []int{1, 2, 3}, map[string]string{"a": "b"}}[r.IntN(4+min(depth, 1))]
	case n < 12 || depth == 0:
		l := make([]any, r.IntN(5))
		for j := range l {
			l[j] = numbers[r.IntN(4)]
			if depth > 0 && r.IntN(2) == 0 {
				l[j] = operandLike(r, depth-1)
			}
		}
		return l
	}
	d := map[string]any{}
	for _, key := range []string{"a", "b", "scheme", "host", "userinfo"} {
		if depth > 0 && r.IntN(3) > 0 {
			d[key] = operandLike(r, depth-1)
		}
	}
	return d
}

// argumentsFor draws arguments that mostly fit a function.
func argumentsFor(r *rand.Rand, f reflect.Type) []any {
	n := f.NumIn()
	if f.IsVariadic() {
		n += r.IntN(4) - 1
	}
	out := make([]any, max(n, 0))
	for j := range out {
		want := f.In(min(j, f.NumIn()-1))
		if f.IsVariadic() && j >= f.NumIn()-1 {
			want = want.Elem()
		}
		for range 20 {
			out[j] = operandLike(r, 2)
			if v := reflect.ValueOf(out[j]); v.IsValid() && v.Type().AssignableTo(want) || r.IntN(10) == 0 {
				break
			}
		}
	}
	return out
}

// TestLikeSprig calls every function, and sprig's, with the same arguments.
func TestLikeSprig(t *testing.T) {
	theirs, ours, replaced := sprig.GenericFuncMap(), library(), (&instance{}).replacements()
	for name := range ours {
		if theirs[name] == nil {
			t.Errorf("sprig has no %s", name)
		}
	}
	for name, f := range theirs {
		own, replacement := builtins()[name], replaced[name]
		if refused(name) != "" || own != nil || replacement != nil || strings.Contains(ownWays, " "+name+" ") {
			continue
		}
		if ours[name] == nil {
			t.Errorf("there is no %s", name)
			continue
		}
		good := 0
		for seed := range uint64(1500) {
			r := rand.New(rand.NewPCG(seed, uint64(len(name))))
			args := argumentsFor(r, reflect.TypeOf(f))
			if strings.HasSuffix(strings.ToLower(name), "chunk") && integer(args[0]) < 1 || strings.HasSuffix(name, "eepCopy") && args[0] == nil {
				continue // sprig's fails, or makes one list of one item
			}
			if likeSprig(t, name, f, ours[name], args) {
				good++
			}
		}
		if good < 2 && name != "fail" {
			t.Errorf("%s: only %d calls came to a result", name, good)
		}
	}
}

// likeSprig calls both with copies of the arguments, and reports whether there was a
// result.
func likeSprig(t *testing.T, name string, theirs, ours any, args []any) bool {
	t.Helper()
	if strings.Contains(strings.ToLower(name), "merge") && strings.Contains(fmt.Sprintf("%#v", args[0]), "map[string]string") {
		return false // into such a one sprig's cannot merge all
	}
	call := func(f any) (any, []any, error) {
		in := make([]any, len(args))
		for j := range args {
			in[j] = duplicate(args[j])
		}
		i := &instance{}
		out, err := i.wrap(name, f)(in...)
		if v := reflect.ValueOf(out); err == nil && (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0 {
			out = fmt.Sprintf("empty %T", out) // nil or not is the same
		}
		return out, in, err
	}
	want, wantArgs, wanted := call(theirs)
	got, gotArgs, err := call(ours)
	if (err == nil) != (wanted == nil) || err == nil && !reflect.DeepEqual(got, want) && fmt.Sprint(got) != fmt.Sprint(want) || err == nil && reflect.TypeOf(got) != reflect.TypeOf(want) && name != "semver" {
		t.Errorf("%s %#v:\n got %#v, %v\nwant %#v, %v", name, args, got, err, want, wanted)
	}
	if err == nil && !reflect.DeepEqual(gotArgs, wantArgs) && !slices.Contains([]string{"merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite"}, name) {
		t.Errorf("%s %#v: the arguments became %#v, want %#v", name, args, gotArgs, wantArgs)
	}
	return err == nil
}

// FuzzWords: functions of texts alone give what sprig's give for any text. (In other
// alphabets sprig's nospace and initials give no text.)
func FuzzWords(f *testing.F) {
	for _, s := range []string{"", "Hello World", "ǅ džungla ß Straße", "été d'ÉTÉ", "a_b-c9x", "日本 語\u00a0x", "\xff a", "x1.2 \t\r\n y"} {
		f.Add(s, 7)
	}
	theirs, ours := sprig.GenericFuncMap(), library()
	f.Fuzz(func(t *testing.T, s string, n int) {
		n %= 100
		for _, name := range []string{"title", "untitle", "swapcase", "camelcase", "snakecase", "kebabcase", "nospace", "initials", "b64enc", "b64dec", "b32enc", "b32dec", "sha256sum", "adler32sum",
			"atoi", "int", "int64", "float64", "toDecimal", "fromJson", "urlParse", "regexQuoteMeta"} {
			ascii := !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
			if ascii || name != "nospace" && name != "initials" {
				likeSprig(t, name, theirs[name], ours[name], []any{s})
			}
		}
		for _, name := range []string{"trunc", "abbrev", "wrap", "indent", "round"} {
			args := []any{n, s}
			if name == "round" {
				args = []any{s, n}
			}
			likeSprig(t, name, theirs[name], ours[name], args)
		}
		likeSprig(t, "abbrevboth", theirs["abbrevboth"], ours["abbrevboth"], []any{n % 20, 10, s})
		likeSprig(t, "substr", theirs["substr"], ours["substr"], []any{n % 5, n, s})
		likeSprig(t, "wrapWith", theirs["wrapWith"], ours["wrapWith"], []any{n, "|", s})
		likeSprig(t, "semverCompare", theirs["semverCompare"], ours["semverCompare"], []any{s, "1.2.3"})
	})
}

// FuzzVersions: versions compare as sprig's do.
func FuzzVersions(f *testing.F) {
	for _, c := range []string{"1.2.3", "^1.2", "~1.2.3", "~> 0.0.0", "1.x", "1.2.*", "*", "^x", "!=1", "!=1.2", ">=1.0, <2.0-0", "1.2 - 2.0", "1.0 - 2.0, !=1.5 || 3", "=>v1", "<= 1.2", ">1", ">1.2", "^0.2.3", "^0.0.3",
		"1.2.3-beta.2", "~1.2-alpha", "1.2.3+meta", "1.x.3", "", "1,", "1 2", "> = 1", "01.2", "1.2.3-01", "||", "1..2", ">=1-0 <=3", " = 1 ,\t2"} {
		for _, v := range []string{"1.2.3", "1.2.3-beta.11", "0.0.0", "0.2.4", "2.0.0-alpha+x", "v3", "1.2", "x", ""} {
			f.Add(c, v)
		}
	}
	theirs, ours := sprig.GenericFuncMap(), library()
	f.Fuzz(func(t *testing.T, constraint, of string) {
		likeSprig(t, "semver", theirs["semver"], ours["semver"], []any{of})
		if strings.Contains(strings.ReplaceAll(constraint, " || ", ""), "|") || strings.Count(constraint, "- ") > 1 {
			return // sprig's takes | for a number, and replaces text where ranges repeat
		}
		likeSprig(t, "semverCompare", theirs["semverCompare"], ours["semverCompare"], []any{constraint, of})
	})
}

// TestVersions compares what is built of parts that versions have.
func TestVersions(t *testing.T) {
	theirs, ours := sprig.GenericFuncMap()["semverCompare"], library()["semverCompare"]
	versions := []string{"0.0.0", "0.0.3", "0.2.3", "1.0.0", "1.2.3", "1.2.4", "1.3.0", "2.0.0", "1.2.3-a", "1.2.3-a.1", "1.2.3-a.b", "1.2.3-2", "1.3.0-rc.1", "2.0.0-0", "0.0.0-x", "v1", "1.2"}
	of := append([]string{"x", "*", "1.x", "1.2.x", "0", "0.x", "0.0", "0.2", "1", "2", "1-a", "1.2-a", "0.0.x", "x.1", "1.x-a", "1.2.3+m"}, versions...)
	for _, operator := range []string{"", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^"} {
		for _, c := range of {
			for _, v := range versions {
				likeSprig(t, "semverCompare", theirs, ours, []any{operator + c, v})
			}
		}
	}
	for _, a := range of {
		for _, b := range of[:12] {
			for _, v := range versions {
				likeSprig(t, "semverCompare", theirs, ours, []any{a + " - " + b, v})
				likeSprig(t, "semverCompare", theirs, ours, []any{">=" + b + ", <" + a + " || ^" + b, v})
			}
		}
	}
}
