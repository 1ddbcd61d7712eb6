// What an outsider may run: a checkpoint opened by golang.org/x/mod/sumdb/note, and proofs checked by
// golang.org/x/mod/sumdb/tlog. Not a line of Écluse in it.
//
// Reads the gate's answers as JSON from standard input; exits 0 when all of them hold.
package main

import (
	"encoding/base64"
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
