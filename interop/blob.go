package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/notaryproject/notation-core-go/signature"
	corex509 "github.com/notaryproject/notation-core-go/x509"
	"github.com/notaryproject/tspclient-go"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// The released notation-go has no call for blobs; notation-core-go makes and checks the same envelopes.

const payloadType = "application/vnd.cncf.notary.payload.v1+json"

type payload struct {
	TargetArtifact ocispec.Descriptor `json:"targetArtifact"`
}

// hashOf follows from the key of the leaf.
func hashOf(leaf *x509.Certificate) (digest.Algorithm, error) {
	spec, err := signature.ExtractKeySpec(leaf)
	if err != nil {
		return "", err
	}
	switch spec.SignatureAlgorithm().Hash().Size() {
	case 32:
		return digest.SHA256, nil
	case 48:
		return digest.SHA384, nil
	default:
		return digest.SHA512, nil
	}
}

func blobSign(_ context.Context, w *words) error {
	blob, err := os.ReadFile(w.blob)
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(w.chain, w.key)
	if err != nil {
		return err
	}
	chain, err := corex509.ReadCertificateFile(w.chain)
	if err != nil {
		return err
	}
	local, err := signature.NewLocalSigner(chain, pair.PrivateKey)
	if err != nil {
		return err
	}
	hash, err := hashOf(chain[0])
	if err != nil {
		return err
	}
	content, err := json.Marshal(payload{ocispec.Descriptor{
		MediaType: "application/octet-stream", Digest: hash.FromBytes(blob), Size: int64(len(blob)), Annotations: w.meta,
	}})
	if err != nil {
		return err
	}
	request := &signature.SignRequest{
		Payload:       signature.Payload{ContentType: payloadType, Content: content},
		Signer:        local,
		SigningTime:   time.Now().Truncate(time.Second),
		SigningScheme: signature.SigningSchemeX509,
		SigningAgent:  "judge",
	}
	if request.Timestamper, request.TSARootCAs, err = w.timestamper(); err != nil {
		return err
	}
	envelope, err := signature.NewEnvelope(w.mediaType())
	if err != nil {
		return err
	}
	signed, err := envelope.Sign(request)
	if err != nil {
		return refused{err}
	}
	return os.WriteFile(w.out, signed, 0o644)
}

func blobVerify(ctx context.Context, w *words) error {
	blob, err := os.ReadFile(w.blob)
	if err != nil {
		return err
	}
	bytes, err := os.ReadFile(w.signature)
	if err != nil {
		return err
	}
	roots, err := corex509.ReadCertificateFile(w.root)
	if err != nil {
		return err
	}
	content, err := check(w.mediaType(), bytes, roots)
	if err != nil {
		return refused{err}
	}
	var signed payload
	if err := json.Unmarshal(content.Payload.Content, &signed); err != nil {
		return refused{err}
	}
	hash, err := hashOf(content.SignerInfo.CertificateChain[0])
	if err != nil {
		return refused{err}
	}
	target := signed.TargetArtifact
	if target.Digest != hash.FromBytes(blob) || target.Size != int64(len(blob)) {
		return refused{fmt.Errorf("the signature is about %s", target.Digest)}
	}
	for key, value := range w.meta {
		if target.Annotations[key] != value {
			return refused{fmt.Errorf("%s is %q", key, target.Annotations[key])}
		}
	}
	if w.tsaRoot != "" {
		return stamped(ctx, content, w.tsaRoot)
	}
	return nil
}

// check is integrity and authenticity.
func check(mediaType string, envelope []byte, roots []*x509.Certificate) (*signature.EnvelopeContent, error) {
	parsed, err := signature.ParseEnvelope(mediaType, envelope)
	if err != nil {
		return nil, err
	}
	content, err := parsed.Verify()
	if err != nil {
		return nil, err
	}
	if _, err := signature.VerifyAuthenticity(&content.SignerInfo, roots); err != nil {
		return nil, err
	}
	return content, nil
}

// stamped checks the token of a signature under the roots of an authority.
func stamped(ctx context.Context, content *signature.EnvelopeContent, rootPath string) error {
	token, err := tspclient.ParseSignedToken(content.SignerInfo.UnsignedAttributes.TimestampSignature)
	if err != nil {
		return refused{err}
	}
	info, err := token.Info()
	if err != nil {
		return refused{err}
	}
	when, err := info.Validate(content.SignerInfo.Signature)
	if err != nil {
		return refused{err}
	}
	roots, err := pool(rootPath)
	if err != nil {
		return err
	}
	chain, err := token.Verify(ctx, x509.VerifyOptions{CurrentTime: when.Value, Roots: roots})
	if err != nil {
		return refused{err}
	}
	if err := corex509.ValidateTimestampingCertChain(chain); err != nil {
		return refused{err}
	}
	fmt.Println(when.Value.UTC().Format(time.RFC3339))
	return nil
}
