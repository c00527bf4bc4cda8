package session

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mcp-bridge/mcp-bridge/internal/regular"
	"github.com/mcp-bridge/mcp-bridge/profiles"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
	"github.com/mcp-bridge/mcp-bridge/profiles/openapi"
)

// MaxSpec is the size of the largest document, all its files together, in bytes.
const MaxSpec = 64 << 20

// SpecError says that the document of a profile cannot be had.
type SpecError struct {
	Profile string
	At      string // where the profile names it; empty for one that is being made
	Err     error
	hint    string
}

// Error names the place and the cause.
func (e *SpecError) Error() string {
	if e.At == "" {
		return e.Err.Error()
	}
	return e.At + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *SpecError) Unwrap() error { return e.Err }

// Hint says what to type.
func (e *SpecError) Hint() string { return e.hint }

// Spec is a document with its other files, as it is kept below specs/.
type Spec struct {
	Name  string // of the entry file, for positions
	Data  []byte // of the entry file
	Files map[string][]byte
}

// Pack returns what is kept, and its digest. A document of one file is kept as it is.
func (s Spec) Pack() (data []byte, digest string, err error) {
	data = s.Data
	if len(s.Files) > 0 {
		if data, err = s.archive(); err != nil {
			return nil, "", err
		}
	}
	sum := sha256.Sum256(data)
	return data, hex.EncodeToString(sum[:]), nil
}

// archive writes the files so that equal documents give equal bytes.
func (s Spec) archive() ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	add := func(name string, data []byte) error {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		return err
	}
	if err := add(path.Base(filepath.ToSlash(s.Name)), s.Data); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(s.Files))
	for name := range s.Files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := add(name, s.Files[name]); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// unpack reads what Pack made.
func unpack(name string, data []byte) (Spec, error) {
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return Spec{Name: name, Data: data}, nil
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(r.File) == 0 {
		return Spec{}, errors.New("the kept document is damaged")
	}
	s := Spec{Name: r.File[0].Name, Files: map[string][]byte{}}
	left := int64(MaxSpec)
	for i, f := range r.File {
		in, err := f.Open()
		if err != nil {
			return Spec{}, fmt.Errorf("the kept document is damaged: %w", err)
		}
		text, err := io.ReadAll(io.LimitReader(in, left+1))
		_ = in.Close()
		left -= int64(len(text))
		switch {
		case err != nil:
			return Spec{}, fmt.Errorf("the kept document is damaged: %w", err)
		case left < 0:
			return Spec{}, errors.New("the kept document is too large")
		case i == 0:
			s.Data = text
		default:
			s.Files[f.Name] = text
		}
	}
	return s, nil
}

// source is the document as the reader wants it.
func (s Spec) source() openapi.Source {
	return openapi.Source{Name: s.Name, Data: s.Data, Open: func(rel string) ([]byte, error) {
		data, ok := s.Files[rel]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: rel, Err: fs.ErrNotExist}
		}
		return data, nil
	}}
}

// digest returns the digest that a profile names, without its prefix.
func digest(p *profiles.Profile) string { return strings.TrimPrefix(p.OpenAPI.Digest, "sha256:") }

// spec returns the document that a profile imports: by its digest from specs/, or the
// file that it names. The network is never used.
func (o Options) spec(p *profiles.Profile) (Spec, error) {
	at := p.At("openapi.source")
	fail := func(err error, hint string) (Spec, error) {
		return Spec{}, &SpecError{Profile: p.Name, At: at, Err: err, hint: hint}
	}
	again := "read it again: mcp-bridge add " + p.Name + " --update"
	if d := digest(p); d != "" {
		data, err := o.Home.ReadFile(home.SpecsDir + "/" + d)
		if err != nil {
			return fail(fmt.Errorf("the imported document is not there: %w", err), again)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != d {
			return fail(errors.New("the imported document was changed on disk"), again)
		}
		s, err := unpack(p.OpenAPI.Source, data)
		if err != nil {
			return fail(err, again)
		}
		return s, nil
	}
	if strings.Contains(p.OpenAPI.Source, "://") {
		return fail(errors.New("the document has not been read from its address yet"), again)
	}
	file := absolute(p.OpenAPI.Source, p.Dir("openapi.source"))
	data, err := readLimited(file)
	if err != nil {
		return fail(err, "correct openapi.source: it is relative to the profile's folder")
	}
	return Spec{Name: file, Data: data}, nil
}

// Beside returns a function that reads the other files of a document: below the
// folder of its entry file and nowhere else, all together at most MaxSpec bytes. They
// are noted in files.
func Beside(entry string, files map[string][]byte) func(rel string) ([]byte, error) {
	left := int64(MaxSpec)
	return func(rel string) ([]byte, error) {
		root, err := os.OpenRoot(filepath.Dir(entry))
		if err != nil {
			return nil, err
		}
		defer func() { _ = root.Close() }()
		data, err := regular.ReadIn(root, filepath.FromSlash(rel), left)
		if _, over := errors.AsType[*regular.LimitError](err); over {
			return nil, fmt.Errorf("the document's files are larger than %d MiB", MaxSpec>>20)
		}
		if err != nil {
			return nil, err
		}
		left -= int64(len(data))
		if files != nil {
			files[rel] = data
		}
		return data, nil
	}
}

func readLimited(file string) ([]byte, error) {
	return regular.Read(file, MaxSpec)
}
