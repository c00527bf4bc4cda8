package template

import (
	"strings"
	"testing"
)

const things = `{"s":"Hello World","l":["b","a","c"],"n":[3,1,2],"num":7,"neg":-2,"f":2.75,"t":true,"e":"","z":0,"null":null,"digits":"12",
"o":{"k":"v","m":{"x":1}},"objs":[{"id":1,"name":"one"},{"id":2,"name":"two"}],"html":"<a href=\"x\">&</a>","multi":"one\ntwo\nthree","mixed":["a",1,true,null,{"q":2}]}`

// TestFunctions renders every function that a template may call, with arguments
// from the data where that is what people write.
func TestFunctions(t *testing.T) {
	cases := []struct{ text, want string }{
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
		{`{{trimPrefix "Hello " .s}}|{{trimSuffix " World" .s}}`, "World|Hello"},
		{`{{trunc 5 .s}}|{{trunc -5 .s}}`, "Hello|World"},
		{`{{wrap 5 "aaa bbb"}}`, "aaa\nbbb"},
		{`{{wrapWith 5 "|" "aaa bbb"}}`, "aaa|bbb"},
		{`{{hello}}`, "Hello!"},
		{`{{toString .num}}`, "7"},
		{`{{toStrings .n}}`, `["3","1","2"]`},
		// Encodings and digests.
		{`{{b64enc "a?b"}} {{b64dec "YT9i"}} {{b32enc "a"}} {{b32dec "ME======"}}`, "YT9i a?b ME====== a"},
		{`{{sha1sum "a"}}`, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
		{`{{sha256sum "a"}}`, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
		{`{{sha512sum "a" | trunc 8}}`, "1f40fc92"},
		{`{{adler32sum "a"}}`, "6422626"},
		{`{{html .html}}`, "&lt;a href=&#34;x&#34;&gt;&amp;&lt;/a&gt;"},
		{`{{js "it's"}}`, `it\'s`},
		{`{{urlquery .s}}`, "Hello+World"},
		// Numbers.
		{`{{add 1 2 .num}} {{add1 .num}} {{sub 5 2}} {{mul 2 .num}} {{div 7 2}} {{mod 7 2}}`, "10 8 3 14 3 1"},
		{`{{addf 1.5 .f}} {{add1f 1.5}} {{subf 2.5 1}} {{mulf 2 1.5}} {{divf 3 2}}`, "4.25 2.5 1.5 3 1.5"},
		{`{{max 1 .num 3}} {{biggest 1 2}} {{min 4 .neg}} {{maxf 1.5 2}} {{minf 1.5 2}}`, "7 2 -2 2 1.5"},
		{`{{ceil .f}} {{floor .f}} {{round .f 1}}`, "3 2 2.8"},
		{`{{int "12"}} {{int64 .digits}} {{float64 "1.5"}} {{atoi "12"}} {{toDecimal "777"}}`, "12 12 1.5 12 511"},
		{`{{until 3}} {{untilStep 2 8 3}} {{seq 3}} {{seq 2 4}} {{seq 1 2 5}}`, "[0,1,2] [2,5] 1 2 3 2 3 4 1 3 5"},
		{`{{range until 2}}{{.}};{{end}}{{range $i, $x := untilStep 1 3 1}}{{$i}}{{$x}} {{end}}`, "0;1;01 12 "},
		// Lists.
		{`{{list 1 "a" true}} {{tuple 1 2}}`, `[1,"a",true] [1,2]`},
		{`{{first .l}} {{last .l}} {{rest .l}} {{initial .l}}`, `b c ["a","c"] ["b","a"]`},
		{`{{mustFirst .l}}{{mustLast .l}}{{mustRest .l}}{{mustInitial .l}}`, `bc["a","c"]["b","a"]`},
		{`{{append .l "d"}} {{prepend .l "z"}} {{push .l "e"}}`, `["b","a","c","d"] ["z","b","a","c"] ["b","a","c","e"]`},
		{`{{mustAppend .l "d"}}{{mustPrepend .l "z"}}{{mustPush .l "e"}}`, `["b","a","c","d"]["z","b","a","c"]["b","a","c","e"]`},
		{`{{concat .l (list "x")}}`, `["b","a","c","x"]`},
		{`{{sortAlpha .l}} {{reverse .l}} {{mustReverse .l}}`, `["a","b","c"] ["c","a","b"] ["c","a","b"]`},
		{`{{uniq (list 1 1 2)}} {{mustUniq .l}} {{without .l "a"}} {{mustWithout .l "b"}}`, `[1,2] ["b","a","c"] ["b","c"] ["a","c"]`},
		{`{{has "a" .l}} {{mustHas "q" .l}}`, "true false"},
		{`{{compact (list "" "a" 0)}} {{mustCompact .l}}`, `["a"] ["b","a","c"]`},
		{`{{chunk 2 .l}} {{mustChunk 2 .l}}`, `[["b","a"],["c"]] [["b","a"],["c"]]`},
		{`{{join "-" .n}} {{join "," (list 1 2)}} {{splitList "," "a,b" | join "+"}}`, "3-1-2 1,2 a+b"},
		{`{{(split "," "a,b")._1}} {{(splitn "," 2 "a,b,c")._1}}`, "b b,c"},
		{`{{slice .l 1}} {{slice .l 0 1}} {{mustSlice .l 1 2}}`, `["a","c"] ["b"] ["a"]`},
		// Dictionaries.
		{`{{$d := dict "a" 1 "b" .num}}{{get $d "a"}}{{hasKey $d "z"}}{{$_ := unset $d "a"}}{{toJson $d}}`, `1false{"b":"7"}`},
		{`{{pluck "a" (dict "a" 1) (dict "a" 2)}} {{deepCopy (dict "a" 1)}} {{mustDeepCopy (list 1)}}`, `[1,2] {"a":1} [1]`},
		{`{{dig "m" "x" "none" .o}} {{dig "m" "y" "none" .o}}`, "1 none"},
		// Decisions and kinds.
		{`{{default "d" .e}} {{default "d" .s}} {{default "d" .null}} {{empty .e}} {{empty .l}}`, "d Hello World d true false"},
		{`{{coalesce .e .null .s}} {{ternary "y" "n" .t}} {{all .s .t}} {{any .e .s}}`, "Hello World y true true"},
		{`{{kindOf "x"}} {{kindIs "string" .s}} {{typeOf 1}} {{typeIs "int" 1}} {{typeIsLike "int" 1}} {{deepEqual (list 1) (list 1)}}`, "string true int true true true"},
		{`{{and .t .s}} {{or .e .s}} {{not .t}} {{eq .num 7}} {{ne .num 8}} {{lt 1 .num}} {{le 7 .num}} {{gt 8 .num}} {{ge .num 7}}`, "Hello World Hello World false true true true true true true"},
		{`{{len .l}}{{len .o}}{{len .s}} {{index .o "m" "x"}} {{index .mixed 4 "q"}}`, "3211 1 2"},
		// Patterns.
		{`{{regexMatch "^H" .s}} {{mustRegexMatch "^W" .s}} {{regexFind "[a-z]+" .s}} {{mustRegexFind "W.*" .s}}`, "true false ello World"},
		{`{{regexFindAll "o" .s -1}} {{mustRegexFindAll "l" .s 2}}`, `["o","o"] ["l","l"]`},
		{`{{regexReplaceAll "(l+)" .s "<$1>"}} {{mustRegexReplaceAll "o" .s "0"}}`, "He<ll>o Wor<l>d Hell0 W0rld"},
		{`{{regexReplaceAllLiteral "o" .s "$1"}} {{mustRegexReplaceAllLiteral "o" "oo" "x"}}`, "Hell$1 W$1rld xx"},
		{`{{regexSplit " " .s -1}} {{mustRegexSplit "l+" .s 2}} {{regexQuoteMeta "a.b"}}`, `["Hello","World"] ["He","o World"] a\.b`},
		// JSON.
		{`{{toJson .o}} {{mustToJson .l}} {{toRawJson .html}} {{mustToRawJson .mixed}}`, `{"k":"v","m":{"x":1}} ["b","a","c"] "<a href=\"x\">&</a>" ["a",1,true,null,{"q":2}]`},
		{`{{toPrettyJson (dict "a" 1)}} {{mustToPrettyJson (list)}}`, "{\n  \"a\": 1\n} []"},
		{`{{(fromJson "{\"a\":[1]}").a}} {{mustFromJson "[1,2]"}} {{fromJson "x"}}`, "[1] [1,2] "},
		// Versions, paths and addresses.
		{`{{kindOf (semver "1.2.3")}} {{semverCompare "^1.2.0" "1.3.0"}}`, "ptr true"},
		{`{{base "a/b.c"}} {{dir "a/b"}} {{clean "a//b"}} {{ext "a.b"}} {{isAbs "/a"}}`, "b.c a a/b .b true"},
		{`{{(urlParse "https://h/p?q=1").host}} {{urlJoin (dict "scheme" "https" "host" "h" "path" "/p")}}`, "h https://h/p"},
		// Dates.
		{`{{now | date "15:04:05"}} {{now | htmlDate}} {{now | unixEpoch}} {{date_in_zone "15" now "UTC"}}`, "03:04:05 2026-01-02 1767323045 03"},
		{`{{now | date_modify "-1h" | date "15"}} {{now | mustDateModify "1h" | date "15"}} {{now | must_date_modify "1m" | date "04"}}`, "02 04 05"},
		{`{{duration "95"}} {{duration "60"}}`, "1m35s 1m0s"},
		// Ours.
		{`{{gjson "objs.#(id==2).name"}} {{gjson "objs.#"}} {{gjson "o.m.x"}} {{gjson "none"}}`, "two 2 1 "},
		{`{{getRealIP}}{{getSocketIP}}`, ""},
		{`{{print "a" 1 2 "b"}} {{println .num}}`, "a1 2b 7\n"},
		{`{{len (randAlpha 5)}}{{len (randAlphaNum 6)}}{{len (randNumeric 7)}}{{len (randAscii 8)}}{{len (randBytes 9)}}{{len uuidv4}}{{len (shuffle .s)}}`, "567893611"},
		{`{{randInt 5 6}} {{randInt 5 5}} {{randInt 5 1}}`, "5 5 5"},
	}
	used := strings.Builder{}
	for _, c := range cases {
		used.WriteString(c.text + "\n")
		got, err := render(t, c.text, things)
		if err != nil || got != c.want {
			t.Errorf("%s:\n got %q, %v\nwant %q", c.text, got, err, c.want)
		}
	}
	// TestDictionaries, TestDates and TestHostileTemplates call the others.
	elsewhere := " ago dateInZone dateModify durationRound fail htmlDateInZone keys merge mergeOverwrite mustMerge mustMergeOverwrite mustToDate omit pick printf set toDate values "
	for name := range names() {
		if !strings.HasPrefix(name, "__") && !strings.Contains(used.String(), name) && !strings.Contains(elsewhere, " "+name+" ") {
			t.Errorf("the function %s is not tested", name)
		}
	}
}

// TestNoFunctionReadsTheWorld holds the list of functions that templates must not
// have against what sprig offers, so that a new version cannot bring one in.
func TestNoFunctionReadsTheWorld(t *testing.T) {
	known := names()
	for name := range refused() {
		if _, ok := known[name]; ok {
			t.Errorf("%s is offered", name)
		}
		_, err := Parse("t", "{{"+name+" 1}}")
		if err == nil || !strings.Contains(err.Error(), "not allowed") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Parse("t", "{{1 | "+name+"}}"); err == nil {
			t.Errorf("%s is allowed behind a pipe", name)
		}
		if _, err := Parse("t", "{{print ("+name+")}}"); err == nil {
			t.Errorf("%s is allowed inside of a call", name)
		}
	}
	for name := range known {
		for _, word := range []string{"env", "Host", "gen", "Cert", "crypt", "AES", "Key", "os", "read", "file", "exec"} {
			if strings.HasPrefix(name, word) && name != "keys" || strings.Contains(name, "Cert") {
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
	for name := range names() {
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
