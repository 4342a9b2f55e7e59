//! Signature envelopes: JWS, COSE_Sign1 and DSSE, opened only by their check
