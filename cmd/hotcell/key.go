package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// keyBytes is the length of the pseudonym key: HMAC-SHA-256's block of output.
const keyBytes = 32

// pseudonymKey reads the secret key of the subscriber pseudonyms. The first
// load makes one and says so: without this key, later records of the same
// customers could not be joined with earlier ones.
func (p *program) pseudonymKey() ([]byte, error) {
	file := p.settings.Pseudonym.KeyFile
	if file == "" {
		file = defaultKeyFile(p.settings.Store.DSN)
	}
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
		return p.pseudonymKey()
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
