package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityPromises: docs/security.md names a test for each promise, and each of these
// tests exists.
func TestSecurityPromises(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := declaredTests(t, root)
	name := regexp.MustCompile(`\bTest[A-Za-z0-9]+\b`)
	promises := 0
	promised := false // inside of a table of promises
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "| promised |"):
			promised = true
		case !strings.HasPrefix(line, "|"):
			promised = false
		case promised && !strings.HasPrefix(line, "| ---"):
			promises++
			if !name.MatchString(line) {
				t.Errorf("no test holds the promise: %s", line)
			}
		}
		for _, test := range name.FindAllString(line, -1) {
			if !tests[test] {
				t.Errorf("there is no test %s", test)
			}
		}
	}
	if promises < 20 {
		t.Errorf("%d promises are found", promises)
	}
}

// declaredTests returns the names of the tests of all packages.
func declaredTests(t *testing.T, root string) map[string]bool {
	t.Helper()
	declaration := regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(t \*testing\.T\)`)
	tests := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range declaration.FindAllSubmatch(source, -1) {
			tests[string(m[1])] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}
