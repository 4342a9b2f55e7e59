// judge is the Notary Project's own libraries as a judge of what Plimsoll writes and accepts.
//
//	judge sign        --ref REF --key FILE --chain FILE --format jws|cose [--tsa URL --tsa-root FILE] [--meta k=v] [--expiry 24h]
//	judge sign-plugin --ref REF --plugin FILE --id KEY --format jws|cose [--config k=v]
//	judge verify      --ref REF --config DIR [--meta k=v]
//	judge blob-sign   --blob FILE --out FILE --key FILE --chain FILE --format jws|cose [--tsa URL --tsa-root FILE] [--meta k=v]
//	judge blob-verify --blob FILE --signature FILE --root FILE [--tsa-root FILE] [--meta k=v]
//	judge envelopes                       a line of JSON for each line of JSON
//	notation-NAME COMMAND                 the same program as a plugin
//
// The exit code is 0 for yes, 1 for no, 2 for what could not be tried.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/notaryproject/notation-core-go/signature/cose"
	_ "github.com/notaryproject/notation-core-go/signature/jws"
)

// refused is a verdict, and not a fault of the judge's.
type refused struct{ error }

func main() {
	name := filepath.Base(os.Args[0])
	if strings.HasPrefix(name, "notation-") {
		servePlugin(strings.TrimPrefix(name, "notation-"))
		return
	}
	if len(os.Args) < 2 {
		fail(errors.New("expected a command"))
	}
	commands := map[string]func(context.Context, *words) error{
		"sign":        sign,
		"sign-plugin": signByPlugin,
		"verify":      verify,
		"blob-sign":   blobSign,
		"blob-verify": blobVerify,
		"envelopes":   envelopes,
	}
	run, known := commands[os.Args[1]]
	if !known {
		fail(fmt.Errorf("no command is called %q", os.Args[1]))
	}
	if err := run(context.Background(), read(os.Args[2:])); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	var no refused
	if errors.As(err, &no) {
		os.Exit(1)
	}
	os.Exit(2)
}

// words are the flags of every command.
type words struct {
	ref, key, chain, format, tsa, tsaRoot, config, expiry string
	blob, out, signature, root, plugin, id                string
	meta, pluginConfig                                    map[string]string
}

func read(args []string) *words {
	w := &words{meta: map[string]string{}, pluginConfig: map[string]string{}}
	flags := flag.NewFlagSet("judge", flag.ExitOnError)
	flags.StringVar(&w.ref, "ref", "", "REGISTRY/REPOSITORY@DIGEST")
	flags.StringVar(&w.key, "key", "", "private key, PEM")
	flags.StringVar(&w.chain, "chain", "", "certificates, the leaf first, PEM")
	flags.StringVar(&w.format, "format", "jws", "jws or cose")
	flags.StringVar(&w.tsa, "tsa", "", "URL of a time-stamping authority")
	flags.StringVar(&w.tsaRoot, "tsa-root", "", "its root, PEM")
	flags.StringVar(&w.config, "config", "", "configuration directory")
	flags.StringVar(&w.expiry, "expiry", "0s", "how long the signature may be used")
	flags.StringVar(&w.blob, "blob", "", "the blob")
	flags.StringVar(&w.out, "out", "", "where its signature goes")
	flags.StringVar(&w.signature, "signature", "", "its signature")
	flags.StringVar(&w.root, "root", "", "trusted certificates, PEM")
	flags.StringVar(&w.plugin, "plugin", "", "executable of a plugin")
	flags.StringVar(&w.id, "id", "", "the plugin's name of the key")
	flags.Func("meta", "user metadata, k=v", pair(w.meta))
	flags.Func("plugin-config", "configuration of the plugin, k=v", pair(w.pluginConfig))
	_ = flags.Parse(args)
	return w
}

func pair(into map[string]string) func(string) error {
	return func(text string) error {
		key, value, found := strings.Cut(text, "=")
		if !found {
			return errors.New("expected k=v")
		}
		into[key] = value
		return nil
	}
}

func (w *words) mediaType() string {
	if w.format == "cose" {
		return "application/cose"
	}
	return "application/jose+json"
}
