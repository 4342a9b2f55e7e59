package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
)

// question is one envelope to judge: by itself, and under one root.
type question struct {
	MediaType string `json:"mediaType"`
	Envelope  []byte `json:"envelope"`
	Root      []byte `json:"root"`
}

// answer is what notation-core-go says of it.
type answer struct {
	Accepted bool   `json:"accepted"`
	Error    string `json:"error,omitempty"`
	Payload  []byte `json:"payload,omitempty"`
	Panic    bool   `json:"panic,omitempty"`
}

// envelopes answers each line of standard input with a line.
func envelopes(_ context.Context, _ *words) error {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	decoder := json.NewDecoder(in)
	encoder := json.NewEncoder(out)
	for {
		var asked question
		if err := decoder.Decode(&asked); err != nil {
			if err.Error() == "EOF" {
				return nil
			}
			return err
		}
		if err := encoder.Encode(judge(asked)); err != nil {
			return err
		}
		// Whoever asks waits for the answer.
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

func judge(asked question) (found answer) {
	defer func() {
		if reason := recover(); reason != nil {
			found = answer{Panic: true, Error: fmt.Sprint(reason)}
		}
	}()
	root, err := x509.ParseCertificate(asked.Root)
	if err != nil {
		return answer{Error: err.Error()}
	}
	content, err := check(asked.MediaType, asked.Envelope, []*x509.Certificate{root})
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Accepted: true, Payload: content.Payload.Content}
}
