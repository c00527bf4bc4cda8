package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-bridge/mcp-bridge/oauthflow/oauthtest"
)

const robotName = "robot"

// patience bounds everything that these tests wait for; the machine may be busy.
const patience = 90 * time.Second

// tab is one address that was opened, and what could be seen of the processes then:
// their arguments and environments.
type tab struct {
	Address string
	Seen    []string // of the opener
	Parent  []string // of the process that started it
	PID     int      // of that process
}

// robot is a browser with a person at it: LOG WORDS URL. It notes the tab in the log
// and does what the words say, as oauthtest.Choices reads them. With hold=FILE the person
// waits until the file is there before they decide; ca=FILE is trusted.
func robot(args []string) int {
	if len(args) != 3 {
		return 2
	}
	if err := note(args[0], args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var words []string
	r := oauthtest.Robot{Client: oauthtest.Trusting(nil)}
	var hold chan struct{}
	for _, word := range strings.Fields(args[1]) {
		if file, ok := strings.CutPrefix(word, "hold="); ok {
			hold = make(chan struct{})
			go func() {
				for !exists(file) {
					time.Sleep(20 * time.Millisecond)
				}
				close(hold)
			}()
			continue
		}
		if file, ok := strings.CutPrefix(word, "ca="); ok {
			pem, err := os.ReadFile(file)
			if err != nil {
				return 1
			}
			r.Client = oauthtest.Trusting(pem)
			continue
		}
		words = append(words, word)
	}
	change, err := oauthtest.Choices(strings.Join(words, " "))
	if err == nil {
		change(&r)
		if hold != nil {
			r.Wait = hold
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		err = r.Open(ctx, args[2])
	}
	if err != nil {
		return 1 // in silence: errors name addresses, and with them codes
	}
	return 0
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// note appends one line to the log.
func note(log, address string) error {
	parent := fmt.Sprint(os.Getppid())
	line := tab{Address: address, PID: os.Getppid(), Seen: append(slices.Clone(os.Args), os.Environ()...)}
	for _, file := range []string{"cmdline", "environ"} {
		data, _ := os.ReadFile(filepath.Join("/proc", parent, file)) // there is none elsewhere
		line.Parent = append(line.Parent, strings.Split(string(data), "\x00")...)
	}
	data, err := json.Marshal(line)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(append(data, '\n'))
	return err
}

// signer is a person who signs in at a server that misbehaves on request.
type signer struct {
	*person
	*oauthtest.Server
	log   string // of opened tabs
	store string // lines of config.toml
}

const fileStore = "keychain = \"file\"\nkeyFile = \"key\"\n"

// newSigner starts a server and gives a person the profile "api" for it, a browser
// that signs in, and an encrypted file store.
func newSigner(t *testing.T, o oauthtest.Options) *signer {
	t.Helper()
	return signerWith(t, o, newPerson(t), fileStore)
}

func signerWith(t *testing.T, o oauthtest.Options, p *person, store string) *signer {
	t.Helper()
	s, err := oauthtest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	r := &signer{person: p, Server: s, log: filepath.Join(p.home, "tabs"), store: store}
	t.Cleanup(func() {
		r.settle()
		s.Close()
		if t.Failed() {
			t.Logf("violations: %q", s.Violations())
		}
	})
	r.Set(func(b *oauthtest.Behaviour) { b.Consent = oauthtest.Allow })
	r.browser("")
	r.profile("api", r.API(), r.public(), "")
	r.run("", "use", "api")
	return r
}

// settle waits for helpers that outlive their test and still write into the home. One
// that was killed is not waited for long.
func (r *signer) settle() {
	for range 100 {
		files, _ := filepath.Glob(filepath.Join(r.home, ".mcp-bridge", "signin", "*.json"))
		if !slices.ContainsFunc(files, func(file string) bool {
			data, err := os.ReadFile(file)
			return err == nil && strings.Contains(string(data), `"phase": "pending"`)
		}) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// browser says what the person does with the tabs that are opened from now on.
func (r *signer) browser(words string) {
	r.t.Helper()
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	ca := ""
	if pem := r.CA(); pem != nil {
		file := r.write(".mcp-bridge/ca.pem", string(pem))
		ca = fmt.Sprintf("caFile = %q\n", file)
		words += " ca=" + file
	}
	r.write(".mcp-bridge/config.toml", fmt.Sprintf("%s%sbrowser = [%q, %q, %q, %q, \"{url}\"]\n", r.store, ca, self, robotName, r.log, words))
}

// public is the client table of most tests.
func (r *signer) public() string {
	return fmt.Sprintf("id = %q\nscopes = [\"openid\", \"email\", \"offline_access\", \"read\"]\nresource = %q\n", oauthtest.PublicClient, r.API())
}

// profile writes a profile whose tools call an API as the person signed in at the
// server, as that client. more follows at the end of the file.
func (r *signer) profile(name, api, client, more string) {
	r.t.Helper()
	text := fmt.Sprintf(`[server]
name = %q
baseUrl = %q
[[server.securitySchemes]]
id = "signIn"
type = "openIdConnect"
openIdConnectUrl = "%s/.well-known/openid-configuration"
[server.securitySchemes.client]
%s[server.defaultUpstreamSecurity]
id = "signIn"
`, name, api, r.Issuer(), client)
	for _, path := range []string{"whoami", "hold"} {
		text += fmt.Sprintf("[[tools]]\nname = %q\ndescription = \"d\"\n[tools.requestTemplate]\nurl = \"/%s\"\nmethod = \"GET\"\n", path, path)
	}
	r.write(".mcp-bridge/profiles/"+name+".toml", text+more)
}

// tabs are the addresses that were opened so far.
func (r *signer) tabs() (tabs []tab) {
	r.t.Helper()
	data, err := os.ReadFile(r.log)
	if err != nil && !os.IsNotExist(err) {
		r.t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if !strings.HasSuffix(line, "\n") {
			break // it is being written
		}
		var one tab
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			r.t.Fatal(err)
		}
		tabs = append(tabs, one)
	}
	return tabs
}

// login signs in from a terminal.
func (r *signer) login(args ...string) {
	r.t.Helper()
	if _, said, code := r.try(nil, append([]string{"login"}, args...)...); code != 0 {
		r.t.Fatalf("login: exit %d\n%s", code, said)
	}
}

// until waits until something holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// rounds is how often something is tried: few times normally, all where all tests
// are wanted.
func rounds(few, all int) int {
	if os.Getenv("MCP_BRIDGE_TEST_ALL") == "1" {
		return all
	}
	return few
}
