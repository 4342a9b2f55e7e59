//! Changes of a JWS envelope.

use super::{
    json::Json,
    random::Random,
    scene::{Scene, Signer, payload},
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use plimsoll_core::Algorithm;
use plimsoll_envelope::algorithm_name;

/// An envelope with something wrong in it, or nothing after all. The answer names what was done.
pub(super) fn mutate(base: &[u8], signer: &Signer, scene: &Scene, random: &mut Random) -> Option<(Vec<u8>, String)> {
    let mut jws = Json::read(base)?;
    let done = match random.below(10) {
        0 | 1 => format!("envelope: {}", jws.mutate(random)),
        2 => {
            let mut protected = protected(&mut jws)?;
            let done = protected.mutate(random);
            seal(&mut jws, signer, &protected.write(), &payload());
            format!("protected header, signed anew: {done}")
        }
        3..=5 => {
            let mut protected = protected(&mut jws)?;
            let mut done = attribute(&mut protected, random);
            if random.one_in(3) {
                done = format!("{done}, {}", attribute(&mut protected, random));
            }
            seal(&mut jws, signer, &protected.write(), &payload());
            format!("protected header, signed anew: {done}")
        }
        6 => {
            let mut protected = protected(&mut jws)?;
            let done = attribute(&mut protected, random);
            jws.set("protected", Json::text(BASE64URL_NOPAD.encode(protected.write().as_bytes())));
            format!("protected header: {done}")
        }
        7 => signature(&mut jws, signer, random)?,
        8 => chain(&mut jws, signer, scene, random),
        _ => return Some(octets(base, random)),
    };
    Some((jws.write().into_bytes(), done))
}

fn protected(jws: &mut Json) -> Option<Json> {
    let Some(Json::Text(text)) = jws.member("protected") else { return None };
    Json::read(&BASE64URL_NOPAD.decode(text.as_bytes()).ok()?)
}

/// Writes header and payload, and the signature of the leaf key over them.
fn seal(jws: &mut Json, signer: &Signer, protected: &str, payload: &[u8]) {
    let (protected, payload) = (BASE64URL_NOPAD.encode(protected.as_bytes()), BASE64URL_NOPAD.encode(payload));
    let signature = signer.sign(format!("{protected}.{payload}").as_bytes());
    jws.set("protected", Json::Text(protected));
    jws.set("payload", Json::Text(payload));
    jws.set("signature", Json::Text(BASE64URL_NOPAD.encode(&signature)));
}

/// Sets one member of the protected header to something that it might be.
fn attribute(protected: &mut Json, random: &mut Random) -> String {
    let (name, values) = random.pick(ATTRIBUTES);
    let value = *random.pick(values);
    if value.is_empty() {
        protected.remove(name);
        return format!("without {name}");
    }
    protected.set(name, Json::Raw(value.to_owned()));
    // What is critical must stand in `crit`, and what stands there must be there: now and then both do.
    if random.one_in(2)
        && let Some(Json::List(critical)) = protected.member("crit")
    {
        critical.push(Json::text(*name));
        return format!("critical {name} = {value}");
    }
    format!("{name} = {value}")
}

fn signature(jws: &mut Json, signer: &Signer, random: &mut Random) -> Option<String> {
    let own = protected(jws)?;
    let input = {
        let mut part = |name| match jws.member(name) {
            Some(Json::Text(text)) => text.clone(),
            _ => String::new(),
        };
        format!("{}.{}", part("protected"), part("payload"))
    };
    let mut bytes = signer.sign(input.as_bytes());
    let done = match random.below(8) {
        0 => {
            random.flip(&mut bytes);
            "a bit"
        }
        1 => {
            bytes.pop();
            "an octet less"
        }
        2 => {
            bytes.insert(0, 0);
            "an octet more"
        }
        3 => {
            bytes.fill(0);
            "zero"
        }
        4 => {
            bytes.clear();
            "none"
        }
        5 => {
            let (algorithm, name) = *random.pick(&OTHER_ALGORITHMS);
            bytes = signer.sign_by(algorithm, input.as_bytes())?;
            name
        }
        6 => {
            // Header and signature agree, but not with what the key is for.
            let (algorithm, _) = *random.pick(&OTHER_ALGORITHMS);
            let mut own = own;
            own.set("alg", Json::text(algorithm_name(algorithm)?));
            let protected = BASE64URL_NOPAD.encode(own.write().as_bytes());
            let payload = BASE64URL_NOPAD.encode(&payload());
            bytes = signer.sign_by(algorithm, format!("{protected}.{payload}").as_bytes())?;
            jws.set("protected", Json::Text(protected));
            jws.set("payload", Json::Text(payload));
            "another algorithm, in the header too"
        }
        _ => {
            let odd: [&[u8]; 4] = [b"", b"{}", b"x", b"\xff"];
            let payload = *random.pick(&odd);
            seal(jws, signer, &own.write(), payload);
            return Some(format!("another payload, signed: {payload:02x?}"));
        }
    };
    jws.set("signature", Json::Text(BASE64URL_NOPAD.encode(&bytes)));
    Some(format!("signature: {done}"))
}

fn chain(jws: &mut Json, signer: &Signer, scene: &Scene, random: &mut Random) -> String {
    let (chain, done) = super::chain(signer, scene, random);
    let list = chain.iter().map(|der| Json::Text(BASE64.encode(der))).collect();
    if let Some(header) = jws.member("header") {
        header.set("x5c", Json::List(list));
    }
    format!("chain: {done}")
}

fn octets(base: &[u8], random: &mut Random) -> (Vec<u8>, String) {
    let mut bytes = base.to_vec();
    let done = match random.below(6) {
        0 => {
            bytes.splice(0..0, *b"\xef\xbb\xbf");
            "a byte order mark before it"
        }
        1 => {
            let more: [&[u8]; 5] = [b" ", b"\n\n", b"{}", b"x", b"\0"];
            bytes.extend_from_slice(random.pick::<&[u8]>(&more));
            "something behind it"
        }
        2 => {
            bytes.splice(0..0, *b"\r\n\t ");
            "white space before it"
        }
        3 => {
            bytes = format!("[{}]", String::from_utf8_lossy(base)).into_bytes();
            "a list about it"
        }
        _ => {
            for _ in 0..=random.below(3) {
                random.flip(&mut bytes);
            }
            "bits"
        }
    };
    (bytes, format!("octets: {done}"))
}

const OTHER_ALGORITHMS: [(Algorithm, &str); 7] = [
    (Algorithm::RsaPkcs1Sha256, "RS256"),
    (Algorithm::RsaPkcs1Sha512, "RS512"),
    (Algorithm::RsaPssSha256, "PS256"),
    (Algorithm::RsaPssSha384, "PS384"),
    (Algorithm::RsaPssSha512, "PS512"),
    (Algorithm::EcdsaP256Sha256Der, "ECDSA in DER"),
    (Algorithm::EcdsaP384Sha384Der, "ECDSA in DER"),
];

/// Members of the protected header, with what may be tried for each; an empty text takes it out.
const ATTRIBUTES: &[(&str, &[&str])] = &[
    (
        "alg",
        &[
            "",
            "\"none\"",
            "\"HS256\"",
            "\"RS256\"",
            "\"PS256\"",
            "\"PS384\"",
            "\"PS512\"",
            "\"ES256\"",
            "\"ES384\"",
            "\"ES512\"",
            "\"es256\"",
            "\"EdDSA\"",
            "\"\"",
            "null",
            "[\"ES256\"]",
        ],
    ),
    (
        "cty",
        &[
            "",
            "\"\"",
            "null",
            "1",
            "\"application/vnd.cncf.notary.payload.v1+JSON\"",
            "\"vnd.cncf.notary.payload.v1+json\"",
            "\"application/vnd.cncf.notary.payload.v1+json; a=b\"",
            "\"application/json\"",
        ],
    ),
    (
        "crit",
        &[
            "",
            "null",
            "[]",
            "\"io.cncf.notary.signingScheme\"",
            "[\"io.cncf.notary.signingScheme\"]",
            "[\"io.cncf.notary.signingScheme\",\"io.cncf.notary.signingScheme\"]",
            "[\"io.cncf.notary.signingScheme\",\"absent\"]",
            "[\"io.cncf.notary.signingScheme\",\"alg\"]",
            "[\"io.cncf.notary.signingScheme\",\"cty\"]",
            "[\"io.cncf.notary.signingScheme\",\"io.cncf.notary.signingTime\"]",
            "[\"io.cncf.notary.signingScheme\",\"io.cncf.notary.expiry\"]",
            "[\"io.cncf.notary.signingScheme\",\"io.cncf.notary.authenticSigningTime\"]",
            "[\"io.cncf.notary.signingScheme\",\"b64\"]",
            "[1]",
            "[\"IO.CNCF.NOTARY.SIGNINGSCHEME\"]",
        ],
    ),
    (
        "io.cncf.notary.signingScheme",
        &[
            "",
            "\"\"",
            "null",
            "\"notary.x509\"",
            "\"notary.x509.signingAuthority\"",
            "\"NOTARY.X509\"",
            "\"notary.default.x509\"",
            "1",
            "[\"notary.x509\"]",
        ],
    ),
    ("io.cncf.notary.signingTime", &TIMES),
    ("io.cncf.notary.authenticSigningTime", &TIMES),
    ("io.cncf.notary.expiry", &TIMES),
    ("io.cncf.notary.verificationPlugin", &["", "\"\"", "\" \"", "null", "\"a\"", "1", "{}"]),
    (
        "io.cncf.notary.verificationPluginMinVersion",
        &["", "\"\"", "null", "\"1.0\"", "\"v1.0.0\"", "\"1.0.0\"", "\"1.0.0-rc.1+x\"", "\"01.0.0\"", "1"],
    ),
    ("b64", &["false", "true", "null"]),
    ("typ", &["\"JOSE\"", "1"]),
    ("kid", &["\"k\"", "null"]),
    ("x5c", &["[]", "[\"AA==\"]", "null"]),
    ("x5u", &["\"http://x.test/\""]),
    ("jku", &["\"http://x.test/\""]),
    ("jwk", &["{}", "{\"kty\":\"oct\",\"k\":\"AA\"}"]),
    ("zip", &["\"DEF\""]),
    ("io.cncf.notary.unknown", &["1", "\"x\""]),
    ("io.cncf.notary.signingAgent", &["\"x\""]),
    ("io.cncf.notary.timestampSignature", &["\"AA==\""]),
    (
        "com.example.more",
        &[
            "null",
            "1",
            "1.5",
            "18446744073709551616",
            "1e400",
            "{\"a\":{\"a\":1}}",
            "{\"a\":1,\"a\":2}",
            "[[[[]]]]",
            "true",
            "\"\\ud800\"",
            "\"\\u0000\"",
        ],
    ),
    ("Alg", &["\"none\"", "\"ES384\""]),
    ("IO.CNCF.NOTARY.EXPIRY", &["\"2020-01-01T00:00:00Z\"", "\"2099-01-01T00:00:00Z\""]),
];

const TIMES: [&str; 27] = [
    "",
    "\"\"",
    "null",
    "1780272000",
    "\"1780272000\"",
    "\"2026-06-01T00:00:00Z\"",
    "\"2026-06-01T00:00:00+00:00\"",
    "\"2026-06-01T00:00:00-00:00\"",
    "\"2026-06-01T00:00:00+14:00\"",
    "\"2026-06-01T00:00:00+24:00\"",
    "\"2026-06-01T00:00:00+23:60\"",
    "\"2026-06-01T00:00:00.5Z\"",
    "\"2026-06-01T00:00:00.1234567890123Z\"",
    "\"2026-06-01T00:00:00,5Z\"",
    "\"2026-06-01t00:00:00z\"",
    "\"2026-06-01 00:00:00Z\"",
    "\"2026-06-01T0:00:00Z\"",
    "\"2026-06-01T24:00:00Z\"",
    "\"2026-06-30T23:59:60Z\"",
    "\"2026-02-29T00:00:00Z\"",
    "\"0000-01-01T00:00:00Z\"",
    "\"0001-01-01T00:00:00Z\"",
    "\"1969-12-31T23:59:59Z\"",
    "\"9999-12-31T23:59:59Z\"",
    "\"10000-01-01T00:00:00Z\"",
    "\"2099-01-01T00:00:00Z\"",
    "\"2026-06-01T00:00:00\"",
];

#[cfg(test)]
mod tests {
    use super::{super::json::quoted, *};

    #[test]
    fn an_untouched_header_is_written_as_it_was() {
        let text = br#"{"a":"b","c":[1,null,{"d":true}]}"#;
        assert_eq!(Json::read(text).map(|json| json.write()), Some(String::from_utf8_lossy(text).into_owned()));
        assert_eq!(quoted("a\"b"), r#""a\"b""#);
    }
}
