//! Changes of a COSE envelope.

use super::{
    cbor::Cbor,
    random::Random,
    scene::{Scene, Signer, payload},
};
use plimsoll_core::Algorithm;

/// An envelope with something wrong in it, or nothing after all. The answer names what was done.
pub(super) fn mutate(base: &[u8], signer: &Signer, scene: &Scene, random: &mut Random) -> Option<(Vec<u8>, String)> {
    let mut cose = Cbor::read(base)?;
    let done = match random.below(10) {
        0 | 1 => format!("envelope: {}", cose.mutate(random)),
        2 => {
            let mut protected = protected(&mut cose)?;
            let done = protected.mutate(random);
            seal(&mut cose, signer, protected.write(), payload())?;
            format!("protected header, signed anew: {done}")
        }
        3..=5 => {
            let mut protected = protected(&mut cose)?;
            let mut done = attribute(&mut protected, random);
            if random.one_in(3) {
                done = format!("{done}, {}", attribute(&mut protected, random));
            }
            seal(&mut cose, signer, protected.write(), payload())?;
            format!("protected header, signed anew: {done}")
        }
        6 => {
            let mut protected = protected(&mut cose)?;
            let done = attribute(&mut protected, random);
            *part(&mut cose, PROTECTED)? = Cbor::Bytes(protected.write());
            format!("protected header: {done}")
        }
        7 => signature(&mut cose, signer, random)?,
        8 => {
            let (chain, done) = super::chain(signer, scene, random);
            let list = Cbor::List(chain.into_iter().map(Cbor::Bytes).collect());
            part(&mut cose, UNPROTECTED)?.set(Cbor::int(33), list);
            format!("chain: {done}")
        }
        _ => return Some(octets(base, random)),
    };
    Some((cose.write(), done))
}

const PROTECTED: usize = 0;
const UNPROTECTED: usize = 1;
const PAYLOAD: usize = 2;
const SIGNATURE: usize = 3;

fn part(cose: &mut Cbor, at: usize) -> Option<&mut Cbor> {
    let Cbor::Tag(_, inner) = cose else { return None };
    let Cbor::List(parts) = &mut **inner else { return None };
    parts.get_mut(at)
}

fn protected(cose: &mut Cbor) -> Option<Cbor> {
    let Cbor::Bytes(bytes) = part(cose, PROTECTED)? else { return None };
    Cbor::read(bytes)
}

/// `Sig_structure` (RFC 9052, section 4.4).
fn input(protected: &[u8], payload: &[u8], context: &str) -> Vec<u8> {
    let bytes = |bytes: &[u8]| Cbor::Bytes(bytes.to_vec());
    Cbor::List(vec![Cbor::text(context), bytes(protected), bytes(b""), bytes(payload)]).write()
}

/// Writes header and payload, and the signature of the leaf key over them.
fn seal(cose: &mut Cbor, signer: &Signer, protected: Vec<u8>, payload: Vec<u8>) -> Option<()> {
    let signature = signer.sign(&input(&protected, &payload, "Signature1"));
    *part(cose, PROTECTED)? = Cbor::Bytes(protected);
    *part(cose, PAYLOAD)? = Cbor::Bytes(payload);
    *part(cose, SIGNATURE)? = Cbor::Bytes(signature);
    Some(())
}

/// Sets one entry of the protected header to something that it might be.
fn attribute(protected: &mut Cbor, random: &mut Random) -> String {
    let labels = [
        Cbor::int(1),
        Cbor::int(2),
        Cbor::int(3),
        Cbor::int(4),
        Cbor::int(5),
        Cbor::int(33),
        Cbor::int(34),
        Cbor::int(-70_001),
        Cbor::text("io.cncf.notary.signingScheme"),
        Cbor::text("io.cncf.notary.signingTime"),
        Cbor::text("io.cncf.notary.authenticSigningTime"),
        Cbor::text("io.cncf.notary.expiry"),
        Cbor::text("io.cncf.notary.verificationPlugin"),
        Cbor::text("io.cncf.notary.verificationPluginMinVersion"),
        Cbor::text("io.cncf.notary.unknown"),
        Cbor::text("com.example.more"),
    ];
    let label = random.pick(&labels).clone();
    let shown = format!("{label:?}");
    if random.one_in(8) {
        protected.remove(&label);
        return format!("without {shown}");
    }
    let value = value(&label, random);
    let done = format!("{shown} = {value:?}");
    protected.set(label.clone(), value);
    if random.one_in(2)
        && let Some(Cbor::List(critical)) = protected.entry(&Cbor::int(2))
    {
        critical.push(label);
        return format!("critical {done}");
    }
    done
}

fn value(label: &Cbor, random: &mut Random) -> Cbor {
    let text = |list: &[&str], random: &mut Random| Cbor::text(*random.pick(list));
    let common = random.below(6);
    if common == 0 {
        let odd: [&[u8]; 9] =
            [b"\xf6", b"\xf5", b"\x00", b"\x20", b"\x40", b"\x60", b"\x80", b"\xa0", b"\xfb\x3f\xf0\0\0\0\0\0\0"];
        return Cbor::Raw(random.pick(&odd).to_vec());
    }
    match label {
        Cbor::Unsigned(1) => match random.below(3) {
            0 => text(&["ES256", "PS256", "none"], random),
            _ => Cbor::int(*random.pick(&[-7, -35, -36, -37, -38, -39, -257, -8, 5, 0, -65_535])),
        },
        Cbor::Unsigned(2) => critical(random),
        Cbor::Unsigned(3) => match random.below(3) {
            0 => Cbor::int(*random.pick(&[0, 50, 60, 65_535, 65_536, -1])),
            _ => text(
                &[
                    "application/vnd.cncf.notary.payload.v1+json",
                    "application/json",
                    "APPLICATION/VND.CNCF.NOTARY.PAYLOAD.V1+JSON",
                    " application/vnd.cncf.notary.payload.v1+json",
                    "a",
                    "a/b/c",
                    "text/plain; a=b",
                ],
                random,
            ),
        },
        Cbor::Text(name) if name.ends_with("Scheme") => {
            text(&["notary.x509", "notary.x509.signingAuthority", "notary.default.x509", "NOTARY.X509"], random)
        }
        Cbor::Text(name) if name.ends_with("Time") || name.ends_with("expiry") => time(random),
        Cbor::Text(name) if name.ends_with("Plugin") => text(&["a", " ", "com.example.plugin"], random),
        Cbor::Text(name) if name.ends_with("Version") => {
            text(&["1.0.0", "1.0", "v1.0.0", "1.0.0-rc.1+x", "01.0.0"], random)
        }
        _ => Cbor::List(vec![Cbor::int(1), Cbor::Bytes(vec![1])]),
    }
}

fn critical(random: &mut Random) -> Cbor {
    let scheme = Cbor::text("io.cncf.notary.signingScheme");
    let mut list = vec![scheme.clone()];
    match random.below(7) {
        0 => list.clear(),
        1 => list.push(scheme),
        2 => list.push(Cbor::text("absent")),
        3 => list.push(Cbor::int(*random.pick(&[1, 2, 3, 4, 33]))),
        4 => list.push(Cbor::text("io.cncf.notary.signingTime")),
        5 => list.push(Cbor::text("io.cncf.notary.expiry")),
        _ => list.push(Cbor::Bytes(vec![1])),
    }
    Cbor::List(list)
}

fn time(random: &mut Random) -> Cbor {
    let tagged = |tag, value| Cbor::Tag(tag, Box::new(value));
    let seconds = |random: &mut Random| {
        *random.pick(&[
            0,
            1,
            -1,
            1_780_272_000,
            4_070_908_800,
            253_402_300_799,
            253_402_300_800,
            -62_135_596_800,
            i64::MAX,
            i64::MIN,
        ])
    };
    match random.below(6) {
        0 => Cbor::int(seconds(random)),
        1 => tagged(0, Cbor::text("2026-06-01T00:00:00Z")),
        2 => tagged(1, Cbor::Raw(vec![0xfb, 0x41, 0xda, 0x87, 0x33, 0x60, 0x20, 0, 0])),
        3 => tagged(100, Cbor::int(20_000)),
        _ => tagged(1, Cbor::int(seconds(random))),
    }
}

fn signature(cose: &mut Cbor, signer: &Signer, random: &mut Random) -> Option<String> {
    let own = protected(cose)?;
    let written = own.write();
    let plain = input(&written, &payload(), "Signature1");
    let mut bytes = signer.sign(&plain);
    let done = match random.below(9) {
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
            bytes = signer.sign_by(*random.pick(&OTHER_ALGORITHMS), &plain)?;
            "by another algorithm"
        }
        6 => {
            bytes = signer.sign(&input(
                &written,
                &payload(),
                random.pick::<&str>(&["Signature", "CounterSignature", "MAC0"]),
            ));
            "of another context"
        }
        7 => {
            let mut own = own;
            let (algorithm, number) = *random.pick(&[
                (Algorithm::RsaPkcs1Sha256, -257),
                (Algorithm::RsaPssSha256, -37),
                (Algorithm::RsaPssSha384, -38),
                (Algorithm::RsaPssSha512, -39),
            ]);
            own.set(Cbor::int(1), Cbor::int(number));
            let written = own.write();
            bytes = signer.sign_by(algorithm, &input(&written, &payload(), "Signature1"))?;
            *part(cose, PROTECTED)? = Cbor::Bytes(written);
            "by another algorithm, in the header too"
        }
        _ => {
            let odd: [&[u8]; 4] = [b"", b"{}", b"x", b"\xff"];
            let payload = random.pick(&odd).to_vec();
            let shown = format!("another payload, signed: {payload:02x?}");
            seal(cose, signer, written, payload)?;
            return Some(shown);
        }
    };
    *part(cose, SIGNATURE)? = Cbor::Bytes(bytes);
    Some(format!("signature: {done}"))
}

fn octets(base: &[u8], random: &mut Random) -> (Vec<u8>, String) {
    let mut bytes = base.to_vec();
    let done = match random.below(5) {
        0 => {
            let more: [&[u8]; 4] = [b"\0", b"\xf6", b"\n", b"\xa0"];
            bytes.extend_from_slice(random.pick::<&[u8]>(&more));
            "something behind it"
        }
        1 => {
            bytes.truncate(random.below(bytes.len()));
            "cut off"
        }
        2 => {
            bytes.splice(0..0, *b"\xd9\xd9\xf7");
            "a tag that says CBOR before it"
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

const OTHER_ALGORITHMS: [Algorithm; 7] = [
    Algorithm::RsaPkcs1Sha256,
    Algorithm::RsaPkcs1Sha512,
    Algorithm::RsaPssSha256,
    Algorithm::RsaPssSha384,
    Algorithm::RsaPssSha512,
    Algorithm::EcdsaP256Sha256Der,
    Algorithm::EcdsaP384Sha384Der,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_again() {
        let entries = vec![(Cbor::int(1), Cbor::int(-7)), (Cbor::text("a"), Cbor::Bytes(vec![0; 300]))];
        let map = Cbor::Map(entries);
        assert_eq!(Cbor::read(&map.write()), Some(map.clone()));
        assert!(Cbor::Long(Box::new(map.clone())).write().len() > map.write().len());
        assert_eq!(Cbor::Endless(Box::new(Cbor::text("a"))).write(), b"\x7f\x61a\xff");
    }
}
