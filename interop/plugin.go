package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"os"
	"time"

	"github.com/notaryproject/notation-core-go/signature"
	corex509 "github.com/notaryproject/notation-core-go/x509"
	"github.com/notaryproject/notation-plugin-framework-go/cli"
	"github.com/notaryproject/notation-plugin-framework-go/plugin"
)

// servePlugin answers one command of the plugin contract. The key lies in files that the configuration names: `key` and
// `chain`. A plugin called `envelope` makes envelopes, any other raw signatures. `deny` names a capability that is answered with no.
func servePlugin(name string) {
	served, err := cli.New(&files{name})
	if err != nil {
		fail(err)
	}
	served.Execute(context.Background(), os.Args)
}

type files struct{ name string }

func (f *files) GetMetadata(_ context.Context, _ *plugin.GetMetadataRequest) (*plugin.GetMetadataResponse, error) {
	capabilities := []plugin.Capability{plugin.CapabilityTrustedIdentityVerifier, plugin.CapabilityRevocationCheckVerifier}
	if f.name == "envelope" {
		capabilities = append(capabilities, plugin.CapabilityEnvelopeGenerator)
	} else {
		capabilities = append(capabilities, plugin.CapabilitySignatureGenerator)
	}
	return &plugin.GetMetadataResponse{
		Name: f.name, Description: "keys in files, to try other programs with", Version: "1.2.3",
		URL: "https://example.com/judge", SupportedContractVersions: []string{plugin.ContractVersion}, Capabilities: capabilities,
	}, nil
}

type key struct {
	private crypto.PrivateKey
	chain   []*x509.Certificate
	spec    signature.KeySpec
}

func load(config map[string]string) (*key, error) {
	pair, err := tls.LoadX509KeyPair(config["chain"], config["key"])
	if err != nil {
		return nil, plugin.NewValidationErrorf("key: %v", err)
	}
	chain, err := corex509.ReadCertificateFile(config["chain"])
	if err != nil {
		return nil, plugin.NewValidationErrorf("chain: %v", err)
	}
	spec, err := signature.ExtractKeySpec(chain[0])
	if err != nil {
		return nil, plugin.NewValidationErrorf("key: %v", err)
	}
	return &key{pair.PrivateKey, chain, spec}, nil
}

func (k *key) described() plugin.KeySpec {
	rsaKeys := map[int]plugin.KeySpec{2048: plugin.KeySpecRSA2048, 3072: plugin.KeySpecRSA3072, 4096: plugin.KeySpecRSA4096}
	ecKeys := map[int]plugin.KeySpec{256: plugin.KeySpecEC256, 384: plugin.KeySpecEC384, 521: plugin.KeySpecEC521}
	if k.spec.Type == signature.KeyTypeRSA {
		return rsaKeys[k.spec.Size]
	}
	return ecKeys[k.spec.Size]
}

func (k *key) algorithm() plugin.SignatureAlgorithm {
	names := map[signature.Algorithm]plugin.SignatureAlgorithm{
		signature.AlgorithmPS256: plugin.SignatureAlgorithmRSASSA_PSS_SHA256,
		signature.AlgorithmPS384: plugin.SignatureAlgorithmRSASSA_PSS_SHA384,
		signature.AlgorithmPS512: plugin.SignatureAlgorithmRSASSA_PSS_SHA512,
		signature.AlgorithmES256: plugin.SignatureAlgorithmECDSA_SHA256,
		signature.AlgorithmES384: plugin.SignatureAlgorithmECDSA_SHA384,
		signature.AlgorithmES512: plugin.SignatureAlgorithmECDSA_SHA512,
	}
	return names[k.spec.SignatureAlgorithm()]
}

func (f *files) DescribeKey(_ context.Context, asked *plugin.DescribeKeyRequest) (*plugin.DescribeKeyResponse, error) {
	found, err := load(asked.PluginConfig)
	if err != nil {
		return nil, err
	}
	return &plugin.DescribeKeyResponse{KeyID: asked.KeyID, KeySpec: found.described()}, nil
}

func (f *files) GenerateSignature(_ context.Context, asked *plugin.GenerateSignatureRequest) (*plugin.GenerateSignatureResponse, error) {
	found, err := load(asked.PluginConfig)
	if err != nil {
		return nil, err
	}
	signed, err := found.sign(asked.Payload)
	if err != nil {
		return nil, plugin.NewGenericErrorf("sign: %v", err)
	}
	chain := make([][]byte, 0, len(found.chain))
	for _, certificate := range found.chain {
		chain = append(chain, certificate.Raw)
	}
	return &plugin.GenerateSignatureResponse{
		KeyID: asked.KeyID, Signature: signed, SigningAlgorithm: found.algorithm(), CertificateChain: chain,
	}, nil
}

// sign gives r and s of fixed width for ECDSA, and a salt as long as the hash for RSA-PSS.
func (k *key) sign(message []byte) ([]byte, error) {
	hash := k.spec.SignatureAlgorithm().Hash()
	hasher := hash.New()
	hasher.Write(message)
	sum := hasher.Sum(nil)
	switch private := k.private.(type) {
	case *rsa.PrivateKey:
		return rsa.SignPSS(rand.Reader, private, hash, sum, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, private, sum)
		if err != nil {
			return nil, err
		}
		width := (private.Curve.Params().BitSize + 7) / 8
		both := make([]byte, 2*width)
		r.FillBytes(both[:width])
		s.FillBytes(both[width:])
		return both, nil
	default:
		return nil, plugin.NewUnsupportedError("this kind of key")
	}
}

func (f *files) GenerateEnvelope(_ context.Context, asked *plugin.GenerateEnvelopeRequest) (*plugin.GenerateEnvelopeResponse, error) {
	found, err := load(asked.PluginConfig)
	if err != nil {
		return nil, err
	}
	local, err := signature.NewLocalSigner(found.chain, found.private)
	if err != nil {
		return nil, plugin.NewGenericErrorf("key: %v", err)
	}
	envelope, err := signature.NewEnvelope(asked.SignatureEnvelopeType)
	if err != nil {
		return nil, plugin.NewUnsupportedError(asked.SignatureEnvelopeType)
	}
	content := asked.Payload
	if asked.PluginConfig["mode"] == "another" {
		content = []byte(`{"targetArtifact":{"mediaType":"text/plain","digest":"sha256:` +
			`e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0}}`)
	}
	request := &signature.SignRequest{
		Payload:       signature.Payload{ContentType: asked.PayloadType, Content: content},
		Signer:        local,
		SigningTime:   time.Now().Truncate(time.Second),
		SigningScheme: signature.SigningSchemeX509,
		SigningAgent:  "judge",
	}
	if asked.ExpiryDurationInSeconds != 0 {
		request.Expiry = request.SigningTime.Add(time.Duration(asked.ExpiryDurationInSeconds) * time.Second)
	}
	if named := asked.PluginConfig["verifier"]; named != "" {
		request.ExtendedSignedAttributes = append(request.ExtendedSignedAttributes,
			signature.Attribute{Key: "io.cncf.notary.verificationPlugin", Critical: true, Value: named},
			signature.Attribute{Key: "io.cncf.notary.verificationPluginMinVersion", Critical: true, Value: "1.0.0"})
	}
	signed, err := envelope.Sign(request)
	if err != nil {
		return nil, plugin.NewGenericErrorf("sign: %v", err)
	}
	return &plugin.GenerateEnvelopeResponse{SignatureEnvelope: signed, SignatureEnvelopeType: asked.SignatureEnvelopeType}, nil
}

func (f *files) VerifySignature(_ context.Context, asked *plugin.VerifySignatureRequest) (*plugin.VerifySignatureResponse, error) {
	// What it was asked is kept for whoever wants to see it.
	if path := asked.PluginConfig["log"]; path != "" {
		text, err := json.Marshal(asked)
		if err != nil {
			return nil, plugin.NewGenericErrorf("log: %v", err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return nil, plugin.NewGenericErrorf("log: %v", err)
		}
	}
	results := map[plugin.Capability]*plugin.VerificationResult{}
	for _, capability := range asked.TrustPolicy.SignatureVerification {
		result := &plugin.VerificationResult{Success: true}
		if asked.PluginConfig["deny"] == string(capability) {
			result = &plugin.VerificationResult{Success: false, Reason: "the configuration says so"}
		}
		results[capability] = result
	}
	processed := make([]interface{}, 0, len(asked.Signature.UnprocessedAttributes))
	for _, attribute := range asked.Signature.UnprocessedAttributes {
		processed = append(processed, attribute)
	}
	return &plugin.VerifySignatureResponse{VerificationResults: results, ProcessedAttributes: processed}, nil
}
