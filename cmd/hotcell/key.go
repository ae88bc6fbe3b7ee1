package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/hotcell/hotcell/store"
)

// keyBytes is the length of the pseudonym key: HMAC-SHA-256's block of output.
const keyBytes = 32

// keyFact is the store's fact that tells its key from others.
const keyFact = "pseudonym_key"

// storeKey gives the key of the subscriber pseudonyms. The first load makes one
// and says so. The store remembers a fingerprint of it and refuses another key:
// with that, every customer would be a new one.
func (p *program) storeKey(ctx context.Context, s *store.Store) ([]byte, error) {
	held, err := s.Settle(ctx, keyFact, "")
	if err != nil {
		return nil, err
	}
	key, err := p.pseudonymKey(held != "")
	if err != nil {
		return nil, err
	}
	mine := keyFingerprint(key)
	if held, err = s.Settle(ctx, keyFact, mine); err != nil {
		return nil, err
	}
	if held != mine {
		return nil, fmt.Errorf("the customers in the store at %s were made with another pseudonym key (fingerprint %s) than the one in %s (%s): name the right one with pseudonym.key_file or %s",
			s.Where(), held, p.keyFile(), mine, envName("pseudonym.key_file"))
	}
	return key, nil
}

// keyFingerprint tells keys apart and gives nothing away.
func keyFingerprint(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("hotcell key fingerprint"))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

func (p *program) keyFile() string {
	if file := p.settings.Pseudonym.KeyFile; file != "" {
		return file
	}
	return defaultKeyFile(p.settings.Store.DSN)
}

// pseudonymKey reads the key; when there is none, it makes one, unless the store
// was filled with one that is lost.
func (p *program) pseudonymKey(mustExist bool) ([]byte, error) {
	file := p.keyFile()
	text, err := os.ReadFile(file)
	if err == nil {
		key, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil || len(key) < keyBytes {
			return nil, fmt.Errorf("the pseudonym key in %s is not %d bytes of hex; restore it from your backup: another key would make every customer a new one", file, keyBytes)
		}
		return key, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("cannot read the pseudonym key: %w", err)
	}
	if mustExist {
		return nil, fmt.Errorf("the key of the store's pseudonyms is not in %s: restore it, or name it with pseudonym.key_file or %s; with a new key every customer would be a new one", file, envName("pseudonym.key_file"))
	}
	return p.newPseudonymKey(file)
}

func (p *program) newPseudonymKey(file string) ([]byte, error) {
	key := make([]byte, keyBytes)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("cannot keep the pseudonym key: %w", err)
	}
	// Written aside and linked, so that two first loads at once agree on one key
	// and a crash leaves none half written.
	aside, err := os.CreateTemp(filepath.Dir(file), ".pseudonym-*")
	if err != nil {
		return nil, fmt.Errorf("cannot keep the pseudonym key: %w", err)
	}
	defer os.Remove(aside.Name())
	_, err = aside.WriteString(hex.EncodeToString(key) + "\n")
	err = errors.Join(err, aside.Sync(), aside.Close())
	if err != nil {
		return nil, fmt.Errorf("cannot keep the pseudonym key: %w", err)
	}
	if err := os.Link(aside.Name(), file); errors.Is(err, os.ErrExist) {
		return p.pseudonymKey(true)
	} else if err != nil {
		return nil, fmt.Errorf("cannot keep the pseudonym key: %w", err)
	}
	p.log.Warn("made a new key for the subscriber pseudonyms; keep it safe and secret, without it later records cannot be joined with these", "file", file)
	return key, nil
}

// defaultKeyFile lies beside an embedded store, and in the settings folder for
// a server.
func defaultKeyFile(dsn string) string {
	if u, err := url.Parse(dsn); err == nil && u.Scheme == "embedded" && u.Path != "" {
		return filepath.Clean(u.Path) + ".key"
	}
	return filepath.Join(filepath.Dir(defaultConfigFile()), "pseudonym.key")
}
