package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mcp-bridge/mcp-bridge/cmd/internal/demo"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain is also the person's browser: config.toml of the tests names this binary.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == robotName {
		os.Exit(robot(os.Args[2:]))
	}
	testscript.Main(m, map[string]func(){"mcp-bridge": main, "edit": addComment})
}

// TestScripts runs the commands as a person types them, in the environment that
// clients give to servers, against the sample API. Besides testscript's own
// commands the scripts have:
//
//	code N PROGRAM ARGS…   the program ends with exit code N
//	sample FILE            writes the sample API's profile
//	envfile FILE NAME      writes the value of an environment variable into a file
//	canary                 no credential of the API stands in what was printed last or in any file
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			api, err := demo.Start()
			if err != nil {
				return err
			}
			env.Defer(func() { _ = api.Close() })
			env.Values[apiKey{}] = api
			home := filepath.Join(env.WorkDir, "home")
			if err := os.MkdirAll(filepath.Join(home, ".mcp-bridge"), 0o700); err != nil {
				return err
			}
			for _, v := range [][2]string{{"HOME", home}, {"LOGNAME", "ada"}, {"USER", "ada"}, {"SHELL", "/bin/sh"}, {"TERM", "dumb"}, {"API", api.URL()}} {
				env.Setenv(v[0], v[1])
			}
			for _, id := range []string{demo.HeaderKey, demo.QueryKey, demo.CookieKey, demo.BasicUser, demo.Token, demo.ClientUser} {
				env.Setenv("CRED_"+strings.ToUpper(id), api.Credential(id).Reveal())
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":   expectCode,
			"sample": writeSample,
			"canary": checkCanary,
			"envfile": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ts.Getenv(args[1])+"\n"), 0o600))
			},
		},
		UpdateScripts: os.Getenv("UPDATE") != "",
	})
}

// addComment is an editor by which a person writes into their file.
func addComment() {
	data, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = os.WriteFile(os.Args[1], append(data, "\n# my own words\n"...), 0o600)
	}
	if err != nil {
		panic(err)
	}
}

type apiKey struct{}

func expectCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N PROGRAM ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func writeSample(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sample FILE")
	}
	file := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(file), 0o700))
	ts.Check(os.WriteFile(file, []byte(ts.Value(apiKey{}).(*demo.API).Profile()), 0o600))
}

func checkCanary(ts *testscript.TestScript, neg bool, _ []string) {
	api := ts.Value(apiKey{}).(*demo.API)
	if api.Leaks(ts.ReadFile("stdout")) || api.Leaks(ts.ReadFile("stderr")) {
		ts.Fatalf("a credential was printed")
	}
	ts.Check(filepath.WalkDir(ts.Getenv("HOME"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil && api.Leaks(string(data)) {
			ts.Fatalf("a credential stands in %s", path)
		}
		return err
	}))
}
