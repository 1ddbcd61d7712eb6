// What an outsider may run: a checkpoint opened by golang.org/x/mod/sumdb/note, and proofs checked by
// golang.org/x/mod/sumdb/tlog, a witness's cosignature by Go's own Ed25519. Not a line of Écluse in it.
//
// Reads the gate's answers as JSON from standard input; exits 0 when all of them hold.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Key         string
	Earlier     string // the checkpoint that the outsider kept
	Inclusion   []inclusion
	Consistency consistency
	Witness     string // whose cosignature the later checkpoint bears; empty for nobody's
}

type inclusion struct {
	Position   int64
	Commitment []byte
	Hashes     [][]byte
	Checkpoint string
}

type consistency struct {
	Hashes     [][]byte
	Checkpoint string
}

func main() {
	if err := check(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check() error {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return err
	}
	verifier, err := note.NewVerifier(asked.Key)
	if err != nil {
		return err
	}
	known := note.VerifierList(verifier)
	for _, proof := range asked.Inclusion {
		size, root, err := open(proof.Checkpoint, known)
		if err != nil {
			return err
		}
		leaf := tlog.RecordHash(proof.Commitment)
		if err := tlog.CheckRecord(hashes(proof.Hashes), size, root, proof.Position, leaf); err != nil {
			return err
		}
	}
	old, before, err := open(asked.Earlier, known)
	if err != nil {
		return err
	}
	size, root, err := open(asked.Consistency.Checkpoint, known)
	if err != nil {
		return err
	}
	if asked.Witness != "" {
		witness, err := cosigner(asked.Witness)
		if err != nil {
			return err
		}
		if _, _, err := open(asked.Consistency.Checkpoint, note.VerifierList(witness)); err != nil {
			return err
		}
	}
	return tlog.CheckTree(hashes(asked.Consistency.Hashes), size, root, old, before)
}

// open returns what a checkpoint says once its signature holds (c2sp.org/tlog-checkpoint).
func open(text string, known note.Verifiers) (int64, tlog.Hash, error) {
	opened, err := note.Open([]byte(text), known)
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		return 0, tlog.Hash{}, errors.New("no checkpoint")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return 0, tlog.Hash{}, errors.New("no root hash")
	}
	return size, hash(root), nil
}

// A witness's key, and what it signs, written from c2sp.org/tlog-cosignature alone.
type witness struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.id }

func (w witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	header := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(signature))
	return ed25519.Verify(w.key, append([]byte(header), text...), signature[8:])
}

func cosigner(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("no verifier key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, errors.New("no key of a witness")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if hex.EncodeToString(sum[:4]) != parts[1] {
		return nil, errors.New("the key's id is another key's")
	}
	return witness{parts[0], binary.BigEndian.Uint32(sum[:4]), key[1:]}, nil
}

func hashes(all [][]byte) []tlog.Hash {
	found := make([]tlog.Hash, len(all))
	for i, each := range all {
		found[i] = hash(each)
	}
	return found
}

func hash(bytes []byte) tlog.Hash {
	var found tlog.Hash
	copy(found[:], bytes)
	return found
}
