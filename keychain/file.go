package keychain

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"slices"

	"github.com/mcp-bridge/mcp-bridge/internal/secret"
	"github.com/mcp-bridge/mcp-bridge/profiles/home"
)

// A record's file is magic, key id, nonce, and AES-256-GCM's output for the value.
// Authenticated with it are magic, key id and the record's name, so a file under
// another record's name is as bad as one that was changed.
const (
	magic     = "mcpbfs1\n"
	keyIDSize = 8
	nonceSize = 12
	tagSize   = 16
)

// fileStore keeps each record in an encrypted file of its own.
type fileStore struct{ dir, keyFile string }

// File returns the store that keeps records in the folder dir, which the first Set
// makes, encrypted with the key in keyFile. Names do not show in the folder, but
// the number, size and age of records do. Folder and key file are looked at on
// every call: links in their place, and a key file that others can read, are
// refused, and then even a record that does not exist is Unavailable.
func File(dir, keyFile string) Store { return &fileStore{dir: dir, keyFile: keyFile} }

// Name returns KindFile.
func (s *fileStore) Name() string { return KindFile }

// Get implements Store.
func (s *fileStore) Get(ctx context.Context, name string) (secret.Value, error) {
	folder, sealer, err := s.open(ctx, "get")
	if err != nil {
		return secret.Value{}, err
	}
	file := fileName(name)
	data, err := folder.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return secret.Value{}, ErrNotFound
	}
	if err != nil {
		return secret.Value{}, s.failed("get", err)
	}
	value, err := sealer.unseal(name, data)
	if err != nil {
		return secret.Value{}, complete(err, "get", folder.Join(file))
	}
	return secret.New(value), nil
}

// Set implements Store.
func (s *fileStore) Set(ctx context.Context, name string, value secret.Value) error {
	text := value.Reveal()
	if len(text) > MaxSize {
		return fail("set", TooLarge, s.dir, nil)
	}
	folder, sealer, err := s.open(ctx, "set")
	if err != nil {
		return err
	}
	if err := folder.WriteFile(fileName(name), sealer.seal(name, text)); err != nil {
		return s.failed("set", err)
	}
	return nil
}

// Delete implements Store.
func (s *fileStore) Delete(ctx context.Context, name string) error {
	folder, _, err := s.open(ctx, "delete")
	if err != nil {
		return err
	}
	err = folder.Remove(fileName(name))
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	if err != nil {
		return s.failed("delete", err)
	}
	return nil
}

// open checks everything that a call needs besides the record's own file.
func (s *fileStore) open(ctx context.Context, op string) (*home.Home, *sealer, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fail(op, Ended, s.dir, err)
	}
	folder, err := home.Open(s.dir)
	if err != nil {
		return nil, nil, s.failed(op, err)
	}
	key, err := readKey(s.keyFile)
	if err != nil {
		return nil, nil, complete(err, op, s.keyFile)
	}
	sealer, err := newSealer(key)
	if err != nil {
		return nil, nil, fail(op, BadKey, s.keyFile, err)
	}
	return folder, sealer, nil
}

// failed names the path that home's error is about, once.
func (s *fileStore) failed(op string, err error) *Error {
	path := s.dir
	if e, ok := errors.AsType[*home.Error](err); ok {
		path = e.Path
		if e.Kind == home.Unusable {
			err = e.Err
		}
	}
	return fail(op, Files, path, err)
}

func fileName(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// sealer encrypts and decrypts with one key.
type sealer struct {
	aead cipher.AEAD
	id   []byte // tells keys apart without telling anything about them
}

func newSealer(key []byte) (*sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("mcp-bridge key id"))
	return &sealer{aead: aead, id: mac.Sum(nil)[:keyIDSize]}, nil
}

func (s *sealer) seal(name, value string) []byte {
	var nonce [nonceSize]byte
	_, _ = rand.Read(nonce[:]) // never fails
	out := slices.Concat([]byte(magic), s.id, nonce[:])
	return s.aead.Seal(out, nonce[:], []byte(value), s.bound(name))
}

// unseal is the inverse of seal. Its *Error has no Op and no Path.
func (s *sealer) unseal(name string, data []byte) (string, error) {
	const headSize = len(magic) + keyIDSize
	if len(data) < headSize+nonceSize+tagSize || string(data[:len(magic)]) != magic {
		return "", &Error{Kind: Corrupt, Err: errors.New("not a record of ours")}
	}
	if !bytes.Equal(data[len(magic):headSize], s.id) {
		return "", fail("", WrongKey, "", nil)
	}
	nonce, sealed := data[headSize:headSize+nonceSize], data[headSize+nonceSize:]
	value, err := s.aead.Open(nil, nonce, sealed, s.bound(name))
	if err != nil {
		return "", &Error{Kind: Corrupt, Err: errors.New("the record was changed or moved")}
	}
	return string(value), nil
}

// bound is what is authenticated together with the value.
func (s *sealer) bound(name string) []byte {
	return slices.Concat([]byte(magic), s.id, []byte(name))
}
