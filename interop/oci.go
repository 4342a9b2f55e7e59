package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/notaryproject/notation-core-go/revocation"
	"github.com/notaryproject/notation-core-go/revocation/purpose"
	corex509 "github.com/notaryproject/notation-core-go/x509"
	"github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/dir"
	"github.com/notaryproject/notation-go/plugin"
	"github.com/notaryproject/notation-go/registry"
	"github.com/notaryproject/notation-go/signer"
	"github.com/notaryproject/notation-go/verifier"
	"github.com/notaryproject/notation-go/verifier/trustpolicy"
	"github.com/notaryproject/notation-go/verifier/truststore"
	"github.com/notaryproject/tspclient-go"
	"oras.land/oras-go/v2/registry/remote"
)

// repository is the one of a reference, over plain HTTP: everything runs on this machine.
func repository(ref string) (registry.Repository, error) {
	name, _, _ := strings.Cut(ref, "@")
	target, err := remote.NewRepository(name)
	if err != nil {
		return nil, err
	}
	target.PlainHTTP = true
	return registry.NewRepository(target), nil
}

func (w *words) signOptions() (notation.SignerSignOptions, error) {
	options := notation.SignerSignOptions{SignatureMediaType: w.mediaType(), PluginConfig: w.pluginConfig}
	var err error
	if options.ExpiryDuration, err = time.ParseDuration(w.expiry); err != nil {
		return options, err
	}
	options.Timestamper, options.TSARootCAs, err = w.timestamper()
	return options, err
}

func (w *words) timestamper() (tspclient.Timestamper, *x509.CertPool, error) {
	if w.tsa == "" {
		return nil, nil, nil
	}
	stamper, err := tspclient.NewHTTPTimestamper(http.DefaultClient, w.tsa)
	if err != nil {
		return nil, nil, err
	}
	roots, err := pool(w.tsaRoot)
	return stamper, roots, err
}

func pool(path string) (*x509.CertPool, error) {
	certificates, err := corex509.ReadCertificateFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	for _, certificate := range certificates {
		pool.AddCert(certificate)
	}
	return pool, nil
}

func sign(ctx context.Context, w *words) error {
	with, err := signer.NewGenericSignerFromFiles(w.key, w.chain)
	if err != nil {
		return err
	}
	return signBy(ctx, w, with)
}

func signByPlugin(ctx context.Context, w *words) error {
	name := strings.TrimPrefix(filepath.Base(w.plugin), "notation-")
	found, err := plugin.NewCLIPlugin(ctx, name, w.plugin)
	if err != nil {
		return err
	}
	with, err := signer.NewPluginSigner(found, w.id, w.pluginConfig)
	if err != nil {
		return err
	}
	return signBy(ctx, w, with)
}

func signBy(ctx context.Context, w *words, with notation.Signer) error {
	repository, err := repository(w.ref)
	if err != nil {
		return err
	}
	options, err := w.signOptions()
	if err != nil {
		return err
	}
	signed, err := notation.Sign(ctx, with, repository, notation.SignOptions{
		SignerSignOptions: options, ArtifactReference: w.ref, UserMetadata: w.meta,
	})
	if err != nil {
		return refused{err}
	}
	fmt.Println(signed.Digest)
	return nil
}

func verify(ctx context.Context, w *words) error {
	text, err := os.ReadFile(filepath.Join(w.config, "trustpolicy.json"))
	if err != nil {
		return err
	}
	var policy trustpolicy.Document
	if err := json.Unmarshal(text, &policy); err != nil {
		return err
	}
	repository, err := repository(w.ref)
	if err != nil {
		return err
	}
	options, err := revocationOptions()
	if err != nil {
		return err
	}
	stores := truststore.NewX509TrustStore(dir.NewSysFS(w.config))
	plugins := plugin.NewCLIManager(dir.NewSysFS(filepath.Join(w.config, "plugins")))
	judge, err := verifier.NewWithOptions(&policy, stores, plugins, options)
	if err != nil {
		return err
	}
	_, outcomes, err := notation.Verify(ctx, judge, repository, notation.VerifyOptions{
		ArtifactReference: w.ref, MaxSignatureAttempts: 100, UserMetadata: w.meta, PluginConfig: w.pluginConfig,
	})
	if err != nil {
		return refused{err}
	}
	for _, outcome := range outcomes {
		for _, result := range outcome.VerificationResults {
			fmt.Printf("%s %s %v\n", result.Type, result.Action, result.Error)
		}
	}
	return nil
}

func revocationOptions() (verifier.VerifierOptions, error) {
	signing, err := revocation.NewWithOptions(revocation.Options{CertChainPurpose: purpose.CodeSigning})
	if err != nil {
		return verifier.VerifierOptions{}, err
	}
	stamping, err := revocation.NewWithOptions(revocation.Options{CertChainPurpose: purpose.Timestamping})
	return verifier.VerifierOptions{
		RevocationCodeSigningValidator: signing, RevocationTimestampingValidator: stamping,
	}, err
}
