package clientconfig

import (
	"regexp"
	"strings"
)

// Places are the folders of a machine whose files do not stay.
type Places struct {
	OS      string   // GOOS
	Temp    []string // folders for temporary files, with links resolved and not
	GoCache string   // GOCACHE; empty: not set
}

var (
	// goBuild is a folder of the Go tool: its cache, and where it builds.
	goBuild = regexp.MustCompile(`^go-build[0-9]*$`)
	// goOutput is a folder of the Go tool's cache that holds one program.
	goOutput = regexp.MustCompile(`^[0-9a-f]{64}-d$`)
)

// Passing says why a program at that path will not be there for long: "" when it stays,
// otherwise a noun phrase such as "the Go build cache".
func (p Places) Passing(file string) string {
	file = p.plain(file)
	parts := strings.Split(file, "/")
	base := parts[len(parts)-1]
	for _, part := range parts[:len(parts)-1] {
		switch {
		case goBuild.MatchString(part), goOutput.MatchString(part):
			return "the Go build cache"
		case part == "_npx":
			return "the cache of npx"
		}
	}
	if p.GoCache != "" && below(p.plain(p.GoCache), file) {
		return "the Go build cache"
	}
	if name := strings.TrimSuffix(base, ".exe"); strings.HasSuffix(name, ".test") {
		return "a test program of Go"
	}
	temp := append([]string{}, p.Temp...)
	switch p.OS {
	case "windows":
		if strings.Contains(file, "/appdata/local/temp/") {
			return "a temporary folder"
		}
		temp = append(temp, `C:\Windows\Temp`)
	case "darwin":
		temp = append(temp, "/tmp", "/private/tmp", "/var/tmp", "/private/var/tmp")
	default:
		temp = append(temp, "/var/tmp", "/dev/shm")
	}
	for _, folder := range temp {
		if below(p.plain(folder), file) {
			return "a temporary folder"
		}
	}
	return ""
}

// plain writes a path so that paths compare: with / and, where the system does not tell
// cases apart, in lower case.
func (p Places) plain(file string) string {
	switch p.OS {
	case "windows":
		file = strings.ToLower(strings.ReplaceAll(file, `\`, "/"))
	case "darwin":
		file = strings.ToLower(file)
	}
	return strings.TrimRight(file, "/")
}

// below reports whether file is in the folder. The root of a system or a drive is no
// folder that anybody keeps temporary files in.
func below(folder, file string) bool {
	return len(folder) > 3 && strings.HasPrefix(file, folder+"/")
}
