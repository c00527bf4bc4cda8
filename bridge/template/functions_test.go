package template

import (
	"strings"
	"testing"

	"github.com/Masterminds/sprig/v3"
)

const things = `{"s":"Hello World","l":["b","a","c"],"n":[3,1,2],"num":7,"neg":-2,"f":2.75,"t":true,"e":"","z":0,"null":null,"digits":"12",
"o":{"k":"v","m":{"x":1}},"objs":[{"id":1,"name":"one"},{"id":2,"name":"two"}],"html":"<a href=\"x\">&</a>","multi":"one\ntwo\nthree","mixed":["a",1,true,null,{"q":2}]}`

// functionCases call every function that a template may call, with arguments from
// the data where that is what people write.
var functionCases = []struct{ text, want string }{
	// Text.
	{`{{abbrev 8 .s}}`, "Hello..."},
	{`{{abbrevboth 5 10 "1234 5678 9123"}}`, "...5678..."},
	{`{{camelcase "a_b"}}`, "AB"},
	{`{{cat .s .num "x"}}`, "Hello World 7 x"},
	{`{{contains "World" .s}}`, "true"},
	{`{{.s | contains "Mars"}}`, "false"},
	{`{{hasPrefix "He" .s}}`, "true"},
	{`{{hasSuffix "ld" .s}}`, "true"},
	{`{{indent 2 .multi}}`, "  one\n  two\n  three"},
	{`{{nindent 1 .multi}}`, "\n one\n two\n three"},
	{`{{initials .s}}`, "HW"},
	{`{{kebabcase "HelloWorld"}}`, "hello-world"},
	{`{{snakecase "HelloWorld"}}`, "hello_world"},
	{`{{lower .s}}`, "hello world"},
	{`{{upper .s}}`, "HELLO WORLD"},
	{`{{title "a b"}}`, "A B"},
	{`{{untitle .s}}`, "hello world"},
	{`{{swapcase .s}}`, "hELLO wORLD"},
	{`{{nospace .s}}`, "HelloWorld"},
	{`{{plural "one" "many" 1}}{{plural "one" "many" (len .l)}}`, "onemany"},
	{`{{quote .s .num}}`, `"Hello World" "7"`},
	{`{{squote .e}}`, "''"},
	{`{{repeat 3 "ab"}}`, "ababab"},
	{`{{repeat .num "x"}}`, "xxxxxxx"},
	{`{{replace "l" "L" .s}}`, "HeLLo WorLd"},
	{`{{substr 0 5 .s}}`, "Hello"},
	{`{{trim "  x "}}|{{trimAll "$" "$5$"}}|{{trimall "$" "$6"}}`, "x|5|6"},
	{`{{trimPrefix "Hello " .s}}`, "World"},
	{`{{trimSuffix " World" .s}}`, "Hello"},
	{`{{trunc 5 .s}}`, "Hello"},
	{`{{trunc -5 .s}}`, "World"},
	{`{{wrap 5 "aaa bbb"}}`, "aaa\nbbb"},
	{`{{wrapWith 5 "|" "aaa bbb"}}`, "aaa|bbb"},
	{`{{hello}}`, "Hello!"},
	{`{{toString .num}}`, "7"},
	{`{{toStrings .n}}`, `["3","1","2"]`},
	// Encodings and digests.
	{`{{b64enc "a?b"}}`, "YT9i"},
	{`{{b64dec "YT9i"}}`, "a?b"},
	{`{{b32enc "a"}}`, "ME======"},
	{`{{b32dec "ME======"}}`, "a"},
	{`{{sha1sum "a"}}`, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
	{`{{sha256sum "a"}}`, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
	{`{{sha512sum "a" | trunc 8}}`, "1f40fc92"},
	{`{{adler32sum "a"}}`, "6422626"},
	{`{{html .html}}`, "&lt;a href=&#34;x&#34;&gt;&amp;&lt;/a&gt;"},
	{`{{js "it's"}}`, `it\'s`},
	{`{{urlquery .s}}`, "Hello+World"},
	// Numbers.
	{`{{add 1 2 .num}}`, "10"},
	{`{{add1 .num}}`, "8"},
	{`{{sub 5 2}}`, "3"},
	{`{{mul 2 .num}}`, "14"},
	{`{{div 7 2}}`, "3"},
	{`{{mod 7 2}}`, "1"},
	{`{{addf 1.5 .f}}`, "4.25"},
	{`{{add1f 1.5}}`, "2.5"},
	{`{{subf 2.5 1}}`, "1.5"},
	{`{{mulf 2 1.5}}`, "3"},
	{`{{divf 3 2}}`, "1.5"},
	{`{{max 1 .num 3}}`, "7"},
	{`{{biggest 1 2}}`, "2"},
	{`{{min 4 .neg}}`, "-2"},
	{`{{maxf 1.5 2}}`, "2"},
	{`{{minf 1.5 2}}`, "1.5"},
	{`{{ceil .f}}`, "3"},
	{`{{floor .f}}`, "2"},
	{`{{round .f 1}}`, "2.8"},
	{`{{int "12"}}`, "12"},
	{`{{int64 .digits}}`, "12"},
	{`{{float64 "1.5"}}`, "1.5"},
	{`{{atoi "12"}}`, "12"},
	{`{{toDecimal "777"}}`, "511"},
	{`{{until 3}} {{untilStep 2 8 3}} {{seq 3}} {{seq 2 4}} {{seq 1 2 5}}`, "[0,1,2] [2,5] 1 2 3 2 3 4 1 3 5"},
	{`{{range until 2}}{{.}};{{end}}{{range $i, $x := untilStep 1 3 1}}{{$i}}{{$x}} {{end}}`, "0;1;01 12 "},
	// Lists.
	{`{{list 1 "a" true}}`, `[1,"a",true]`},
	{`{{tuple 1 2}}`, `[1,2]`},
	{`{{first .l}}`, `b`},
	{`{{last .l}}`, `c`},
	{`{{rest .l}}`, `["a","c"]`},
	{`{{initial .l}}`, `["b","a"]`},
	{`{{mustFirst .l}}{{mustLast .l}}{{mustRest .l}}{{mustInitial .l}}`, `bc["a","c"]["b","a"]`},
	{`{{append .l "d"}}`, `["b","a","c","d"]`},
	{`{{prepend .l "z"}}`, `["z","b","a","c"]`},
	{`{{push .l "e"}}`, `["b","a","c","e"]`},
	{`{{mustAppend .l "d"}}{{mustPrepend .l "z"}}{{mustPush .l "e"}}`, `["b","a","c","d"]["z","b","a","c"]["b","a","c","e"]`},
	{`{{concat .l (list "x")}}`, `["b","a","c","x"]`},
	{`{{sortAlpha .l}}`, `["a","b","c"]`},
	{`{{reverse .l}}`, `["c","a","b"]`},
	{`{{mustReverse .l}}`, `["c","a","b"]`},
	{`{{uniq (list 1 1 2)}}`, `[1,2]`},
	{`{{mustUniq .l}}`, `["b","a","c"]`},
	{`{{without .l "a"}}`, `["b","c"]`},
	{`{{mustWithout .l "b"}}`, `["a","c"]`},
	{`{{has "a" .l}}`, "true"},
	{`{{mustHas "q" .l}}`, "false"},
	{`{{compact (list "" "a" 0)}}`, `["a"]`},
	{`{{mustCompact .l}}`, `["b","a","c"]`},
	{`{{chunk 2 .l}}`, `[["b","a"],["c"]]`},
	{`{{mustChunk 2 .l}}`, `[["b","a"],["c"]]`},
	{`{{join "-" .n}}`, "3-1-2"},
	{`{{join "," (list 1 2)}}`, "1,2"},
	{`{{splitList "," "a,b" | join "+"}}`, "a+b"},
	{`{{(split "," "a,b")._1}}`, "b"},
	{`{{(splitn "," 2 "a,b,c")._1}}`, "b,c"},
	{`{{slice .l 1}}`, `["a","c"]`},
	{`{{slice .l 0 1}}`, `["b"]`},
	{`{{mustSlice .l 1 2}}`, `["a"]`},
	// Dictionaries.
	{`{{$d := dict "a" 1 "b" .num}}{{get $d "a"}}{{hasKey $d "z"}}{{$_ := unset $d "a"}}{{toJson $d}}`, `1false{"b":7}`},
	{`{{pluck "a" (dict "a" 1) (dict "a" 2)}}`, `[1,2]`},
	{`{{deepCopy (dict "a" 1)}}`, `{"a":1}`},
	{`{{mustDeepCopy (list 1)}}`, `[1]`},
	{`{{dig "m" "x" "none" .o}}`, "1"},
	{`{{dig "m" "y" "none" .o}}`, "none"},
	// Decisions and kinds.
	{`{{default "d" .e}} {{default "d" .s}} {{default "d" .null}} {{empty .e}} {{empty .l}}`, "d Hello World d true false"},
	{`{{coalesce .e .null .s}} {{ternary "y" "n" .t}} {{all .s .t}} {{any .e .s}}`, "Hello World y true true"},
	{`{{kindOf "x"}}`, "string"},
	{`{{kindIs "string" .s}}`, "true"},
	{`{{typeOf 1}}`, "int"},
	{`{{typeIs "int" 1}}`, "true"},
	{`{{typeIsLike "int" 1}}`, "true"},
	{`{{deepEqual (list 1) (list 1)}}`, "true"},
	{`{{and .t .s}} {{or .e .s}} {{not .t}} {{eq .num 7}} {{ne .num 8}} {{lt 1 .num}} {{le 7 .num}} {{gt 8 .num}} {{ge .num 7}}`, "Hello World Hello World false true true true true true true"},
	{`{{len .l}}{{len .o}}{{len .s}}`, "3211"},
	{`{{index .o "m" "x"}}`, "1"},
	{`{{index .mixed 4 "q"}}`, "2"},
	// Patterns.
	{`{{regexMatch "^H" .s}}`, "true"},
	{`{{mustRegexMatch "^W" .s}}`, "false"},
	{`{{regexFind "[a-z]+" .s}}`, "ello"},
	{`{{mustRegexFind "W.*" .s}}`, "World"},
	{`{{regexFindAll "o" .s -1}}`, `["o","o"]`},
	{`{{mustRegexFindAll "l" .s 2}}`, `["l","l"]`},
	{`{{regexReplaceAll "(l+)" .s "<$1>"}} {{mustRegexReplaceAll "o" .s "0"}}`, "He<ll>o Wor<l>d Hell0 W0rld"},
	{`{{regexReplaceAllLiteral "o" .s "$1"}} {{mustRegexReplaceAllLiteral "o" "oo" "x"}}`, "Hell$1 W$1rld xx"},
	{`{{regexSplit " " .s -1}} {{mustRegexSplit "l+" .s 2}} {{regexQuoteMeta "a.b"}}`, `["Hello","World"] ["He","o World"] a\.b`},
	// JSON.
	{`{{toJson .o}} {{mustToJson .l}} {{toRawJson .html}} {{mustToRawJson .mixed}}`, `{"k":"v","m":{"x":1}} ["b","a","c"] "<a href=\"x\">&</a>" ["a",1,true,null,{"q":2}]`},
	{`{{toPrettyJson (dict "a" 1)}} {{mustToPrettyJson (list)}}`, "{\n  \"a\": 1\n} []"},
	{`{{(fromJson "{\"a\":[1]}").a}}`, "[1]"},
	{`{{mustFromJson "[1,2]"}}`, "[1,2]"},
	{`{{fromJson "x"}}`, ""},
	// Versions, paths and addresses.
	{`{{kindOf (semver "1.2.3")}}`, "ptr"},
	{`{{semverCompare "^1.2.0" "1.3.0"}}`, "true"},
	{`{{base "a/b.c"}}`, "b.c"},
	{`{{dir "a/b"}}`, "a"},
	{`{{clean "a//b"}}`, "a/b"},
	{`{{ext "a.b"}}`, ".b"},
	{`{{isAbs "/a"}}`, "true"},
	{`{{osBase "a/b.c"}}`, "b.c"},
	{`{{osDir "a/b"}}`, "a"},
	{`{{osClean "a//b"}}`, "a/b"},
	{`{{osExt "a.b"}}`, ".b"},
	{`{{osIsAbs "/a"}}`, "true"},
	{`{{(urlParse "https://h/p?q=1").host}}`, "h"},
	{`{{urlJoin (dict "scheme" "https" "host" "h" "path" "/p")}}`, "https://h/p"},
	// Dates.
	{`{{now | date "15:04:05"}}`, "03:04:05"},
	{`{{now | htmlDate}}`, "2026-01-02"},
	{`{{now | unixEpoch}}`, "1767323045"},
	{`{{date_in_zone "15" now "UTC"}}`, "03"},
	{`{{now | date_modify "-1h" | date "15"}}`, "02"},
	{`{{now | mustDateModify "1h" | date "15"}}`, "04"},
	{`{{now | must_date_modify "1m" | date "04"}}`, "05"},
	{`{{duration "95"}}`, "1m35s"},
	{`{{duration "60"}}`, "1m0s"},
	// Ours.
	{`{{gjson "objs.#(id==2).name"}}`, "two"},
	{`{{gjson "objs.#"}}`, "2"},
	{`{{gjson "o.m.x"}}`, "1"},
	{`{{gjson "none"}}`, ""},
	{`{{getRealIP}}{{getSocketIP}}`, ""},
	{`{{print "a" 1 2 "b"}} {{println .num}}`, "a 1 2 b 7\n"},
	{`{{len (randAlpha 5)}}{{len (randAlphaNum 6)}}{{len (randNumeric 7)}}{{len (randAscii 8)}}{{len (randBytes 9)}}{{len uuidv4}}{{len (shuffle .s)}}`, "5678123611"},
	{`{{randInt 5 6}}`, "5"},
	{`{{randInt 5 5}}`, "5"},
	{`{{randInt 5 1}}`, "5"},
}

func TestFunctions(t *testing.T) {
	used := strings.Builder{}
	for _, c := range functionCases {
		used.WriteString(c.text + "\n")
		got, err := render(t, c.text, things)
		if err != nil || got != c.want {
			t.Errorf("%s:\n got %q, %v\nwant %q", c.text, got, err, c.want)
		}
	}
	// TestDictionaries, TestDates and TestHostileTemplates call the others.
	elsewhere := " ago dateInZone dateModify durationRound fail htmlDateInZone keys merge mergeOverwrite mustMerge mustMergeOverwrite mustToDate omit pick printf set toDate values "
	for name := range known() {
		if !strings.HasPrefix(name, "__") && !strings.Contains(used.String(), name) && !strings.Contains(elsewhere, " "+name+" ") {
			t.Errorf("the function %s is not tested", name)
		}
	}
}

// TestNoFunctionReadsTheWorld holds the list of functions that templates must not
// have against what sprig offers, so that a new version cannot bring one in.
func TestNoFunctionReadsTheWorld(t *testing.T) {
	never := []string{"env", "expandenv", "getHostByName", "genPrivateKey", "genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey",
		"genSignedCert", "genSignedCertWithKey", "buildCustomCert", "derivePassword", "htpasswd", "bcrypt", "encryptAES", "decryptAES", "call",
		"__leave", "__get", "__out"}
	for _, name := range never {
		for _, text := range []string{"{{" + name + " 1}}", "{{1 | " + name + "}}", "{{print (" + name + ")}}", "{{print " + name + "}}", "{{if " + name + "}}{{end}}",
			`{{define "x"}}{{` + name + "}}{{end}}"} {
			if _, err := Parse("t", text); err == nil || !strings.Contains(err.Error(), "not allowed") {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	for name := range sprig.GenericFuncMap() {
		if known()[name] == (refused(name) != "") {
			t.Errorf("%s is refused and offered, or neither", name)
		}
	}
	for name := range known() {
		for _, word := range []string{"env", "host", "gen", "cert", "crypt", "aes", "private", "passw", "read", "file", "exec"} {
			if strings.Contains(strings.ToLower(name), word) {
				t.Errorf("%s sounds like one that reads the world", name)
			}
		}
	}
}

// TestArgumentsOfFunctions gives each function no arguments, too many, and data of
// every kind: it answers or fails, without a panic that gets out, and the error is
// one of ours.
func TestArgumentsOfFunctions(t *testing.T) {
	operands := []string{"", ".s", ".l", ".o", ".num", ".neg", ".f", ".t", ".null", ".none", ".mixed", ".s .s", ".num .s", ".s .num", ".l .l", ".o .o", ".num .l",
		".s .s .s", ".num .num .s", ".s .s .num", ".o .s .l", `"a" .o`, ".s .s .s .s .s .s .s .s"}
	for name := range known() {
		if strings.HasPrefix(name, "__") {
			continue
		}
		for _, args := range operands {
			for _, text := range []string{"{{" + name + " " + args + "}}", "{{range " + name + " " + args + "}}{{.}}{{end}}", "{{if " + name + " " + args + "}}{{end}}"} {
				parsed, err := Parse("t", text)
				if err == nil {
					_, err = parsed.Render([]byte(things), env())
				}
				if err == nil {
					continue
				}
				if e, ok := err.(*Error); !ok || e.Message == "" || strings.Contains(e.Error(), "Hello") {
					t.Errorf("%s: %v", text, err)
				}
			}
		}
	}
}
