package plaintext

import (
	"encoding/json"
	"os/exec"
	"reflect"
	"strings"
	"testing"
)

// awkward are words that a shell would read in another way, or a person would not see.
func awkward() []string {
	return []string{"", "plain", "a b", "it's", `"`, `\`, "$HOME", "`id`", "a;b", "a\nb", "-n", "-a.b", "-a:b", "~", "*", "!x", "é", "''", "#", "=", "a=b", "\x00", "tool:x", `x" & calc & "`, "x' & calc & '",
		"%PATH%", "^", "a&b", "a|b", "<>", "(a)", "a,b", "@x", "C:\\Users\\Jörg\\a b.toml", `C:\a b\`, "‘; calc; ’", "“”", "a\u202eb", "a\u200bb", "\U000e0061", "x\xff", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "日本", "config:app\u00a0Code", "a\tb", "a\rb", "{a,b}", "[a]"}
}

// argv reads a command as a Windows program does (CommandLineToArgvW).
func argv(line string) []string {
	var out []string
	for line = strings.TrimLeft(line, " \t"); line != ""; line = strings.TrimLeft(line, " \t") {
		var word strings.Builder
		quoted := false
		i := 0
		for ; i < len(line) && (quoted || line[i] != ' ' && line[i] != '\t'); i++ {
			n := len(line[i:]) - len(strings.TrimLeft(line[i:], `\`))
			if strings.HasPrefix(line[i+n:], `"`) {
				word.WriteString(strings.Repeat(`\`, n/2))
				if i += n; n%2 == 1 {
					word.WriteByte('"')
				} else {
					quoted = !quoted
				}
				continue
			}
			if n > 0 {
				word.WriteString(strings.Repeat(`\`, n))
				i += n - 1
				continue
			}
			word.WriteByte(line[i])
		}
		out, line = append(out, word.String()), line[i:]
	}
	return out
}

// cmdExe is the command that cmd.exe starts for a line, by its grammar; false when it
// would do more than start one program with these very words.
func cmdExe(line string) ([]string, bool) {
	quoted := false
	for _, r := range line {
		switch {
		case r == '"':
			quoted = !quoted
		case r == '%' || r == '!' || r < ' ':
			return nil, false // a variable is put in, quotes or not
		case !quoted && strings.ContainsRune("&|<>()^@,;=", r):
			return nil, false
		}
	}
	return argv(line), !quoted
}

// powerShell is what PowerShell starts for a line, by its grammar. It takes the words
// apart itself and quotes those with blanks again, without any escape.
func powerShell(line string) ([]string, bool) {
	var words []string
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		var word string
		if rest, ok := strings.CutPrefix(line, `"`); ok {
			if word, line, ok = strings.Cut(rest, `"`); !ok || line != "" && line[0] != ' ' || strings.ContainsAny(word, "$`“”„") {
				return nil, false
			}
		} else {
			word, line, _ = strings.Cut(line, " ")
			if strings.ContainsAny(word, "\"'`$@(){}[];,|&<>#%^!=~*?‘’‚‛“”„") || len(word) > 0 && word[0] == '-' && strings.ContainsAny(word, ".:") {
				return nil, false
			}
		}
		if word == "" || strings.HasSuffix(word, `\`) && strings.Contains(word, " ") {
			return nil, false // the empty word is dropped, and the last quote would be escaped
		}
		words = append(words, word)
	}
	var again []string
	for _, w := range words {
		if strings.Contains(w, " ") {
			w = `"` + w + `"`
		}
		again = append(again, w)
	}
	return argv(strings.Join(again, " ")), true
}

// posix is what sh makes of a line, by the real one.
func posix(t *testing.T, line string) []string {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh is installed")
	}
	out, err := exec.Command("sh", "-c", `show() { for a; do printf '%s\0' "$a"; done; }; show `+line).Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// checkCommand holds for every word: what is written is read back by each shell, and shows
// nothing hidden.
func checkCommand(t *testing.T, s string, real bool) {
	t.Helper()
	want := []string{"x", s, "y"}
	if _, ok := Windows.Word(s); ok {
		line := Windows.Command(want...)
		if got, ok := cmdExe(line); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("cmd.exe reads %q as %q", line, got)
		}
		if got, ok := powerShell(line); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("PowerShell reads %q as %q", line, got)
		}
	}
	if _, ok := POSIX.Word(s); ok && real {
		if got := posix(t, POSIX.Command(want...)); !reflect.DeepEqual(got, want) {
			t.Errorf("sh reads %q as %q", POSIX.Command(want...), got)
		}
	}
	for _, sh := range []Shell{POSIX, Windows} {
		line := sh.Command(want...)
		if Show(line) != line || strings.ContainsAny(line, "\n\r\t\x00") {
			t.Errorf("hidden characters in %q", line)
		}
		if _, ok := sh.Word(s); !ok && (!strings.HasPrefix(line, "x NAME y (") || len(s) > 4 && strings.Contains(line, s)) {
			t.Errorf("%q: %s", s, line)
		}
	}
}

func TestCommand(t *testing.T) {
	for _, s := range awkward() {
		checkCommand(t, s, true)
	}
	for s, want := range map[string][2]bool{"plain": {true, true}, "a b": {true, true}, `C:\Users\Jörg\p.toml`: {true, true}, "it's": {true, true}, "a&b": {true, true},
		"$x": {true, false}, `a"b`: {true, false}, "%a%": {true, false}, "‘": {true, false}, "a\u202eb": {false, false}, "a\nb": {false, false}, "": {true, false}} {
		_, p := POSIX.Word(s)
		_, w := Windows.Word(s)
		if p != want[0] || w != want[1] {
			t.Errorf("%q: POSIX %v, Windows %v", s, p, w)
		}
	}
	if ShellOf("windows") != Windows || ShellOf("linux") != POSIX || ShellOf("darwin") != POSIX {
		t.Error("the wrong shell")
	}
}

func TestArgument(t *testing.T) {
	for _, s := range append(awkward(), "😀", "line\u2028end") {
		text, err := json.Marshal(map[string]any{"q": s, "n": 12345678901234567})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := Windows.Argument(text); ok {
			t.Errorf("%q is written for Windows, where a quote has no writing that both shells read", s)
		}
		word, ok := POSIX.Argument(text)
		if !ok || !isASCII(word) {
			t.Errorf("%q: %s", s, word)
			continue
		}
		got := posix(t, word)
		var back, want map[string]any
		if json.Unmarshal([]byte(got[0]), &back) != nil || json.Unmarshal(text, &want) != nil || len(got) != 1 || !reflect.DeepEqual(back, want) {
			t.Errorf("%q: sh reads %s as %q", s, word, got)
		}
	}
	if _, ok := POSIX.Argument([]byte("{")); ok {
		t.Error("no JSON is written")
	}
}

func isASCII(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r >= 0x7f }) < 0 }

// FuzzCommand: the grammar of Windows's shells with each word, and of the POSIX shell by a
// reader of its own, because a process for each would be slow.
func FuzzCommand(f *testing.F) {
	for _, s := range awkward() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkCommand(t, s, false)
		if word, ok := POSIX.Word(s); ok {
			if got, ok := unquote(word); !ok || got != s {
				t.Errorf("%q: %s", s, word)
			}
		}
	})
}

// unquote reads one word as a POSIX shell does; false for what is more, or means
// something to the shell.
func unquote(s string) (string, bool) {
	var out strings.Builder
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\'':
			end := strings.IndexByte(s[i+1:], '\'')
			if end < 0 {
				return "", false
			}
			out.WriteString(s[i+1 : i+1+end])
			i += end + 2
		case s[i] == '\\' && i+1 < len(s):
			out.WriteByte(s[i+1])
			i += 2
		case strings.IndexByte(" \t\n\"\\$`;&|<>()*?[]#~!{}\r\x00", s[i]) >= 0 || s[i] >= 0x80:
			return "", false
		default:
			out.WriteByte(s[i])
			i++
		}
	}
	return out.String(), s != ""
}
